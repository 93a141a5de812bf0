import type { DeepReadonly, KubeObject } from '../../index.ts';

/** An object of a cache: shared and read-only. */
export type CachedObject = DeepReadonly<KubeObject>;

/** A change of one object of a cached kind. Changes of one object chain: the `oldObject` of `MODIFIED` is the `object` of the one before. */
export interface KindEvent {
  /** Position in the log of this kind. Grows with each change; not a resource version. */
  readonly seq: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The new state; of a deletion the final one, or the last that was seen. */
  readonly object: CachedObject;
  /** The state before: `undefined` when it was added; of a deletion the same as `object`. */
  readonly oldObject: CachedObject | undefined;
  /**
   * `live`: the server told of it. `missed`: a deletion that was found out later, by a relist; `object` need not be its final state.
   * `kind-added`, `kind-removed`: the definition of the kind came or went.
   */
  readonly origin: 'live' | 'missed' | 'kind-added' | 'kind-removed';
  /** Wall-clock milliseconds at which the cache told of it. */
  readonly at: number;
}

/** The whole of a kind at one position of its log: every event with a greater `seq` comes after it, no other does. */
export interface KindSnapshot {
  readonly objects: readonly CachedObject[];
  readonly seq: number;
  /** The resource version that the cache had reached. */
  readonly resourceVersion: string;
}

/** Told of a kind. Both are called synchronously and must only file away what they are given. */
export interface KindListener {
  /** The state to begin with. Once, as soon as the kind has synced. */
  onSnapshot?(snapshot: KindSnapshot): void;
  onEvent(event: KindEvent): void;
}

export interface FollowOptions {
  /**
   * `snapshot` (the default): the present state, then what changes. `now`: what changes. A `seq`: what came after it; a snapshot first if the log does
   * not reach back that far.
   */
  readonly from?: 'snapshot' | 'now' | number;
}

/** A listener in its place. */
export interface Following {
  stop(): void;
}
