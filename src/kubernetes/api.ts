import type { WatchEvent } from './objects.ts';

/** Query parameters of a list, in the words of the Kubernetes API. Selectors are part of what is listed, not of one request. */
export interface ListOptions {
  /** Page size. Absent: everything in one answer. */
  readonly limit?: number;
  /** The token of the page before. */
  readonly continue?: string;
  /** `''` or absent: the most recent state; `'0'`: any state the server has at hand; else not older than this (see the API concepts). */
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

/** Query parameters of a watch. */
export interface WatchOptions {
  readonly resourceVersion?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly resourceVersionMatch?: 'NotOlderThan';
  /** After this many seconds the server ends the stream. */
  readonly timeoutSeconds?: number;
}

/** One page of a list. */
export interface ListResult<T> {
  readonly items: T[];
  /** The resource version of the list, from its `metadata`. */
  readonly resourceVersion: string;
  /** The token of the next page; `''` on the last one. */
  readonly continue: string;
  readonly remainingItemCount?: number;
}

/**
 * A watch that is open: batches of events, as they arrive. Iterating it to its end means that the server closed it
 * in good order or the connection went away between two events; both are normal. It throws when the
 * stream is no longer what it should be (`DecodeFailed`, `UnexpectedKind`). Returning early closes the connection.
 */
export interface WatchStream<T> extends AsyncIterable<readonly WatchEvent<T>[]> {
  /** Closes the connection. Idempotent; iteration ends. */
  close(): void;
}

/**
 * What a reflector needs of a server: to list and to watch one collection. Implement it to feed an informer from anywhere
 * (another transport, a file, a test).
 */
export interface ListerWatcher<T> {
  /** What is listed and watched, for messages: `pods`, `apps/v1 deployments in shop`. */
  readonly description: string;
  /** `false` if `watch` does not understand `sendInitialEvents`; then it is never asked to. */
  readonly supportsInitialEvents: boolean;
  /** Rejects with a `KubeInformerError`. Aborting `signal` rejects as soon as possible and leaves nothing open. */
  list(options: ListOptions, signal: AbortSignal): Promise<ListResult<T>>;
  /** Resolves once the server has accepted the watch. */
  watch(options: WatchOptions, signal: AbortSignal): Promise<WatchStream<T>>;
}
