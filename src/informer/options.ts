import type { KubeObject, ListerWatcher } from '../kubernetes/index.ts';
import type { ReflectorOptions } from '../reflector/index.ts';
import type { Clock, Random, Turns } from '../runtime/index.ts';
import type { Indexers } from '../store/index.ts';
import type { CheckpointOptions } from './checkpoint.ts';
import type { Immutability } from './immutability.ts';
import type { OverflowPolicy } from './listener.ts';
import type { Sources } from './sources.ts';
import type { InformerView } from './view.ts';

/** Settings that an informer hands down to its reflectors. */
type Handed =
  | 'streamInitialState'
  | 'initialEventsTimeout'
  | 'idleTimeout'
  | 'watchTimeout'
  | 'pageSize'
  | 'backoff'
  | 'reconnects'
  | 'maxFailures'
  | 'whenNotServed'
  | 'transform'
  | 'admit';

export interface SharedIndexInformerOptions<T extends KubeObject, Name extends string = never>
  extends Pick<ReflectorOptions<T>, Handed> {
  /**
   * More objects than this, over all namespaces, are not cached: the informer fails with `CacheLimitExceeded` instead, and keeps what it
   * has. Default: no limit.
   */
  readonly maxObjects?: number;
  /**
   * Objects that together have more bytes than this, over all namespaces, are not cached: the informer fails with `CacheLimitExceeded` instead,
   * and keeps what it has. Counted is about what their JSON has, without what is pruned, projected or transformed away; on the heap it is
   * roughly the same. Counting takes some microseconds for each object. Default: no limit.
   */
  readonly maxBytes?: number;
  /** What to list and watch: one lister-watcher; one for each namespace, fixed or as they come and go; or another informer. */
  readonly listerWatcher: ListerWatcher<T> | Sources<T> | InformerView<T>;
  /** Shows up in messages, status and diagnostics. Default: the description of the lister-watcher. */
  readonly name?: string;
  /** Indexes beside the one by namespace. */
  readonly indexers?: Indexers<T, Name>;
  /**
   * Every so many milliseconds each handler gets an update with `isResync` for each object; a handler that has not finished the last
   * resync misses one. At least 1,000; 0 (the default): never. No request is sent.
   */
  readonly resyncPeriod?: number;
  /** Default `off`. */
  readonly immutability?: Immutability;
  /** Default: the clock of the process. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly turns?: Turns;
}

export interface EventHandlerOptions {
  /** Shows up in messages and status. Default: the name of the function, or a number. */
  readonly name?: string;
  /** Overrides the `resyncPeriod` of the informer for this handler. Milliseconds; 0: never; at least 1,000 otherwise. */
  readonly resyncPeriod?: number;
  /** Default: `grow`. */
  readonly overflow?: OverflowPolicy;
  /**
   * Only the object with this key (`namespace/name`). However many handlers there are for single objects, an event costs the look-up of its own.
   * Default: all objects.
   */
  readonly key?: string;
}

/** For a handler that is to hear, after a restart of the process, of exactly what it has not handled yet. */
export interface CheckpointedHandlerOptions extends EventHandlerOptions {
  readonly checkpoint: CheckpointOptions;
}

/** A handler in its place. */
export interface HandlerRegistration {
  readonly name: string;
  /** Whether the handler has finished every object of the initial list. Never goes back. */
  hasSynced(): boolean;
  /**
   * Resolves when `hasSynced` becomes true. Rejects with `SyncAborted` if the handler is removed or the informer ends before.
   */
  readonly ready: Promise<void>;
  /**
   * Settles when no call begins any more: resolves when the handler is removed or the informer ends, rejects with `HandlerOverflow`
   * if it was removed because it fell too far behind.
   */
  readonly closed: Promise<void>;
  /** Events that wait for the handler. */
  readonly lag: number;
  /**
   * Removes the handler: no call begins any more. Resolves when the call that is under way has ended. Do not await it from inside of that
   * very call, which would wait for itself, until it is given up. Idempotent.
   *
   * @throws KubeInformerError `HandlerFailed` if that call has not ended within 10 seconds, which is also signalled as an `error`. The handler is
   * removed all the same.
   */
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
