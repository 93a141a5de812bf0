/**
 * One step of what happened to a collection, in the order of the server.
 *
 * - `Added`, `Updated`: the server said so. Whether it is news to the cache, the cache decides.
 * - `Deleted`: the server said so; `object` is the final state.
 * - `Forgotten`: the object, if it was there, is gone and its final state could not be had; known at `resourceVersion`, if that is there.
 * - `Replaced`: a list. Whatever of `scope` is not in `objects` (and not in `kept`) no longer exists.
 * - `Sync`: a resync was asked for; nothing happened at the server.
 * - `Bookmark`: nothing happened up to this resource version.
 */
export type Delta<T> =
  | { readonly type: 'Added' | 'Updated' | 'Deleted'; readonly object: T }
  | { readonly type: 'Forgotten'; readonly key: string; readonly resourceVersion?: string }
  | {
      readonly type: 'Replaced';
      /** The namespace that was listed; `''` for everything. */
      readonly scope: string;
      readonly objects: readonly T[];
      readonly resourceVersion: string;
      /** Keys that exist at the server and could not be read: what the cache holds under them stays. */
      readonly kept: ReadonlySet<string>;
    }
  | { readonly type: 'Sync' }
  | { readonly type: 'Bookmark'; readonly scope: string; readonly resourceVersion: string };
