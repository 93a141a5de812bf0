import PQueue from 'p-queue';
import type { Clock, Timer } from '../../index.ts';
import { Breaker } from './breaker.ts';

/** What came of an attempt, for the lane that it was made for. */
export interface Verdict {
  /** Whoever answers is there, whatever the answer is. `unasked`: no request went out. */
  readonly receiver: 'answered' | 'silent' | 'unasked';
  /** `done`: nothing is to be tried again. `park`: when it goes on after a pause. A number: in so many milliseconds. */
  readonly next: 'done' | 'park' | number;
}

export interface ScheduleOptions {
  /** Attempts at the same time, of different lanes. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** Whether there is anything to deliver in a lane. */
  readonly has: (lane: string) => boolean;
  /** Makes an attempt. Does not reject. */
  readonly attempt: (lane: string) => Promise<Verdict>;
  /** A lane is out of all places: what was taken of it is done, or there is nothing left. It may be placed again. */
  readonly onFree: (lane: string) => void;
}

/** So many failures in a row, and only one attempt is made at a time, this far apart. */
const breakerThreshold = 10;
const breakerInterval = 30_000;

/**
 * When each lane may try.
 *
 * A lane (an object) that has something to deliver is in exactly one place: in the queue or in flight, at its timer after a failure, or parked while the
 * breaker is open or delivery is paused. So the cost of a receiver that is down is that of the lanes.
 */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #queue: PQueue;
  readonly #breaker: Breaker;
  /** Lanes in any of the places. */
  readonly #placed = new Set<string>();
  readonly #timers = new Map<string, Timer>();
  readonly #parked = new Set<string>();
  #probe: Timer | undefined;
  #paused = false;
  #closed = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#queue = new PQueue({ concurrency: options.concurrency });
    this.#breaker = new Breaker(breakerThreshold, breakerInterval, () => options.clock.monotonic());
  }

  get health(): 'healthy' | 'failing' | 'paused' {
    if (this.#paused) return 'paused';
    return this.#breaker.isOpen ? 'failing' : 'healthy';
  }

  /** There is something to deliver in a lane. One that has its place keeps it. */
  place(lane: string): void {
    if (this.#placed.has(lane) || this.#closed) return;
    this.#placed.add(lane);
    this.#enqueue(lane);
  }

  /** Begins no more attempts until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#unpark();
  }

  /** Ends it. Resolves when no attempt is in flight; those that are should be cut off. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#probe?.cancel();
    this.#queue.clear();
    await this.#queue.onIdle();
  }

  #enqueue(lane: string): void {
    void this.#queue.add(() => this.#run(lane));
  }

  async #run(lane: string): Promise<void> {
    if (!this.#options.has(lane)) {
      // What was to be told was undone meanwhile.
      this.#free(lane);
      if (this.#breaker.isOpen) this.#awaitProbe();
      return;
    }
    if (this.#paused || !this.#breaker.admit()) {
      this.#parked.add(lane);
      this.#awaitProbe();
      return;
    }
    const verdict = await this.#options.attempt(lane);
    if (!this.#closed) this.#settle(lane, verdict);
  }

  #settle(lane: string, { receiver, next }: Verdict): void {
    const wasOpen = this.#breaker.isOpen;
    if (receiver === 'answered') this.#breaker.succeed();
    else if (receiver === 'silent') this.#breaker.fail();
    else this.#breaker.abstain();
    if (next === 'done') this.#free(lane);
    else if (next === 'park') this.#parked.add(lane);
    else this.#retryLater(lane, next);
    if (wasOpen && !this.#breaker.isOpen) this.#unpark();
    else this.#awaitProbe();
  }

  #free(lane: string): void {
    this.#placed.delete(lane);
    this.#options.onFree(lane);
  }

  #retryLater(lane: string, delay: number): void {
    const timer = this.#options.clock.setTimer(() => {
      this.#timers.delete(lane);
      this.#enqueue(lane);
    }, delay);
    this.#timers.set(lane, timer);
  }

  /** Lets one parked lane try when the breaker would have it. */
  #awaitProbe(): void {
    const delay = this.#breaker.probeIn;
    if (delay === undefined || this.#probe || this.#paused || this.#parked.size === 0) return;
    this.#probe = this.#options.clock.setTimer(() => {
      this.#probe = undefined;
      const [lane] = this.#parked;
      if (lane === undefined) return;
      this.#parked.delete(lane);
      this.#enqueue(lane);
    }, delay);
  }

  #unpark(): void {
    const lanes = [...this.#parked];
    this.#parked.clear();
    for (const lane of lanes) this.#enqueue(lane);
  }
}
