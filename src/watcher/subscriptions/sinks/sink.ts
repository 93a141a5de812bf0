import type { ApiResource } from '../../../index.ts';
import type { CachedObject } from '../../cache/index.ts';

/** What addresses are made of. */
export interface Subject {
  readonly cluster: string;
  readonly resource: Pick<ApiResource, 'group' | 'resource' | 'kind'>;
  /** `ADDED`, `MODIFIED`, `DELETED`, or what the service itself tells of, also in upper case. */
  readonly type: string;
  /** Of the object that it is about; `undefined` if it is about none. */
  readonly metadata: CachedObject['metadata'] | undefined;
}

/** A notice that can be sent. */
export interface Message {
  /** The same whenever the same notice is sent again. */
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly about: Subject;
}

/**
 * What came of a delivery.
 *
 * - `delivered`: the receiver has it.
 * - `failed`: it may have it or not, and is to be asked again, not before `retryAfter` milliseconds if it said so.
 * - `refused`: it will not have this one.
 * - `gone`: it wants nothing any more.
 * - `dropped`: nobody is to be told, since the message has no address. Nothing was sent.
 */
export type Outcome =
  | { readonly type: 'delivered' }
  | { readonly type: 'failed'; readonly problem: string; readonly retryAfter: number | undefined }
  | { readonly type: 'refused' | 'gone' | 'dropped'; readonly problem: string };

/** Where messages go. */
export interface Sink {
  /** Does not reject for what the receiver does. When the signal is aborted it settles soon. */
  deliver(message: Message, signal: AbortSignal): Promise<Outcome>;
  /** Lets go of what it holds: connections, files. Nothing is delivered then. Idempotent. */
  close(): Promise<void>;
}

/** @param missing what the address is made of and the message lacks. */
export function dropped(missing: string): Outcome {
  return { type: 'dropped', problem: `there is no address without ${missing}` };
}
