import { KubeInformerError } from './errors.ts';

/** A running timer. `cancel` is idempotent; after it the callback never runs. */
export interface Timer {
  cancel(): void;
}

/**
 * Everything in this library that depends on time asks a clock. Tests inject `FakeClock` of `kube-informer/testing`;
 * a timer that is not on the clock is a bug, but for that of `Rest`, which says why.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. For timestamps that people read. */
  now(): number;
  /** Milliseconds from an arbitrary origin, never going back. For durations and deadlines. */
  monotonic(): number;
  /** Calls `callback` once, `delay` milliseconds from now. Any length is allowed. */
  setTimer(callback: () => void, delay: number): Timer;
}

/** The longest delay that `setTimeout` knows; it takes a longer one for no delay at all. */
const longestTimeout = 2 ** 31 - 1;

/** The clock of the process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, delay) {
    let left = delay;
    let handle: NodeJS.Timeout;
    const wait = () => {
      const part = Math.min(left, longestTimeout);
      left -= part;
      handle = setTimeout(left > 0 ? wait : callback, part);
    };
    wait();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** A source of numbers in [0, 1), like `Math.random`. Injected wherever chance decides (jitter, watch timeouts). */
export type Random = () => number;

/**
 * Waits `delay` milliseconds on `clock`.
 *
 * @returns `true` when the time has passed, `false` when `signal` was aborted first. It never rejects, so that a wait
 * that was cut short is an ordinary outcome and not an error.
 */
export function sleep(clock: Clock, delay: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onAbort = () => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    }, delay);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Throws a `KubeInformerError` unless `value` is a finite number of at least `minimum`. For options in the constructors. */
export function requireAtLeast(name: string, value: number, minimum: number): void {
  if (!Number.isFinite(value) || value < minimum) {
    throw new KubeInformerError(
      'InvalidOption',
      `${name} must be a number of at least ${minimum}, got ${String(value)}`,
      {
        hint: `Set ${name} to ${minimum} or more.`,
      },
    );
  }
}
