import { type DeepReadonly, type KubeObject, keyOf, splitKey } from '../kubernetes/index.ts';
import type { Delta } from '../queue/index.ts';
import type { Tally } from '../reflector/index.ts';
import { asKubeInformerError, hops, type KubeInformerError, publishHop, type Turn } from '../runtime/index.ts';
import type { Indexer } from '../store/index.ts';
import { changeOf, tell } from './change.ts';
import type { InformerEvent } from './events.ts';
import { type Gate, plainListing } from './listing.ts';
import type { Part } from './part.ts';
import { purging } from './purging.ts';
import { replacing, type Steps } from './replacing.ts';

export interface ApplierOptions<T extends KubeObject> {
  readonly name: string;
  readonly indexer: Indexer<T>;
  /** Nothing counted yet. */
  readonly tally: Tally;
  /** Needed if several parts may tell of the same namespace. */
  readonly gate: Gate<T> | undefined;
  /** Called on each object before it becomes visible. */
  readonly seal: ((object: T) => void) | undefined;
  /** Called with what changed, after the cache has changed. */
  readonly onEvents: (events: readonly InformerEvent<T>[]) => void;
  /** Called after a complete state of `part` is in the cache and its events were given out. */
  readonly onListed: (part: Part<T>) => void;
  /** Called after anything else of `part` was applied, if there is a gate. */
  readonly onProgress: (part: Part<T>) => void;
  /** Told that it cannot go on. The cache is left as it is. */
  readonly onFailure: (error: KubeInformerError) => void;
}

/** A complete state that is being applied. Without `steps` it is to be begun anew. */
interface Unfinished<T> {
  readonly part: Part<T>;
  readonly delta: Extract<Delta<T>, { type: 'Replaced' }>;
  steps: Steps | undefined;
}

/**
 * Brings deltas into the cache, and tells what they changed.
 *
 * Invariants:
 * - The cache and all its indexes have changed before `onEvents` is called.
 * - A relist becomes visible in one step, however many turns it takes to prepare (see `replacing`). Nothing else is applied in between.
 * - For each key the events chain: an add, updates whose old object is the new one of the event before, a delete. An object that
 *   comes back with another uid is a delete and an add.
 * - An object whose uid and resource version are those in the cache changes nothing: not even the reference.
 * - Of a part that is closed nothing is applied any more.
 * - What was to be purged is gone before anything else is applied.
 * - After `close` nothing changes any more.
 */
export class Applier<T extends KubeObject> {
  readonly #options: ApplierOptions<T>;
  /** Parts whose queue may have something, in the order in which it came. */
  readonly #ready = new Set<Part<T>>();
  /** The part that is being emptied. */
  #part: Part<T> | undefined;
  #unfinished: Unfinished<T> | undefined;
  /** The first one may have been begun. */
  readonly #purges: Steps[] = [];
  /**
   * What the cache has, and nobody was told yet. An event is put here before its object is put into the cache, so that whoever looks
   * at both at once (see `flush`) finds each change in the events or not in the cache, never in between.
   */
  #untold: InformerEvent<T>[] = [];
  /** Of what the cache holds. */
  #tally: Tally;
  #closed = false;

  constructor(options: ApplierOptions<T>) {
    this.#options = options;
    this.#tally = options.tally;
  }

  /** The queue of `part` has something; `apply` is to be called. */
  available(part: Part<T>): void {
    this.#ready.add(part);
  }

  /**
   * Takes all objects of a namespace out of the cache, in slices; `apply` is to be called. What of a complete state was prepared until now is
   * prepared anew.
   */
  purge(namespace: string): void {
    this.#purges.push(
      purging<T>({
        namespace,
        indexer: this.#options.indexer,
        untold: (event) => void this.#untold.push(event),
        remove: (key) => this.#remove(key),
        flush: () => this.flush(),
      }),
    );
    if (this.#unfinished) this.#unfinished.steps = undefined;
  }

  /** A task: applies what waits in the queues until the turn is over. */
  readonly apply = (turn: Turn): boolean => {
    try {
      return this.#apply(turn);
    } catch (thrown) {
      this.close();
      this.flush();
      const what = `${this.#options.name} could not apply a change`;
      this.#options.onFailure(asKubeInformerError(thrown, 'Internal', what, 'Please report this.'));
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
    this.#purges.length = 0;
    this.#ready.clear();
    this.#part = undefined;
  }

  #apply(turn: Turn): boolean {
    for (let count = 1; !this.#closed; count++) {
      if (this.#takeStep()) {
        if (turn.over) return this.#left;
        continue;
      }
      const delta = this.#take();
      if (!delta) break;
      const part = this.#part!;
      if (delta.type === 'Replaced') {
        this.flush();
        this.#unfinished = { part, delta, steps: undefined };
        continue;
      }
      this.#applyOne(part, delta);
      if (count % 32 === 0 && turn.over) break;
    }
    this.flush();
    return this.#left;
  }

