import { ApiStatusError } from '../kubernetes/index.ts';
import {
  asKubeInformerError,
  type Clock,
  hops,
  KubeInformerError,
  messageOf,
  publishHop,
  requireAtLeast,
  type Timer,
  warnUnheard,
} from '../runtime/index.ts';
import type { ControllerOptions, ReconcileFailure, ReconcileResult } from './controller.ts';
import { type ReconcileMessage, reconcileChannel } from './diagnostics.ts';
import { linkSignals } from './linked-signal.ts';
import { isAbort, isDefect } from './outcome.ts';
import type { RateLimitingQueue } from './rate-limiting-queue.ts';
import { type Request, requestKey } from './request.ts';
import { latestResourceVersion, requireFinite } from './work-queue.ts';

/** One run of the user's function: its signal, its limit, and what follows from how it ends. */
export class Reconciler {
  readonly #options: ControllerOptions;
  readonly #queue: RateLimitingQueue<Request>;
  readonly #concurrency: number;
  readonly #clock: Clock;
  #active = 0;
  #counts = {
    reconcile_total: 0,
    reconcile_errors_total: 0,
    terminal_reconcile_errors_total: 0,
    reconcile_panics_total: 0,
    reconcile_timeouts_total: 0,
  };

  constructor(options: ControllerOptions, queue: RateLimitingQueue<Request>, concurrency: number, clock: Clock) {
    this.#options = options;
    this.#queue = queue;
    this.#concurrency = concurrency;
    this.#clock = clock;
  }

  /** Runs the user's function on a request that was taken from the queue. Never rejects. */
  async reconcile(request: Request, stop: AbortSignal): Promise<void> {
    const { name, reconcile } = this.#options;
    const reasons = this.#queue.reasonsOf(request);
    if (hops.hasSubscribers) {
      for (const { key = requestKey(request), resourceVersion } of reasons) {
        publishHop({ hop: 'worker', name, key, resourceVersion });
      }
    }
    this.#active++;
    this.#counts.reconcile_total++;
    this.#publish('start', request);
    const started = this.#clock.monotonic();
    const end = (result: ReconcileMessage['result'] & string) => {
      this.#active--;
      this.#publish('end', request, { result, reconcile_time_seconds: (this.#clock.monotonic() - started) / 1000 });
    };
    // Its own signal for each run: what a run hangs on it goes with the run.
    const link = linkSignals(stop);
    const timer = this.#startTimeout(request, link.controller);
    try {
      const result = await reconcile(request, { signal: link.signal, reasons });
      const again = this.#requeueOf(result ?? {}, request);
      this.#queue.forget(request);
      end(again ? 'requeue_after' : 'success');
      again?.();
    } catch (thrown) {
      // A run that ends early because it was told to has not failed.
      if (stop.aborted && isAbort(thrown, stop)) return end('success');
      this.#counts.reconcile_errors_total++;
      if (isDefect(thrown)) this.#counts.reconcile_panics_total++;
      const givenUp = this.#givenUp(request, thrown);
      end('error');
      if (givenUp) this.#giveUp(request, givenUp);
      else this.#retry(request, thrown, link.signal);
    } finally {
      timer?.cancel();
      link.unlink();
    }
  }

  /** What puts the request back, if the run asked for that. */
  #requeueOf({ requeueAfter, priority }: ReconcileResult, request: Request): (() => void) | undefined {
    if (requeueAfter === undefined) return undefined;
    requireAtLeast('requeueAfter', requeueAfter, 0);
    const next = priority ?? this.#queue.priorityOf(request);
    requireFinite('priority', next);
    return () => this.#queue.addAfter(request, requeueAfter, { type: 'requeue' }, next);
  }

  /** A run that is too long is told so, and reported at once: it may never end. Until it does, its request is not run again. */
  #startTimeout(request: Request, abort: AbortController): Timer | undefined {
    const { name, timeout } = this.#options;
    if (timeout === undefined) return undefined;
    return this.#clock.setTimer(() => {
      this.#counts.reconcile_timeouts_total++;
      const message = `${name}: reconcile of ${requestKey(request)} takes longer than ${timeout} ms`;
      const error = new KubeInformerError('ReconcileTimeout', message, {
        hint: 'Pass the signal of the context to everything that waits, or allow more time.',
      });
      abort.abort(error);
      this.#report('onError', error, { request, retryAfter: undefined, failures: this.#queue.numRequeues(request) });
    }, timeout);
  }

  /** The error to give the request up with; `undefined` if it is to be tried again. */
  #givenUp(request: Request, thrown: unknown): KubeInformerError | undefined {
    const { name, maxRetries = Number.POSITIVE_INFINITY } = this.#options;
    if (thrown instanceof KubeInformerError && thrown.code === 'ReconcileGivenUp') {
      this.#counts.terminal_reconcile_errors_total++;
      return thrown;
    }
    const failures = this.#queue.numRequeues(request) + 1;
    if (failures <= maxRetries) return undefined;
    const message = `${name}: reconcile of ${requestKey(request)} failed ${failures} times: ${messageOf(thrown)}`;
    const hint = 'Its next event, or enqueue, makes it run again.';
    return new KubeInformerError('ReconcileGivenUp', message, { cause: thrown, hint });
  }

  #giveUp(request: Request, error: KubeInformerError): void {
    const failures = this.#queue.numRequeues(request) + 1;
    this.#queue.forget(request);
    const hook = this.#options.onGaveUp ? 'onGaveUp' : 'onError';
    this.#report(hook, error, { request, retryAfter: undefined, failures });
  }

  #retry(request: Request, thrown: unknown, signal: AbortSignal): void {
    const asked = thrown instanceof ApiStatusError ? thrown.retryAfter : undefined;
    const priority = this.#queue.priorityOf(request);
    const retryAfter = this.#queue.addRateLimited(request, { type: 'retry' }, asked, priority);
    // The timeout has been reported already.
    if (thrown === signal.reason && thrown instanceof KubeInformerError) return;
    const message = `${this.#options.name}: reconcile of ${requestKey(request)} failed: ${messageOf(thrown)}`;
    const error = new KubeInformerError('ReconcileFailed', message, {
      cause: thrown,
      hint: 'It is tried again, later each time, until it succeeds; see the cause.',
    });
    this.#report('onError', error, { request, retryAfter, failures: this.#queue.numRequeues(request) });
  }

  #report(
    hook: 'onError' | 'onGaveUp',
    error: KubeInformerError,
    failure: Pick<ReconcileFailure, 'request' | 'retryAfter' | 'failures'>,
  ): void {
    const { name } = this.#options;
    try {
      const hear = this.#options[hook];
      if (hear) hear(error, { controller: name, ...failure });
      else warnUnheard(error);
    } catch (thrown) {
      warnUnheard(asKubeInformerError(thrown, 'HandlerFailed', `${hook} of controller ${name} threw`, 'Mend it.'));
    }
  }

  #publish(event: ReconcileMessage['event'], request: Request, measure: Partial<ReconcileMessage> = {}): void {
    if (!reconcileChannel.hasSubscribers) return;
    const message: ReconcileMessage = {
      name: this.#options.name,
      event,
      key: requestKey(request),
      resourceVersion: latestResourceVersion(this.#queue.reasonsOf(request)),
      ...this.#counts,
      active_workers: this.#active,
      max_concurrent_reconciles: this.#concurrency,
      ...measure,
    };
    reconcileChannel.publish(message);
  }
}
