import { type Clock, sleep } from '../runtime/index.ts';
import { AgeingStorage } from './ageing-storage.ts';
import type { Controller, ControllerOptions } from './controller.ts';
import { alreadyStarted } from './outcome.ts';
import { RateLimitingQueue } from './rate-limiting-queue.ts';
import { Reconciler } from './reconciler.ts';
import { type Request, requestKey } from './request.ts';
import { type EventSourceRegistration, sourceOf } from './source.ts';
import { waitForSources } from './wait-for-sources.ts';

/** What a controller does between events and the user's function: its queue, its workers, its life. */
export class ReconcileLoop implements Controller {
  readonly name: string;
  readonly queue: RateLimitingQueue<Request>;
  readonly #options: ControllerOptions;
  readonly #concurrency: number;
  readonly #clock: Clock;
  readonly #reconciler: Reconciler;
  #started = false;

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
    this.#reconciler = new Reconciler(options, this.queue, concurrency, clock);
  }

  enqueue(request: Request, priority = 0): void {
    this.queue.add(request, { type: 'direct' }, priority);
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#started) throw alreadyStarted(`controller ${this.name}`);
    this.#started = true;
    if (signal.aborted) {
      // The sources may have ended by it already: there is nothing to listen to.
      this.queue.shutDown();
      return;
    }
    const { informers = [], sources = [], leaderElection, syncTimeout } = this.#options;
    const registrations: EventSourceRegistration[] = [];
    // Aborted when runs are to end: with `signal`, or later if the queue is drained first.
    const working = new AbortController();
    const onStop = () => void this.#stop(working, signal.reason);
    try {
      for (const source of [...informers, ...sources]) {
        const registration = ('attach' in source ? source : sourceOf(source)).attach(this.queue);
        registrations.push(registration);
        // It is seen below; but should a later source refuse, nobody would.
        registration.ready.catch(() => {});
      }
      await waitForSources(registrations, { name: this.name, syncTimeout, clock: this.#clock, signal });
      signal.addEventListener('abort', onStop, { once: true });
      if (signal.aborted) onStop();
      const work = (until: AbortSignal) => this.#workers(until);
      await (leaderElection ? leaderElection.whileLeading(work, working.signal) : work(working.signal));
    } finally {
      signal.removeEventListener('abort', onStop);
      this.queue.shutDown();
      await Promise.all(registrations.map((registration) => registration.remove()));
    }
  }

  async #stop(working: AbortController, reason: unknown): Promise<void> {
    const { drain = 0, leaderElection } = this.#options;
    if (drain > 0 && (leaderElection?.isLeader ?? true)) {
      const drained = new AbortController();
      void this.queue.shutDownWithDrain().then(() => drained.abort());
      await sleep(this.#clock, drain, drained.signal);
    }
    working.abort(reason);
  }

  async #workers(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: this.#concurrency }, () => this.#work(signal)));
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { leaderElection } = this.#options;
    for (let request = await this.queue.get(signal); request; request = await this.queue.get(signal)) {
      // The timers of the election may be late, or the abort have come with the request.
      const mayWork = !signal.aborted && (leaderElection?.isLeader ?? true);
      if (mayWork) await this.#reconciler.reconcile(request, signal);
      const cutShort = !mayWork || signal.aborted;
      // It may have done half of it. Who leads again begins with what was left.
      if (cutShort) this.queue.add(request, { type: 'retry' }, this.queue.priorityOf(request));
      this.queue.done(request);
      if (cutShort) return;
    }
  }
}