  get #left(): boolean {
    if (this.#closed) return false;
    return Boolean(this.#unfinished || this.#part || this.#purges.length > 0 || this.#ready.size > 0);
  }

  /** Goes on with what takes several steps. @returns whether there was any. */
  #takeStep(): boolean {
    const [purge] = this.#purges;
    if (purge) {
      if (purge.next().done) this.#purges.shift();
      return true;
    }
    const unfinished = this.#unfinished;
    if (!unfinished) return false;
    if (unfinished.part.closed) {
      this.#unfinished = undefined;
      return true;
    }
    unfinished.steps ??= this.#replace(unfinished.part, unfinished.delta);
    // Code of the user may purge something from inside a step; then this is not the end.
    const steps = unfinished.steps;
    if (steps.next().done && unfinished.steps === steps && this.#unfinished === unfinished)
      this.#unfinished = undefined;
    return true;
  }

  #take(): Delta<T> | undefined {
    for (;;) {
      if (!this.#part) {
        const [next] = this.#ready;
        if (!next) return undefined;
        this.#ready.delete(next);
        this.#part = next;
      }
      const delta = this.#part.closed ? undefined : this.#part.queue.take();
      if (delta) return delta;
      this.#part = undefined;
    }
  }

  #applyOne(part: Part<T>, delta: Exclude<Delta<T>, { type: 'Replaced' }>): void {
    const { indexer, gate, onProgress } = this.#options;
    switch (delta.type) {
      case 'Added':
      case 'Updated':
      case 'Deleted': {
        const { resourceVersion, namespace = '' } = delta.object.metadata;
        if (resourceVersion) part.position = resourceVersion;
        if (!gate || gate.admits(part, namespace, resourceVersion)) {
          if (delta.type === 'Deleted') this.#delete(delta.object);
          else this.#put(delta.object);
        }
        if (resourceVersion) indexer.advance(resourceVersion);
        break;
      }
      case 'Forgotten': {
        const { key, resourceVersion } = delta;
        if (resourceVersion) part.position = resourceVersion;
        const old = indexer.get(key);
        if (old !== undefined && (!gate || gate.admits(part, splitKey(key).namespace, part.position))) {
          this.#untold.push({ type: 'delete', object: old, finalStateUnknown: true });
          this.#remove(key);
        }
        if (resourceVersion) indexer.advance(resourceVersion);
        break;
      }
      case 'Bookmark':
        part.position = delta.resourceVersion;
        indexer.advance(delta.resourceVersion);
        break;
      case 'Sync':
        for (const object of indexer.values())
          this.#untold.push({ type: 'update', object, oldObject: object, isResync: true });
        return;
    }
    if (gate) onProgress(part);
  }

  #put(object: T): void {
    const { indexer, seal } = this.#options;
    const key = keyOf(object);
    this.#trace('queue', key, object);
    const old = indexer.get(key);
    const change = changeOf(old, object);
    if (change === 'none') return;
    this.#tally.put(key, object);
    seal?.(object);
    tell(this.#untold, change, old, object as DeepReadonly<T>, false);
    indexer.put(object, key);
    this.#trace('store', key, object);
  }

  #delete(object: T): void {
    const { indexer, seal } = this.#options;
    const key = keyOf(object);
    this.#trace('queue', key, object);
    const old = indexer.get(key);
    if (old === undefined) return;
    if ((old as KubeObject).metadata.uid === object.metadata.uid) {
      seal?.(object);
      this.#untold.push({ type: 'delete', object: object as DeepReadonly<T>, finalStateUnknown: false });
    } else {
      // It was recreated and deleted again unseen: what the handlers know is gone, and how is not known.
      this.#untold.push({ type: 'delete', object: old, finalStateUnknown: true });
    }
    this.#remove(key);
    this.#trace('store', key, object);
  }

  #remove(key: string): void {
    this.#tally.delete(key);
    this.#options.indexer.delete(key);
  }

  *#replace(part: Part<T>, delta: Unfinished<T>['delta']): Steps {
    const { indexer, seal, gate, onListed } = this.#options;
    const listing = gate?.listing(part, delta.resourceVersion) ?? plainListing(part);
    // A namespace that joins while this is prepared is not among those it tells of: what it misses counts from here.
    part.position = delta.resourceVersion;
    yield* replacing<T>({
      delta,
      listing,
      indexer,
      seal,
      tally: this.#tally,
      untold: (events) => {
        this.#untold = this.#untold.length === 0 ? events : this.#untold.concat(events);
      },
      committed: (tally) => {
        this.#tally = tally;
        listing.commit();
        part.listed = true;
      },
      flush: () => {
        for (const { type, object } of hops.hasSubscribers ? this.#untold : [])
          if (type !== 'delete') this.#trace('store', keyOf(object as KubeObject), object as KubeObject);
        this.flush();
      },
    });
    onListed(part);
  }

  #trace(hop: 'queue' | 'store', key: string, { metadata }: KubeObject): void {
    if (!hops.hasSubscribers) return;
    publishHop({ hop, name: this.#options.name, key, resourceVersion: metadata.resourceVersion });
  }
}
