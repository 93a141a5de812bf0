import PQueue from 'p-queue';
import { type Clock, messageOf, type Random, type Timer } from '../../index.ts';
import { Breaker } from './breaker.ts';
import { type DeadLetter, DeadLetters } from './dead-letters.ts';
import { laneOf, type Notice } from './notice.ts';
import { type Entry, Outbox } from './outbox.ts';
import type { Message, Outcome, Sink } from './sinks/index.ts';

export interface DeliveryOptions {
  /** Closed with the delivery. */
  readonly sink: Sink;
  readonly format: (notice: Notice) => Message;
  readonly mode: 'latest' | 'every';
  /** Notices that `every` keeps. */
  readonly bound: number;
  /** Deliveries at the same time, of different objects. `1`: in the order of changes as they come. */
  readonly concurrency: number;
  readonly retry: {
    /** The longest wait before the second attempt, milliseconds; it doubles with each, up to `maxMs`, and chance takes any part of it. */
    readonly baseMs: number;
    readonly maxMs: number;
    /** `0`: any number. */
    readonly maxAttempts: number;
    readonly maxAgeSeconds: number;
  };
  readonly deadLetters: number;
  readonly clock: Clock;
  readonly random: Random;
  /** A notice became a dead letter, or the receiver wants no more. */
  readonly onProblem: (problem: string) => void;
}

export interface DeliveryStatus {
  readonly delivered: number;
  /** Attempts that failed. */
  readonly failed: number;
  /** Notices without an address. */
  readonly dropped: number;
  readonly pendingObjects: number;
  readonly pendingNotices: number;
  readonly oldestPendingMs: number;
  /** States that `every` could not keep. */
  readonly lost: number;
  readonly deadLetters: number;
  readonly health: 'healthy' | 'failing' | 'paused';
  /** Of the last attempt that failed, or the last notice that was dropped. */
  readonly lastProblem: string | undefined;
}

/** So many failures in a row, and only one attempt is made at a time, this far apart. */
const breakerThreshold = 10;
const breakerInterval = 30_000;

