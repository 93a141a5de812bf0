import { type Clock, messageOf, type Random } from '../../index.ts';
import type { KindSnapshot } from '../cache/index.ts';
import { Barrier } from './barrier.ts';
import { type DeadLetter, DeadLetters } from './dead-letters.ts';
import { type Memory, Recall } from './memory/index.ts';
import { type AnyNotice, initialNotice, isChange, laneOf, type Notice } from './notice.ts';
import { type Entry, Outbox } from './outbox.ts';
import { Schedule, type Verdict } from './schedule.ts';
import type { ServiceDetails } from './service-notice.ts';
import type { Message, Outcome, Sink } from './sinks/index.ts';

export interface DeliveryOptions {
  /** Closed with the delivery. */
  readonly sink: Sink;
  readonly format: (notice: AnyNotice) => Message;
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
  /** What the receiver knows from earlier runs; closed with the delivery. `undefined`: nothing, and nothing is remembered. */
  readonly memory: Memory | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** A notice became a dead letter, or the receiver wants no more. */
  readonly onProblem: (problem: string) => void;
}

export interface DeliveryStatus {
  readonly delivered: number;
  /** Attempts that failed. */
  readonly failed: number;
  /** Notices of objects without an address. */
  readonly dropped: number;
  readonly pendingObjects: number;
  readonly pendingNotices: number;
  readonly oldestPendingMs: number;
  /** From the time at which the cache told of the change that was delivered last to its delivery; `undefined` before the first. */
  readonly lagMs: number | undefined;
  /** States that `every` could not keep. */
  readonly lost: number;
  readonly deadLetters: number;
  readonly health: 'healthy' | 'failing' | 'paused';
  /** Of the last attempt that failed, or the last notice that was dropped. */
  readonly lastProblem: string | undefined;
}

