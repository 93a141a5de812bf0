import type { Clock, Timer } from '../runtime/index.ts';

interface Pending {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that moves only when told to. Timers fire in the order of their due times; equal ones in the order they were set.
 *
 * @example
 * const clock = new FakeClock();
 * clock.setTimer(() => console.log('a minute later'), 60_000);
 * await clock.advance(60_000);
 */
export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  /** @param start the wall-clock time to begin at, milliseconds since the Unix epoch. Default: 2026-01-01T00:00:00Z. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delay: number): Timer {
    const timer: Pending = { due: this.#now + Math.max(0, delay), order: this.#order++, callback };
    this.#pending.add(timer);
    return { cancel: () => void this.#pending.delete(timer) };
  }

  /** Timers that are set and have neither fired nor been cancelled. `0` after everything that used the clock was stopped. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Milliseconds until the next timer is due; `undefined` if there is none. */
  get nextTimerIn(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next && next.due - this.#now;
  }

  /** Moves the clock by `duration` milliseconds, fires what falls due, and lets pending promises run between the timers. */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await settle();
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.due);
      this.#pending.delete(timer);
      timer.callback();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  #next(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) {
      if (timer.due > end) continue;
      if (!first || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** Lets everything run that is ready: promise callbacks and a few turns of the event loop. No time passes. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
