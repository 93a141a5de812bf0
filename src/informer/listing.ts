import type { Part } from './part.ts';

/** Which part of the cache a complete state decides about. Read once it is about to be applied; `commit` is called when it is. */
export interface Listing {
  /** Whether it says all about the objects of `namespace`; what the cache has of the others stays as it is. */
  concerns(namespace: string): boolean;
  /** Whether objects of `namespace` come into the cache for the first time: their adds are initial ones. */
  isInitial(namespace: string): boolean;
  commit(): void;
}

/** Decides whose word counts about a namespace while several parts tell of it. */
export interface Gate<T> {
  /** Whether the part is to be believed about a change, as of `version`, in `namespace`. */
  admits(part: Part<T>, namespace: string, version: string): boolean;
  listing(part: Part<T>, version: string): Listing;
}

/** Each part alone tells of its namespace, and all that it tells counts. */
export function plainListing<T>({ scope, listed }: Part<T>): Listing {
  return {
    concerns: (namespace) => scope === '' || namespace === scope,
    isInitial: () => !listed,
    commit: () => undefined,
  };
}
