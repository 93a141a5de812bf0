import type { KubeInformerError } from '../runtime/index.ts';
import type { Action, Activity } from './failure-policy.ts';

/**
 * What a reflector is doing at this moment.
 *
 * - `idle`: not started.
 * - `listing`: fetching the whole state, streamed or by list.
 * - `connecting`: opening a watch.
 * - `live`: a watch is open; changes arrive as they happen.
 * - `waiting`: after `error`, until the wall-clock time `until` (milliseconds since the epoch); `Infinity`: until it is asked to (`reconnects`).
 * - `stopped`: ended because it was told to.
 * - `failed`: ended because of `error`; it does not try again.
 */
export type ReflectorState =
  | { readonly phase: 'idle' | 'connecting' | 'live' | 'stopped' }
  | { readonly phase: 'listing'; readonly how: 'stream' | 'list' }
  | { readonly phase: 'waiting'; readonly until: number; readonly error: KubeInformerError }
  | { readonly phase: 'failed'; readonly error: KubeInformerError };

/** A snapshot of a reflector. Times are wall-clock milliseconds since the epoch, `undefined` for what has not happened yet. */
export interface ReflectorStatus {
  readonly state: ReflectorState;
  /** Newest version handed to the store; `''` before the first list. */
  readonly resourceVersion: string;
  /** When the server was last heard of, bookmarks included. */
  readonly lastContactAt: number | undefined;
  /** When the store last took the place of a whole state. */
  readonly lastSyncAt: number | undefined;
  /** Lists that were sent (each page counts), streaming lists that were opened, and watches that were opened. */
  readonly requests: { readonly list: number; readonly stream: number; readonly watch: number };
  /** Events that changed something, since the start. */
  readonly events: number;
  /** Objects and events that could not be used, since the start. Each was reported. */
  readonly skipped: number;
  /** Failures since a watch last was worth its opening: brought something, or lived for some seconds. `0` while one is live. */
  readonly consecutiveFailures: number;
  readonly lastError: KubeInformerError | undefined;
}

/** A failure, and what is being done about it. */
export interface ReflectorFailure {
  readonly error: KubeInformerError;
  readonly activity: Activity;
  readonly action: Action;
  /** Milliseconds until the next attempt. */
  readonly delay: number;
}
