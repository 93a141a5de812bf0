import { type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';
import type { Delta, DeltaFIFO } from '../queue/index.ts';
import { hops, publishHop, type Turn } from '../runtime/index.ts';
import type { Indexer } from '../store/index.ts';
import type { InformerEvent } from './events.ts';

export interface ApplierOptions<T extends KubeObject> {
  readonly name: string;
  readonly queue: DeltaFIFO<T>;
  readonly indexer: Indexer<T>;
  /** Called on each object before it becomes visible. */
  readonly seal: ((object: T) => void) | undefined;
  /** Called with what changed, after the cache has changed. */
  readonly onEvents: (events: readonly InformerEvent<T>[]) => void;
  /** Called after the first complete state of `scope` is in the cache and its events were given out. */
  readonly onSynced: (scope: string) => void;
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
 */
export class Applier<T extends KubeObject> {
  readonly #options: ApplierOptions<T>;
  readonly #listed = new Set<string>();
  /** A replacement that was begun and not finished. */
  #unfinished: Generator<void, void, undefined> | undefined;

  constructor(options: ApplierOptions<T>) {
    this.#options = options;
  }

  /** A task: applies what waits in the queue until the turn is over. */
  readonly apply = (turn: Turn): boolean => {
    const { queue, onEvents } = this.#options;
    let events: InformerEvent<T>[] = [];
    for (let count = 1; ; count++) {
      if (this.#unfinished) {
        if (this.#unfinished.next().done) this.#unfinished = undefined;
        else if (turn.over) return true;
        continue;
      }
      const delta = queue.take();
      if (!delta) break;
      if (delta.type === 'Replaced') {
        if (events.length > 0) onEvents(events);
        events = [];
        this.#unfinished = this.#replace(delta);
        continue;
      }
      this.#applyOne(delta, events);
      if (count % 32 === 0 && turn.over) break;
    }
    if (events.length > 0) onEvents(events);
    return queue.length > 0;
  };

  #applyOne(delta: Exclude<Delta<T>, { type: 'Replaced' }>, events: InformerEvent<T>[]): void {
    const { indexer } = this.#options;
    switch (delta.type) {
      case 'Added':
      case 'Updated':
        this.#put(delta.object, events);
        return;
      case 'Deleted': {
        const key = keyOf(delta.object);
        this.#trace('queue', key, delta.object);
        const old = indexer.delete(key);
        if (delta.object.metadata.resourceVersion) indexer.advance(delta.object.metadata.resourceVersion);
        if (old === undefined) return;
        this.#trace('store', key, delta.object);
        this.#options.seal?.(delta.object);
        events.push({ type: 'delete', object: delta.object as DeepReadonly<T>, finalStateUnknown: false });
        return;
      }
      case 'Forgotten': {
        const old = indexer.delete(delta.key);
        if (old !== undefined) events.push({ type: 'delete', object: old, finalStateUnknown: true });
        return;
      }
      case 'Bookmark':
        indexer.advance(delta.resourceVersion);
        return;
      case 'Sync':
        for (const object of indexer.values())
          events.push({ type: 'update', object, oldObject: object, isResync: true });
        return;
    }
  }

  #put(object: T, events: InformerEvent<T>[]): void {
    const { indexer, seal } = this.#options;
    const key = keyOf(object);
    this.#trace('queue', key, object);
    const old = indexer.get(key);
    const change = changeOf(old, object);
    if (object.metadata.resourceVersion) indexer.advance(object.metadata.resourceVersion);
    if (change === 'none') return;
    seal?.(object);
    indexer.put(object, key);
    this.#trace('store', key, object);
    tell(events, change, old, object as DeepReadonly<T>, false);
  }

  /** Builds the state after a relist beside the present one; each `yield` is a place to be interrupted. */
  *#replace(delta: Extract<Delta<T>, { type: 'Replaced' }>): Generator<void, void, undefined> {
    const { indexer, seal, onEvents, onSynced } = this.#options;
    const { scope, objects, kept, resourceVersion } = delta;
    const initial = !this.#listed.has(scope);
    const next = indexer.replacement();
    const changes: InformerEvent<T>[] = [];
    for (let at = 0; at < objects.length; at++) {
      const object = objects[at]!;
      const key = keyOf(object);
      const old = next.get(key) ?? indexer.get(key);
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
    const deletions: InformerEvent<T>[] = [];
    let visited = 0;
    for (const [key, old] of indexer.entries()) {
      if (next.get(key) === undefined) {
        const elsewhere = scope !== '' && (old as KubeObject).metadata.namespace !== scope;
        if (elsewhere || kept.has(key)) next.put(key, old);
        else deletions.push({ type: 'delete', object: old, finalStateUnknown: true });
      }
      if (++visited % 64 === 0) yield;
    }
    next.commit(resourceVersion);
    this.#listed.add(scope);
    if (hops.hasSubscribers)
      for (const { object } of changes) this.#trace('store', keyOf(object as KubeObject), object as T);
    if (deletions.length > 0) onEvents(deletions);
    if (changes.length > 0) onEvents(changes);
    if (initial) onSynced(scope);
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
