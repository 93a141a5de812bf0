import { type Clock, type Random, requireAtLeast } from './clock.ts';

export interface BackoffOptions {
  /** The first delay, in milliseconds. */
  readonly initial: number;
  /** Each delay is the one before times this. */
  readonly factor: number;
  /** No delay grows over this many milliseconds (before jitter). */
  readonly max: number;
  /** A delay `d` becomes `d` plus a random part of `jitter × d`. */
  readonly jitter: number;
  /** After this many milliseconds without a call the series starts over. */
  readonly resetAfter: number;
}

/**
 * A series of growing delays. It starts over when nobody asked for a delay during `resetAfter`: only a quiet period counts
 * as recovery, however long an outage lasts.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  #next: number;
  #lastAsked = Number.NEGATIVE_INFINITY;

  constructor(options: BackoffOptions, clock: Clock, random: Random) {
    requireAtLeast('backoff.initial', options.initial, 0);
    requireAtLeast('backoff.factor', options.factor, 1);
    requireAtLeast('backoff.max', options.max, options.initial);
    requireAtLeast('backoff.jitter', options.jitter, 0);
    requireAtLeast('backoff.resetAfter', options.resetAfter, 0);
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#next = options.initial;
  }

  /** The next delay, in milliseconds. */
  next(): number {
    const { initial, factor, max, jitter, resetAfter } = this.#options;
    const now = this.#clock.monotonic();
    if (now - this.#lastAsked > resetAfter) this.#next = initial;
    const delay = this.#next;
    // The delay itself is no quiet period: it counts as asked for until it has passed.
    const jittered = delay + this.#random() * jitter * delay;
    this.#lastAsked = now + jittered;
    this.#next = Math.min(delay * factor, max);
    return jittered;
  }
}
