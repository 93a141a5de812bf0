import type { KubeObject } from '../kubernetes/index.ts';
import { type Clock, type KubeInformerError, requireAtLeast, systemClock } from '../runtime/index.ts';
import type { LeaderElector } from './leader-elector.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { RateLimitingQueue } from './rate-limiting-queue.ts';
import { ReconcileLoop } from './reconcile-loop.ts';
import type { Reason, Request } from './request.ts';
import type { ControllerSource, EventSource } from './source.ts';

/** What a run asks for. Nothing: it is content. */
export interface ReconcileResult {
  /** Milliseconds after which the request comes again, whether anything has changed or not. */
  readonly requeueAfter?: number;
  /** With `requeueAfter`: the priority with which it comes. Default: the one that it had. */
  readonly priority?: number;
}

export interface ReconcileContext {
  /** Aborted when the controller is stopped or the run takes longer than `timeout`. */
  readonly signal: AbortSignal;
  /** Why it runs: the latest reasons, the oldest first, at most 20. For logs; what to do must follow from the state alone. */
  readonly reasons: readonly Reason[];
}

export type Reconcile = (
  request: Request,
  context: ReconcileContext,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is the usual case
) => ReconcileResult | void | Promise<ReconcileResult | void>;

/** A run that failed. */
export interface ReconcileFailure {
  readonly controller: string;
  readonly request: Request;
  /** How often this request has failed in a row. */
  readonly failures: number;
  /** Milliseconds until the next try; `undefined` if the run is still under way (`ReconcileTimeout`) or was the last (`ReconcileGivenUp`). */
  readonly retryAfter: number | undefined;
}

export interface ControllerOptions {
  /** For measures and messages. */
  readonly name: string;
  /** Informers of what is reconciled: an event of an object is a request for it. They are started by their owner. */
  readonly informers?: readonly EventSource<KubeObject>[];
  /** Other things whose events make requests: `sourceOf(informer, …)` with a map or a filter. Started by their owner, too. */
  readonly sources?: readonly (EventSource<KubeObject> | ControllerSource)[];
  /**
   * Brings the world in line with what the request names. It may be called at any time and any number of times, never twice at once
   * for the same request. Throwing makes it come again, later each time.
   */
  readonly reconcile: Reconcile;
  /** Runs at the same time, of different requests. Default: 1. */
  readonly concurrency?: number;
  /** Milliseconds until the signal of a run is aborted. Default: as long as it takes. */
  readonly timeout?: number;
  /** Milliseconds until `run` gives up if the sources do not sync. Default: as long as it takes. */
  readonly syncTimeout?: number;
  /** Default: 5 ms to 1 000 s per request, 10 a second (100 at once) for all together. */
  readonly rateLimiter?: RateLimiter;
  /** How often in a row a request that fails is tried again. Default: for ever. Its next event begins anew. */
  readonly maxRetries?: number;
  /**
   * Milliseconds after the stop in which what waits is still worked off; then the signals of runs are aborted. What fails in that time is
   * dropped. A leader that resigns at the same time does not drain: let the elector have a signal of its own, aborted after `run` has
   * resolved. Default: 0, what waits is dropped at once.
   */
  readonly drain?: number;
  /**
   * Reconcile only while this elector leads, which is run by its owner. Sources are listened to all the time, so that the queue and the
   * caches are warm when the turn comes; on loss the runs are told to stop, and what they had begun is the first to be done next time.
   */
  readonly leaderElection?: Pick<LeaderElector, 'isLeader' | 'whileLeading'>;
  /** Hears of every run that failed. Default: a process warning. */
  readonly onError?: (error: KubeInformerError, failure: ReconcileFailure) => void;
  /** Hears of requests that are not tried any more: `maxRetries` is exceeded, or `terminal` was thrown. Default: `onError`. */
  readonly onGaveUp?: (error: KubeInformerError, failure: ReconcileFailure) => void;
  /** Default: the system clock. */
  readonly clock?: Clock;
}

/** A loop around a reconcile function. Made by `createController`. */
export interface Controller {
  readonly name: string;
  /** What waits to be reconciled. */
  readonly queue: RateLimitingQueue<Request>;
  /** Asks for a run from outside: on a timer, on a message. @param priority default: 0. */
  enqueue(request: Request, priority?: number): void;
  /**
   * Listens to the sources, waits until they have synced, and reconciles until `signal` is aborted. Resolves when all runs have
   * ended; what still waits then is dropped.
   *
   * @throws KubeInformerError `SyncTimeout`, `SyncAborted` if a source ends before it has synced, `AlreadyStarted`.
   */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Makes a controller: events become requests, requests become runs of `reconcile`, one at a time per request, and what fails is
 * tried again. Changes overtake the objects of the initial list and of resyncs, for up to 100 seconds: see `AgeingStorage`.
 *
 * @throws KubeInformerError `InvalidOption`
 * @example
 * const controller = createController({
 *   name: 'widgets',
 *   informers: [widgets],
 *   sources: [sourceOf(pods, { map: enqueueOwner({ group: 'example.com', kind: 'Widget' }) })],
 *   reconcile: async ({ namespace, name }) => console.log(`look at ${namespace}/${name}`),
 * });
 * await controller.run(signal);
 */
export function createController(options: ControllerOptions): Controller {
  const { concurrency = 1, timeout, syncTimeout, maxRetries, drain } = options;
  requireAtLeast('concurrency', concurrency, 1);
  if (timeout !== undefined) requireAtLeast('timeout', timeout, 1);
  if (syncTimeout !== undefined) requireAtLeast('syncTimeout', syncTimeout, 1);
  if (maxRetries !== undefined) requireAtLeast('maxRetries', maxRetries, 0);
  if (drain !== undefined) requireAtLeast('drain', drain, 0);
  return new ReconcileLoop(options, concurrency, options.clock ?? systemClock);
}
