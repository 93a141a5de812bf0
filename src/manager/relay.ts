import type { InformerEvent, ResourceEventHandler } from '../informer/index.ts';
import { compareResourceVersions, type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';

/** How many objects that are gone are remembered, so that a cache that is behind can't bring them back. */
const rememberedDeletions = 1_024;

export interface RelayOptions {
  /** Hands one event over; a promise is waited for. */
  readonly deliver: (event: InformerEvent<KubeObject>) => unknown;
  /** All of a source's present state has been handed over, and of what was known before everything that is gone. */
  readonly onSynced: () => unknown;
}

/** What a relay needs of the cache that it is told of. */
export interface RelaySource {
  readonly indexer: { readonly resourceVersion: string };
}

/**
 * Stands between the informers that a watch goes through in its life and its handlers: one after the other, each with a cache of its own, and
 * one of them perhaps behind the other. What comes out obeys the rules of one informer.
 *
 * Invariants, for each object:
 * - events chain, from an add to a delete, whichever informer they come from;
 * - a state (uid and resource version) is delivered once; an older one than that is not delivered, where versions have an order;
 * - a state from before the deletion of an object does not come back, where versions have an order;
 * - what a new informer does not have any more is deleted, unless its cache is older than what is known here.
 */
export class Relay {
  readonly #options: RelayOptions;
  /** What the handlers know. */
  #seen = new Map<string, DeepReadonly<KubeObject>>();
  /** What they saw go, by uid: the version of its deletion. The oldest first. */
  readonly #gone = new Map<string, string>();
  #synced = false;
  /** The call that is under way. */
  #busy: Promise<unknown> | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** How many objects the handlers know. */
  get size(): number {
    return this.#seen.size;
  }

  /** Forgets, without a word, what is not wanted any more. */
  keepOnly(wanted: (object: KubeObject) => boolean): void {
    for (const [key, object] of this.#seen) if (!wanted(object as KubeObject)) this.#seen.delete(key);
  }

  /**
   * The handler for the next informer, which has synced. That for the one before is called no more, but a call of it may be under way.
   *
   * @param before what is to be waited for as well
   */
  next(source: RelaySource, before?: Promise<unknown>): ResourceEventHandler<KubeObject> {
    // What the cache holds at this moment is what is replayed: all up to this version.
    const position = source.indexer.resourceVersion;
    let gate = before;
    /** What was known when the first call began, and was not shown since. */
    let missing: Set<string> | undefined;
    let replaying = true;
    const call = (run: () => unknown) => {
      const opened = gate;
      gate = undefined;
      return this.#inTurn(() => {
        if (replaying) missing ??= new Set(this.#seen.keys());
        return run();
      }, opened);
    };
    const pass = (event: InformerEvent<KubeObject>) =>
      call(() => {
        missing?.delete(keyOf(event.object as KubeObject));
        return this.#pass(event);
      });
    return {
      onAdd: (_object, event) => pass(event),
      onUpdate: (_oldObject, _object, event) => pass(event),
      onDelete: (_object, event) => pass(event),
      onSynced: () =>
        call(() => {
          const keys = Array.from(missing ?? []);
          missing = undefined;
          replaying = false;
          return this.#finish(keys, position);
        }),
    };
  }

  /** Calls never overlap, whichever informer they come from. What is run never rejects. */
  #inTurn(run: () => unknown, gate: Promise<unknown> | undefined): unknown {
    const before = gate && this.#busy ? Promise.all([gate, this.#busy]) : (gate ?? this.#busy);
    const result = before ? before.then(run) : run();
    if (!(result instanceof Promise)) return result;
    const busy = result.finally(() => {
      if (this.#busy === busy) this.#busy = undefined;
    });
    this.#busy = busy;
    return busy;
  }

  async #finish(missing: readonly string[], position: string): Promise<void> {
    for (const key of missing) {
      const object = this.#seen.get(key);
      if (!object || isOlder(position, object.metadata.resourceVersion)) continue;
      await this.#delete(key, object, true);
    }
    if (this.#synced) return;
    this.#synced = true;
    await this.#options.onSynced();
  }

  #pass(event: InformerEvent<KubeObject>): unknown {
    const object = event.object as KubeObject;
    const key = keyOf(object);
    const known = this.#seen.get(key);
    const { uid, resourceVersion } = object.metadata;
    if (event.type === 'delete') {
      if (!known || known.metadata.uid !== uid) return undefined;
      return this.#delete(key, event.finalStateUnknown ? known : event.object, event.finalStateUnknown);
    }
    if (known) {
      const isResync = event.type === 'update' && event.isResync;
      const isSame = known.metadata.uid === uid && known.metadata.resourceVersion === resourceVersion;
      if (isSame && resourceVersion) return isResync ? this.#options.deliver(event) : undefined;
      if (isOlder(resourceVersion, known.metadata.resourceVersion)) return undefined;
      if (known.metadata.uid !== uid) return this.#recreate(key, known, event.object);
      this.#seen.set(key, event.object);
      return this.#options.deliver({ type: 'update', object: event.object, oldObject: known, isResync: false });
    }
    if (this.#isGone(uid, resourceVersion)) return undefined;
    this.#seen.set(key, event.object);
    return this.#options.deliver(this.#added(event));
  }

  /** Whether this is a state from before the deletion. */
  #isGone(uid: string, resourceVersion: string): boolean {
    const deletion = this.#gone.get(uid);
    if (deletion === undefined) return false;
    const order = compareResourceVersions(resourceVersion, deletion);
    return order === -1 || order === 0;
  }

  #added(event: Exclude<InformerEvent<KubeObject>, { type: 'delete' }>): InformerEvent<KubeObject> {
    const isInInitialList = event.type === 'add' && event.isInInitialList && !this.#synced;
    return { type: 'add', object: event.object, isInInitialList };
  }

  async #recreate(key: string, known: DeepReadonly<KubeObject>, object: DeepReadonly<KubeObject>): Promise<void> {
    await this.#delete(key, known, true);
    this.#seen.set(key, object);
    await this.#options.deliver({ type: 'add', object, isInInitialList: false });
  }

  #delete(key: string, object: DeepReadonly<KubeObject>, finalStateUnknown: boolean): unknown {
    this.#seen.delete(key);
    // What was inferred may be wrong: a resource that was not served for a moment is back with all its objects.
    if (!finalStateUnknown) this.#gone.set(object.metadata.uid, object.metadata.resourceVersion);
    if (this.#gone.size > rememberedDeletions) {
      const [oldest] = this.#gone.keys();
      this.#gone.delete(oldest!);
    }
    return this.#options.deliver({ type: 'delete', object, finalStateUnknown });
  }
}

/** Known to be older: where versions have no order, nothing is. */
function isOlder(one: string, other: string): boolean {
  return compareResourceVersions(one, other) === -1;
}
