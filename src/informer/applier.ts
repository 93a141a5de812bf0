import { type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';
import type { Delta, DeltaFIFO } from '../queue/index.ts';
import { asKubeInformerError, hops, KubeInformerError, publishHop, type Turn } from '../runtime/index.ts';
import type { Indexer } from '../store/index.ts';
import type { InformerEvent } from './events.ts';

export interface ApplierOptions<T extends KubeObject> {
  readonly name: string;
  readonly queue: DeltaFIFO<T>;
  readonly indexer: Indexer<T>;
  readonly maxObjects: number | undefined;
  /** Called on each object before it becomes visible. */
  readonly seal: ((object: T) => void) | undefined;
  /** Called with what changed, after the cache has changed. */
  readonly onEvents: (events: readonly InformerEvent<T>[]) => void;
  /** Called after the first complete state of `scope` is in the cache and its events were given out. */
  readonly onSynced: (scope: string) => void;
  /** Told that it cannot go on. The cache is left as it is. */
  readonly onFailure: (error: KubeInformerError) => void;
}

/**
 * Brings deltas into the cache, and tells what they changed.
 *
 * Invariants:
 * - The cache and all its indexes have changed before `onEvents` is called.
 * - A relist becomes visible in one step, however many turns it takes to prepare. Nothing else is applied in between.
 * - For each key the events chain: an add, updates whose old object is the new one of the event before, a delete. An object that
 *   comes back with another uid is a delete and an add.
 * - An object whose uid and resource version are those in the cache changes nothing: not even the reference.
 * - After `close` nothing changes any more.
 */
export class Applier<T extends KubeObject> {
  readonly #options: ApplierOptions<T>;
  readonly #listed = new Set<string>();
  /** A replacement that was begun and not finished. */
  #unfinished: Generator<void, void, undefined> | undefined;
  /**
   * What the cache has, and nobody was told yet. An event is put here before its object is put into the cache, so that whoever looks
   * at both at once (see `flush`) finds each change in the events or not in the cache, never in between.
   */
  #untold: InformerEvent<T>[] = [];
  #closed = false;

  constructor(options: ApplierOptions<T>) {
    this.#options = options;
  }

  /** A task: applies what waits in the queue until the turn is over. */
  readonly apply = (turn: Turn): boolean => {
    try {
      return this.#apply(turn);
    } catch (thrown) {
      this.close();
      this.flush();
      this.#options.onFailure(
        asKubeInformerError(
          thrown,
          'Internal',
          `${this.#options.name} could not apply a change`,
          'Please report this.',
        ),
      );
      return false;
    }
  };

  /**
   * Tells what the cache has and nobody was told yet. For whoever is about to look at the cache and then listen: code of the user
   * (index functions, error listeners) may do so in the middle of a turn.
   */
  flush(): void {
    if (this.#untold.length === 0) return;
    const events = this.#untold;
    this.#untold = [];
    this.#options.onEvents(events);
  }

  /** Drops what was not applied yet. */
  close(): void {
    this.#closed = true;
    this.#unfinished = undefined;
  }

  #apply(turn: Turn): boolean {
    const { queue } = this.#options;
    for (let count = 1; !this.#closed; count++) {
      if (this.#unfinished) {
        if (this.#unfinished.next().done) this.#unfinished = undefined;
        if (turn.over) return this.#left;
        continue;
      }
      const delta = queue.take();
      if (!delta) break;
      if (delta.type === 'Replaced') {
        this.flush();
        this.#unfinished = this.#replace(delta);
        continue;
      }
      this.#applyOne(delta);
      if (count % 32 === 0 && turn.over) break;
    }
    this.flush();
    return this.#left;
  }

  get #left(): boolean {
    return !this.#closed && (this.#unfinished !== undefined || this.#options.queue.length > 0);
  }

  #applyOne(delta: Exclude<Delta<T>, { type: 'Replaced' }>): void {
    const { indexer } = this.#options;
    switch (delta.type) {
      case 'Added':
      case 'Updated':
        this.#put(delta.object);
        return;
      case 'Deleted':
        this.#delete(delta.object);
        return;
      case 'Forgotten': {
        const old = indexer.get(delta.key);
        if (old === undefined) return;
        this.#untold.push({ type: 'delete', object: old, finalStateUnknown: true });
        indexer.delete(delta.key);
        return;
      }
      case 'Bookmark':
        indexer.advance(delta.resourceVersion);
        return;
      case 'Sync':
        for (const object of indexer.values())
          this.#untold.push({ type: 'update', object, oldObject: object, isResync: true });
        return;
    }
  }

  #put(object: T): void {
    const { indexer, seal } = this.#options;
    const key = keyOf(object);
    this.#trace('queue', key, object);
    const old = indexer.get(key);
    const change = changeOf(old, object);
    const { resourceVersion } = object.metadata;
    if (change === 'none') {
      if (resourceVersion) indexer.advance(resourceVersion);
      return;
    }
    if (change === 'new') this.#checkCount(indexer.size + 1);
    if (resourceVersion) indexer.advance(resourceVersion);
    seal?.(object);
    tell(this.#untold, change, old, object as DeepReadonly<T>, false);
    indexer.put(object, key);
    this.#trace('store', key, object);
  }

  #delete(object: T): void {
    const { indexer, seal } = this.#options;
    const key = keyOf(object);
    this.#trace('queue', key, object);
    const { resourceVersion, uid } = object.metadata;
    if (resourceVersion) indexer.advance(resourceVersion);
    const old = indexer.get(key);
    if (old === undefined) return;
    if ((old as KubeObject).metadata.uid === uid) {
      seal?.(object);
      this.#untold.push({ type: 'delete', object: object as DeepReadonly<T>, finalStateUnknown: false });
    } else {
      // It was recreated and deleted again unseen: what the handlers know is gone, and how is not known.
      this.#untold.push({ type: 'delete', object: old, finalStateUnknown: true });
    }
    indexer.delete(key);
    this.#trace('store', key, object);
  }

  /** Builds the state after a relist beside the present one; each `yield` is a place to be interrupted. */
  *#replace(delta: Extract<Delta<T>, { type: 'Replaced' }>): Generator<void, void, undefined> {
    const { indexer, seal, onSynced } = this.#options;
    const { scope, objects, kept, resourceVersion } = delta;
    const initial = !this.#listed.has(scope);
    const next = indexer.replacement();
    const changes: InformerEvent<T>[] = [];
    let count = 0;
    for (let at = 0; at < objects.length; at++) {
      const object = objects[at]!;
      const key = keyOf(object);
      const earlier = next.get(key);
      if (earlier === undefined) this.#checkCount(++count);
      const old = earlier ?? indexer.get(key);
      const change = changeOf(old, object);
      if (change === 'none') {
        next.put(key, old!);
      } else {
        seal?.(object);
        next.put(key, object as DeepReadonly<T>);
        tell(changes, change, old, object as DeepReadonly<T>, initial);
      }
      if (at % 64 === 63) yield;
    }
    const events: InformerEvent<T>[] = [];
    let visited = 0;
    for (const [key, old] of indexer.entries()) {
      if (next.get(key) === undefined) {
        const elsewhere = scope !== '' && (old as KubeObject).metadata.namespace !== scope;
        if (elsewhere || kept.has(key)) {
          this.#checkCount(++count);
          next.put(key, old);
        } else events.push({ type: 'delete', object: old, finalStateUnknown: true });
      }
      if (++visited % 64 === 0) yield;
    }
    // One array of both: a handler that is added in between must not miss one and find the other in the cache.
    const all = events.length === 0 ? changes : events.concat(changes);
    next.commit(resourceVersion);
    this.#listed.add(scope);
    this.#untold = all;
    if (hops.hasSubscribers) {
      for (const { type, object } of changes)
        if (type !== 'delete') this.#trace('store', keyOf(object as KubeObject), object as T);
    }
    this.flush();
    if (initial) onSynced(scope);
  }

  /** @throws KubeInformerError `CacheLimitExceeded` */
  #checkCount(count: number): void {
    const { maxObjects, name } = this.#options;
    if (maxObjects === undefined || count <= maxObjects) return;
    throw new KubeInformerError('CacheLimitExceeded', `${name} has more than maxObjects = ${maxObjects} objects`, {
      hint: 'Raise maxObjects, or narrow what is watched: namespaces, selectors, metadata only.',
    });
  }

  #trace(hop: 'queue' | 'store', key: string, object: T): void {
    if (!hops.hasSubscribers) return;
    publishHop({ hop, name: this.#options.name, key, resourceVersion: object.metadata.resourceVersion });
  }
}

type Change = 'none' | 'new' | 'changed' | 'recreated';

function changeOf<T extends KubeObject>(old: DeepReadonly<T> | undefined, object: T): Change {
  if (old === undefined) return 'new';
  const before = (old as KubeObject).metadata;
  const after = object.metadata;
  if (before.uid !== after.uid) return 'recreated';
  // Without a version there is no telling, so it counts as a change.
  return before.resourceVersion === after.resourceVersion && after.resourceVersion ? 'none' : 'changed';
}

function tell<T>(
  events: InformerEvent<T>[],
  change: Exclude<Change, 'none'>,
  old: DeepReadonly<T> | undefined,
  object: DeepReadonly<T>,
  isInInitialList: boolean,
): void {
  if (change === 'changed') {
    events.push({ type: 'update', object, oldObject: old!, isResync: false });
    return;
  }
  if (change === 'recreated') events.push({ type: 'delete', object: old!, finalStateUnknown: true });
  events.push({ type: 'add', object, isInInitialList });
}