/**
 * Brings the notices of one subscription to its receiver: at least once, and those of one object one after the other.
 *
 * A lane (an object) that has something to deliver is in exactly one place: in the queue or in flight, at its timer after a failure, or parked while the
 * breaker is open or delivery is paused. So the cost of a receiver that is down is that of the lanes.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #outbox: Outbox;
  readonly #queue: PQueue;
  readonly #breaker: Breaker;
  readonly #letters: DeadLetters;
  readonly #stopping = new AbortController();
  /** Lanes in any of the places. */
  readonly #placed = new Set<string>();
  readonly #timers = new Map<string, Timer>();
  readonly #parked = new Set<string>();
  #probe: Timer | undefined;
  #paused = false;
  #delivered = 0;
  #failed = 0;
  #dropped = 0;
  #lastProblem: string | undefined;

  constructor(options: DeliveryOptions) {
    const { mode, bound, concurrency, clock, deadLetters } = options;
    const now = () => clock.monotonic();
    this.#options = options;
    this.#queue = new PQueue({ concurrency });
    this.#breaker = new Breaker(breakerThreshold, breakerInterval, now);
    this.#letters = new DeadLetters(deadLetters);
    this.#outbox = new Outbox({ mode, bound, now, onReady: (lane) => this.#place(lane) });
  }

  file(notice: Notice): void {
    if (!this.#stopping.signal.aborted) this.#outbox.file(notice);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#unpark();
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#letters.all();
  }

  /**
   * Delivers dead letters again. In mode `latest` those are left out whose object has something newer to deliver. @returns how many are tried.
   */
  replay(): number {
    let count = 0;
    for (const { notice } of this.#letters.takeAll()) {
      if (this.#options.mode === 'latest' && this.#outbox.has(laneOf(notice))) continue;
      this.#outbox.file(notice);
      count++;
    }
    return count;
  }

  /** Forgets dead letters. @returns how many there were. */
  discard(): number {
    return this.#letters.takeAll().length;
  }

  status(): DeliveryStatus {
    const { size, objects, oldestSince, lost } = this.#outbox;
    const { isOpen } = this.#breaker;
    return {
      delivered: this.#delivered,
      failed: this.#failed,
      dropped: this.#dropped,
      pendingObjects: objects,
      pendingNotices: size,
      oldestPendingMs: oldestSince === undefined ? 0 : this.#options.clock.monotonic() - oldestSince,
      lost,
      deadLetters: this.#letters.all().length,
      health: this.#paused ? 'paused' : isOpen ? 'failing' : 'healthy',
      lastProblem: this.#lastProblem,
    };
  }

  /** Ends it: what is in flight is cut off, what waits is dropped. Nothing is left when the promise resolves. */
  async close(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#probe?.cancel();
    this.#queue.clear();
    await this.#queue.onIdle();
    this.#outbox.clear();
    await this.#options.sink.close();
  }

  #place(lane: string): void {
    if (this.#placed.has(lane)) return;
    this.#placed.add(lane);
    this.#enqueue(lane);
  }

  #enqueue(lane: string): void {
    void this.#queue.add(() => this.#attempt(lane));
  }

  async #attempt(lane: string): Promise<void> {
    if (!this.#outbox.has(lane)) {
      // What was to be told was undone meanwhile.
      this.#placed.delete(lane);
      if (this.#breaker.isOpen) this.#awaitProbe();
      return;
    }
    if (this.#paused || !this.#breaker.admit()) {
      this.#parked.add(lane);
      this.#awaitProbe();
      return;
    }
    const entry = this.#outbox.take(lane)!;
    const outcome = await this.#deliver(entry);
    if (this.#stopping.signal.aborted) return;
    this.#settle(lane, entry, outcome);
  }

  async #deliver({ notice }: Entry): Promise<Outcome> {
    try {
      return await this.#options.sink.deliver(this.#options.format(notice), this.#stopping.signal);
    } catch (thrown) {
      return { type: 'failed', problem: messageOf(thrown), retryAfter: undefined };
    }
  }

  #settle(lane: string, entry: Entry, outcome: Outcome): void {
    // Whoever answers is there, whatever the answer is.
    const wasOpen = this.#breaker.isOpen;
    if (outcome.type === 'failed') this.#breaker.fail();
    else if (outcome.type === 'dropped') this.#breaker.abstain();
    else this.#breaker.succeed();
    if (outcome.type !== 'delivered') {
      if (outcome.type === 'dropped') this.#dropped++;
      else this.#failed++;
      this.#lastProblem = outcome.problem;
    }
    if (outcome.type === 'dropped') this.#finish(lane);
    else if (outcome.type === 'delivered') {
      this.#delivered++;
      if (this.#options.mode === 'latest') this.#letters.supersede(lane);
      this.#finish(lane);
    } else if (outcome.type === 'gone') {
      this.#paused = true;
      this.#outbox.again(lane);
      this.#parked.add(lane);
      this.#options.onProblem(`${outcome.problem}: delivery is paused`);
    } else if (outcome.type === 'failed' && !this.#isGivenUp(entry)) {
      this.#outbox.again(lane);
      this.#retryLater(lane, this.#delayAfter(entry, outcome.retryAfter));
    } else {
      this.#letters.add({ notice: entry.notice, problem: outcome.problem, at: this.#options.clock.now() });
      this.#options.onProblem(`a notice became a dead letter: ${outcome.problem}`);
      this.#finish(lane);
    }
    if (wasOpen && !this.#breaker.isOpen) this.#unpark();
    else this.#awaitProbe();
  }

  #finish(lane: string): void {
    this.#placed.delete(lane);
    this.#outbox.done(lane);
  }

  #isGivenUp({ attempts, since }: Entry): boolean {
    const { maxAttempts, maxAgeSeconds } = this.#options.retry;
    if (maxAttempts > 0 && attempts >= maxAttempts) return true;
    return this.#options.clock.monotonic() - since >= maxAgeSeconds * 1_000;
  }

  #delayAfter({ attempts }: Entry, retryAfter: number | undefined): number {
    const { baseMs, maxMs } = this.#options.retry;
    if (retryAfter !== undefined) return Math.min(retryAfter, maxMs);
    return this.#options.random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempts - 1, 30));
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
