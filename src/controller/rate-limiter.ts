import { type Clock, requireAtLeast, systemClock } from '../runtime/index.ts';

/** Decides how long an item has to wait before its next try. Items are named by their keys. */
export interface RateLimiter {
  /** Milliseconds to wait now. Each call counts as one more failure. */
  when(key: string): number;
  /** Forgets the failures of an item: it succeeded, or nobody will try it again. */
  forget(key: string): void;
  /** How often `when` was asked for the item since it was last forgotten. */
  numRequeues(key: string): number;
}

/** Failures by key, for the limiters that count them. */
class Failures {
  readonly #counts = new Map<string, number>();

  /** Counts one more; returns how many there were before. */
  increment(key: string): number {
    const before = this.of(key);
    this.#counts.set(key, before + 1);
    return before;
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#counts.delete(key);
  }
}

/** Waits `base`, then twice as long after each further failure of the same item, up to `max` milliseconds. */
export function exponentialRateLimiter(base = 1, max = 1_000_000): RateLimiter {
  requireAtLeast('base', base, 0);
  requireAtLeast('max', max, base);
  const failures = new Failures();
  return {
    when: (key) => Math.min(base * 2 ** failures.increment(key), max),
    forget: (key) => failures.forget(key),
    numRequeues: (key) => failures.of(key),
  };
}

/**
 * A bucket of `burst` tokens that fills at `rate` tokens a second. Each call takes one and waits for it if need be. All items
 * share the bucket; there is nothing to forget.
 */
export function bucketRateLimiter(rate = 10, burst = 100, clock: Clock = systemClock): RateLimiter {
  requireAtLeast('rate', rate, Number.MIN_VALUE);
  requireAtLeast('burst', burst, 1);
  let tokens = burst;
  let filledAt = clock.monotonic();
  return {
    when() {
      const now = clock.monotonic();
      tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * rate) - 1;
      filledAt = now;
      return tokens >= 0 ? 0 : (-tokens / rate) * 1000;
    },
    forget() {},
    numRequeues: () => 0,
  };
}

/** Waits `fast` milliseconds for the first `attempts` tries of an item, `slow` ones for the others. */
export function fastSlowRateLimiter(fast: number, slow: number, attempts: number): RateLimiter {
  requireAtLeast('fast', fast, 0);
  requireAtLeast('slow', slow, 0);
  requireAtLeast('attempts', attempts, 0);
  const failures = new Failures();
  return {
    when: (key) => (failures.increment(key) < attempts ? fast : slow),
    forget: (key) => failures.forget(key),
    numRequeues: (key) => failures.of(key),
  };
}

/** Asks all `limiters` and obeys the slowest. */
export function maxOfRateLimiter(...limiters: readonly RateLimiter[]): RateLimiter {
  return {
    when: (key) => Math.max(0, ...limiters.map((limiter) => limiter.when(key))),
    forget(key) {
      for (const limiter of limiters) limiter.forget(key);
    },
    numRequeues: (key) => Math.max(0, ...limiters.map((limiter) => limiter.numRequeues(key))),
  };
}

/** Waits as `limiter` says, but never more than `max` milliseconds. */
export function maxWaitRateLimiter(limiter: RateLimiter, max: number): RateLimiter {
  requireAtLeast('max', max, 0);
  return {
    when: (key) => Math.min(limiter.when(key), max),
    forget: (key) => limiter.forget(key),
    numRequeues: (key) => limiter.numRequeues(key),
  };
}

/** What controllers use unless told otherwise: 5 ms to 1 000 s per item, and 10 a second (100 at once) for all together. */
export function defaultRateLimiter(clock: Clock = systemClock): RateLimiter {
  return maxOfRateLimiter(exponentialRateLimiter(5, 1_000_000), bucketRateLimiter(10, 100, clock));
}
