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
} from '../runtime/index.ts';
import { AgeingStorage } from './ageing-storage.ts';
import type { Controller, ControllerOptions, ReconcileFailure } from './controller.ts';
import { type ReconcileMessage, reconcileChannel } from './diagnostics.ts';
import { isAbort, warn } from './outcome.ts';
import { RateLimitingQueue } from './rate-limiting-queue.ts';
import { type Request, requestKey } from './request.ts';
import { type EventSourceRegistration, sourceOf } from './source.ts';
import { latestResourceVersion } from './work-queue.ts';

/** What a controller does between events and the user's function. */
export class ReconcileLoop implements Controller {
  readonly name: string;
  readonly queue: RateLimitingQueue<Request>;
  readonly #options: ControllerOptions;
  readonly #concurrency: number;
  readonly #clock: Clock;
  #started = false;
  #active = 0;
  #runs = 0;
  #errors = 0;
  #timeouts = 0;

  constructor(options: ControllerOptions, concurrency: number, clock: Clock) {
    const { name, rateLimiter } = options;
    this.name = name;
    this.#options = options;
    this.#concurrency = concurrency;
    this.#clock = clock;
    this.queue = new RateLimitingQueue({
      name,
      clock,
      keyOf: requestKey,
      storage: new AgeingStorage({ clock }),
      ...(rateLimiter && { rateLimiter }),
    });
  }

