/**
 * One step of what happened to one object, in the words of `Delta`.
 *
 * - `Added`, `Updated`: the server said so.
 * - `Replaced`: it was in a list.
 * - `Sync`: a resync was asked for; nothing happened at the server.
 * - `Deleted`: it is gone. With `finalStateUnknown` nobody saw how: `object` is the last state that is known, if any.
 */
export type KeyedDelta<T> =
  | { readonly type: 'Added' | 'Updated' | 'Replaced' | 'Sync'; readonly object: T }
  | { readonly type: 'Deleted'; readonly object: T; readonly finalStateUnknown: false }
  | { readonly type: 'Deleted'; readonly object: T | undefined; readonly finalStateUnknown: true };

/** Everything that happened to one object since it was last taken. */
export interface KeyedDeltas<T> {
  readonly key: string;
  /** At least one, oldest first. */
  readonly deltas: readonly KeyedDelta<T>[];
  /** Whether the initial population was not yet processed when this was taken. */
  readonly isInInitialList: boolean;
}

/** What the consumer holds: the only source for what has vanished between two lists. An `Indexer` or a `Map` will do. */
export interface KnownObjects<T> {
  keys(): Iterable<string>;
  get(key: string): T | undefined;
}