/**
 * Brings the notices of one subscription to its receiver: at least once, and those of one object one after the other. What it tells of itself takes its turn among them, is
 * never a dead letter, and is tried until the receiver accepts or refuses it: there is one of each type at most.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #outbox: Outbox;
  readonly #schedule: Schedule;
  readonly #letters: DeadLetters;
  readonly #recall: Recall | undefined;
  readonly #stopping = new AbortController();
  #barrier: Barrier | undefined;
  #told = 0;
  #delivered = 0;
  #failed = 0;
  #dropped = 0;
  #lagMs: number | undefined;
  #lastProblem: string | undefined;

  constructor(options: DeliveryOptions) {
    const { mode, bound, concurrency, clock, deadLetters, memory } = options;
    this.#options = options;
    this.#letters = new DeadLetters(deadLetters);
    this.#recall = memory && new Recall(memory);
    const outbox = new Outbox({
      mode,
      bound,
      now: () => clock.monotonic(),
      onReady: (lane) => this.#schedule.place(lane),
    });
    this.#outbox = outbox;
    this.#schedule = new Schedule({
      concurrency,
      clock,
      has: (lane) => outbox.has(lane),
      attempt: (lane) => this.#attempt(lane),
      onFree: (lane) => {
        outbox.done(lane);
        this.#barrier?.check(lane);
      },
    });
  }

  /**
   * Files the state to begin with, or what of it is not known from earlier runs. When the last of it is settled, `SYNCED` is told.
   *
   * @param wants whether the receiver is to be told of a notice.
   */
  begin(snapshot: KindSnapshot, wants: (notice: Notice) => boolean): void {
    const { clock, memory } = this.#options;
    const at = clock.now();
    if (memory?.isLost) this.tell({ type: 'GAP', reason: 'memory', lost: null });
    const notices =
      this.#recall?.difference(snapshot, at) ??
      snapshot.objects.map((object) => initialNotice('ADDED', object, snapshot.seq, at));
    const wanted = notices.filter(wants);
    this.#recall?.announce(wanted);
    for (const notice of notices) if (!wants(notice)) this.skip(notice);
    // With a memory, that it is about to be told is noted, and nobody looks behind that.
    for (const notice of wanted) this.#outbox.file(notice, this.#recall !== undefined);
    const { resourceVersion } = snapshot;
    this.#barrier = new Barrier(
      wanted.map(laneOf),
      (lane) => this.#outbox.isInitial(lane),
      () => this.tell({ type: 'SYNCED', resourceVersion }),
    );
  }

  /**
   * Files what another instance may have delivered, or not. When the last of the state to begin with is settled, `SYNCED` is told.
   *
   * @param snapshotVersion of that state; `undefined`: there is none.
   */
  takeOver(notices: readonly Notice[], snapshotVersion: string | undefined): void {
    for (const notice of notices) this.#outbox.file(notice, true);
    if (snapshotVersion === undefined) return;
    this.#barrier = new Barrier(
      notices.filter(({ initial }) => initial).map(laneOf),
      (lane) => this.#outbox.isInitial(lane),
      () => this.tell({ type: 'SYNCED', resourceVersion: snapshotVersion }),
    );
  }

  file(notice: Notice): void {
    if (this.#stopping.signal.aborted) return;
    const { lost } = this.#outbox;
    this.#outbox.file(notice);
    if (this.#outbox.lost > lost) this.tell({ type: 'GAP', reason: 'overflow', lost: this.#outbox.lost });
  }

  /** A notice that the receiver is not to be told of. */
  skip(notice: Notice): void {
    if (!this.#outbox.has(laneOf(notice))) this.#recall?.skipped(notice);
  }

  /** Files what the service tells of itself. */
  tell(details: ServiceDetails): void {
    if (this.#stopping.signal.aborted) return;
    this.#outbox.file({ ...details, at: this.#options.clock.now(), number: ++this.#told });
  }

  pause(): void {
    this.#schedule.pause();
  }

  resume(): void {
    this.#schedule.resume();
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
    return {
      delivered: this.#delivered,
      failed: this.#failed,
      dropped: this.#dropped,
      pendingObjects: objects,
      pendingNotices: size,
      oldestPendingMs: oldestSince === undefined ? 0 : this.#options.clock.monotonic() - oldestSince,
      lagMs: this.#lagMs,
      lost,
      deadLetters: this.#letters.all().length,
      health: this.#schedule.health,
      lastProblem: this.#lastProblem,
    };
  }

  /** Ends it: what is in flight is cut off, what waits is dropped. Nothing is left when the promise resolves. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#schedule.close();
    this.#outbox.clear();
    await this.#options.sink.close();
    await this.#options.memory?.close();
  }

  async #attempt(lane: string): Promise<Verdict> {
    const entry = this.#outbox.take(lane)!;
    const outcome = await this.#deliver(entry);
    // Cut off: nobody is told.
    return this.#stopping.signal.aborted ? { receiver: 'unasked', next: 'done' } : this.#settle(lane, entry, outcome);
  }

  async #deliver({ notice }: Entry): Promise<Outcome> {
    const { format, sink } = this.#options;
    try {
      if (isChange(notice)) await this.#recall?.expect(notice);
      const outcome = await sink.deliver(format(notice), this.#stopping.signal);
      // Also if it came just before the end.
      const isSettled = outcome.type === 'delivered' || outcome.type === 'dropped';
      if (isSettled && isChange(notice)) this.#recall?.accepted(notice);
      return outcome;
    } catch (thrown) {
      return { type: 'failed', problem: messageOf(thrown), retryAfter: undefined };
    }
  }

  #settle(lane: string, entry: Entry, outcome: Outcome): Verdict {
    const { notice } = entry;
    const isHeard = outcome.type !== 'failed' && outcome.type !== 'gone';
    if (isHeard && notice.type === 'GAP' && notice.reason === 'memory') void this.#options.memory?.acknowledge();
    if (outcome.type === 'delivered') {
      this.#delivered++;
      if (isChange(notice)) this.#lagMs = this.#options.clock.now() - notice.at;
      if (this.#options.mode === 'latest') this.#letters.supersede(lane);
      return { receiver: 'answered', next: 'done' };
    }
    const { problem } = outcome;
    this.#lastProblem = problem;
    if (outcome.type === 'dropped') {
      if (isChange(notice)) this.#dropped++;
      return { receiver: 'unasked', next: 'done' };
    }
    this.#failed++;
    const receiver = outcome.type === 'failed' ? 'silent' : 'answered';
    if (outcome.type === 'gone') {
      this.#schedule.pause();
      this.#outbox.again(lane);
      this.#options.onProblem(`${problem}: delivery is paused`);
      return { receiver, next: 'park' };
    }
    if (outcome.type === 'failed' && !this.#isGivenUp(entry)) {
      this.#outbox.again(lane);
      return { receiver, next: this.#delayAfter(entry, outcome.retryAfter) };
    }
    if (isChange(notice)) {
      this.#letters.add({ notice, problem, at: this.#options.clock.now() });
      this.#options.onProblem(`a notice became a dead letter: ${problem}`);
    } else this.#options.onProblem(`${notice.type} was refused: ${problem}`);
    return { receiver, next: 'done' };
  }

  #isGivenUp({ notice, attempts, since }: Entry): boolean {
    if (!isChange(notice)) return false;
    const { maxAttempts, maxAgeSeconds } = this.#options.retry;
    if (maxAttempts > 0 && attempts >= maxAttempts) return true;
    return this.#options.clock.monotonic() - since >= maxAgeSeconds * 1_000;
  }

  #delayAfter({ attempts }: Entry, retryAfter: number | undefined): number {
    const { baseMs, maxMs } = this.#options.retry;
    if (retryAfter !== undefined) return Math.min(retryAfter, maxMs);
    return this.#options.random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempts - 1, 30));
  }
}