  enqueue(request: Request): void {
    this.queue.add(request, { type: 'direct' });
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#started) {
      throw new KubeInformerError('AlreadyStarted', `controller ${this.name} runs already, or has run`, {
        hint: 'Create another controller to run again.',
      });
    }
    this.#started = true;
    const registrations: EventSourceRegistration[] = [];
    try {
      for (const source of this.#options.sources) {
        const registration = ('attach' in source ? source : sourceOf(source)).attach(this.queue);
        registrations.push(registration);
        // `#sync` sees it; but should a later source refuse, nobody would.
        registration.ready.catch(() => {});
      }
      await this.#sync(registrations, signal);
      await Promise.all(Array.from({ length: this.#concurrency }, () => this.#work(signal)));
    } finally {
      this.queue.shutDown();
      await Promise.all(registrations.map((registration) => registration.remove()));
    }
  }

  /** Resolves when all sources have synced, or when `signal` is aborted. */
  #sync(registrations: readonly EventSourceRegistration[], signal: AbortSignal): Promise<void> {
    const { syncTimeout } = this.#options;
    const hint = 'A source does not become ready; look at the status and the errors of its informer.';
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const settle = (error?: KubeInformerError) => {
        timer?.cancel();
        signal.removeEventListener('abort', onAbort);
        if (error && !signal.aborted) reject(error);
        else resolve();
      };
      const onAbort = () => settle();
      if (signal.aborted) return settle();
      signal.addEventListener('abort', onAbort, { once: true });
      if (syncTimeout !== undefined) {
        const message = `the sources of controller ${this.name} have not synced: ${syncTimeout} ms are over`;
        timer = this.#clock.setTimer(
          () => settle(new KubeInformerError('SyncTimeout', message, { hint })),
          syncTimeout,
        );
      }
      Promise.all(registrations.map(({ ready }) => ready)).then(
        () => settle(),
        (thrown) =>
          settle(asKubeInformerError(thrown, 'SyncAborted', `a source of controller ${this.name} ended`, hint)),
      );
    });
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let request = await this.queue.get(signal); request; request = await this.queue.get(signal)) {
      this.#active++;
      try {
        await this.#reconcile(request, signal);
      } finally {
        this.#active--;
        this.queue.done(request);
      }
    }
  }

  async #reconcile(request: Request, stop: AbortSignal): Promise<void> {
    const reasons = this.queue.reasonsOf(request);
    this.#runs++;
    if (hops.hasSubscribers) {
      for (const { key = requestKey(request), resourceVersion } of reasons) {
        publishHop({ hop: 'worker', name: this.name, key, resourceVersion });
      }
    }
    this.#publish('start', request);
    const started = this.#clock.monotonic();
    const end = (result: ReconcileMessage['result'] & string) => {
      this.#publish('end', request, { result, reconcile_time_seconds: (this.#clock.monotonic() - started) / 1000 });
    };

    // Its own signal for each run: what a run hangs on it goes with the run.
    const abort = new AbortController();
    const onStop = () => abort.abort(stop.reason);
    stop.addEventListener('abort', onStop, { once: true });
    const timer = this.#startTimeout(request, abort);
    try {
      const result = await this.#options.reconcile(request, { signal: abort.signal, reasons });
      const requeueAfter = result?.requeueAfter;
      if (requeueAfter !== undefined) requireAtLeast('requeueAfter', requeueAfter, 0);
      this.queue.forget(request);
      end(requeueAfter === undefined ? 'success' : 'requeue_after');
      if (requeueAfter !== undefined) this.queue.addAfter(request, requeueAfter, { type: 'requeue' });
    } catch (thrown) {
      // A run that ends early because it was told to has not failed.
      if (stop.aborted && isAbort(thrown, stop)) return end('success');
      this.#errors++;
      end('error');
      this.#retry(request, thrown, abort.signal);
    } finally {
      timer?.cancel();
      stop.removeEventListener('abort', onStop);
    }
  }

  /** A run that is too long is told so, and reported at once: it may never end. Until it does, its request is not run again. */
  #startTimeout(request: Request, abort: AbortController): Timer | undefined {
    const { timeout } = this.#options;
    if (timeout === undefined) return undefined;
    return this.#clock.setTimer(() => {
      this.#timeouts++;
      const message = `${this.name}: reconcile of ${requestKey(request)} takes longer than ${timeout} ms`;
      const error = new KubeInformerError('ReconcileTimeout', message, {
        hint: 'Pass the signal of the context to everything that waits, or allow more time.',
      });
      abort.abort(error);
      this.#report(error, { request, retryAfter: undefined });
    }, timeout);
  }

  #retry(request: Request, thrown: unknown, signal: AbortSignal): void {
    const asked = thrown instanceof ApiStatusError ? thrown.retryAfter : undefined;
    const retryAfter = this.queue.addRateLimited(request, { type: 'retry' }, asked);
    // The timeout has been reported already.
    if (thrown === signal.reason && thrown instanceof KubeInformerError) return;
    const message = `${this.name}: reconcile of ${requestKey(request)} failed: ${messageOf(thrown)}`;
    const error = new KubeInformerError('ReconcileFailed', message, {
      cause: thrown,
      hint: 'It is tried again, later each time, until it succeeds; see the cause.',
    });
    this.#report(error, { request, retryAfter });
  }

  #report(error: KubeInformerError, failure: Pick<ReconcileFailure, 'request' | 'retryAfter'>): void {
    const { onError = warn } = this.#options;
    const failures = this.queue.numRequeues(failure.request);
    try {
      onError(error, { controller: this.name, failures, ...failure });
    } catch (thrown) {
      warn(asKubeInformerError(thrown, 'HandlerFailed', `onError of controller ${this.name} threw`, 'Mend it.'));
    }
  }

  #publish(event: ReconcileMessage['event'], request: Request, measure: Partial<ReconcileMessage> = {}): void {
    if (!reconcileChannel.hasSubscribers) return;
    const message: ReconcileMessage = {
      name: this.name,
      event,
      key: requestKey(request),
      resourceVersion: latestResourceVersion(this.queue.reasonsOf(request)),
      reconcile_total: this.#runs,
      reconcile_errors_total: this.#errors,
      reconcile_timeouts_total: this.#timeouts,
      active_workers: this.#active,
      max_concurrent_reconciles: this.#concurrency,
      ...measure,
    };
    reconcileChannel.publish(message);
  }
}
