import { DelayingQueue } from './delaying-queue.ts';
import { defaultRateLimiter, type RateLimiter } from './rate-limiter.ts';
import type { Reason } from './request.ts';
import type { WorkQueueOptions } from './work-queue.ts';

export interface RateLimitingQueueOptions<K> extends WorkQueueOptions<K> {
  /** Default: `defaultRateLimiter`. */
  readonly rateLimiter?: RateLimiter;
}

/** A work queue in which items that fail wait ever longer for their next turn. */
export class RateLimitingQueue<K = string> extends DelayingQueue<K> {
  readonly #limiter: RateLimiter;

  constructor(options: RateLimitingQueueOptions<K> = {}) {
    super(options);
    this.#limiter = options.rateLimiter ?? defaultRateLimiter(this.clock);
  }

  /**
   * Adds an item when the rate limiter allows it: what to do after a failure. `done` is needed all the same.
   *
   * @param atLeast milliseconds that it waits in any case, if the server asked for them, say.
   * @param priority as in `add`.
   * @returns the milliseconds it waits.
   */
  addRateLimited(item: K, reason?: Reason, atLeast = 0, priority?: number): number {
    const delay = Math.max(this.#limiter.when(this.keyOf(item)), atLeast);
    this.addAfter(item, delay, reason, priority);
    return delay;
  }

  /** What to do after a success: the next failure of the item is its first one again. */
  forget(item: K): void {
    this.#limiter.forget(this.keyOf(item));
  }

  /** How often the item has failed since it was last forgotten. */
  numRequeues(item: K): number {
    return this.#limiter.numRequeues(this.keyOf(item));
  }
}
