import { type Clock, KubeInformerError, type Timer } from '../runtime/index.ts';
import type { LeaderWork } from './leader-election.ts';
import type { Lease, LeaseRecord } from './lease-record.ts';
import { linkSignals } from './linked-signal.ts';
import { isAbort } from './outcome.ts';

/** Work that is done whenever this candidate leads, as long as `signal` is not aborted. */
export interface StandingWork {
  readonly work: LeaderWork;
  readonly signal: AbortSignal;
  /** Its run under way, if there is one. Never rejects. */
  current?: Promise<void>;
}

interface TermOptions {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly renewDeadline: number;
  /** Monotonic: when the write that won the lease was *begun*. Others count from when they see it, which is later. */
  readonly claimedAt: number;
  readonly lease: Lease;
  readonly record: LeaseRecord;
  /** Called once, when `signal` has been aborted. */
  readonly onOver: (term: LeadershipTerm) => void;
}

/**
 * One time of leading. It has two ends, which come in any order: work is told to stop (`signal`), and the lease is lost (`lost`). Work is
 * told to stop when the lease is lost, if not before.
 */
export class LeadershipTerm {
  readonly #options: TermOptions;
  readonly #over = new AbortController();
  readonly #lost = new AbortController();
  readonly #works = new Set<Promise<void>>();
  #deadline: number;
  #timer: Timer | undefined;
  #failure: KubeInformerError | undefined;
  #lease: Lease;
  #record: LeaseRecord;
  #renewedAt: number;

  constructor(options: TermOptions) {
    this.#options = options;
    this.#lease = options.lease;
    this.#record = options.record;
    this.#renewedAt = options.claimedAt;
    this.#deadline = options.claimedAt + options.renewDeadline;
    this.#arm();
  }

  /** As the server has it, as far as we know. */
  get lease(): Lease {
    return this.#lease;
  }

  get record(): LeaseRecord {
    return this.#record;
  }

  /** Monotonic: when the last write that kept it was begun. */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** This is how the server has it now. */
  renewed(lease: Lease, record: LeaseRecord): void {
    this.#lease = lease;
    this.#record = record;
  }

  /** Aborted when work must end. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Aborted when the lease is no longer ours. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Why it was lost; `undefined` if it was not. */
  get lossError(): KubeInformerError | undefined {
    return this.#lost.signal.reason as KubeInformerError | undefined;
  }

  /** What made its work fail, for which it ended. */
  get failure(): KubeInformerError | undefined {
    return this.#failure;
  }

  /** Also right when the event loop was held up and the timer is late. */
  get isLeading(): boolean {
    return !this.#over.signal.aborted && this.#options.clock.monotonic() < this.#deadline;
  }

  get isWorking(): boolean {
    return this.#works.size > 0;
  }

  /** The lease was renewed by a write begun at `claimedAt`. Too late if the deadline has passed: then others may count on it. */
  extend(claimedAt: number): void {
    if (this.#lost.signal.aborted || this.#options.clock.monotonic() >= this.#deadline) return;
    this.#renewedAt = claimedAt;
    this.#deadline = claimedAt + this.#options.renewDeadline;
    this.#arm();
  }

  #arm(): void {
    const { clock, renewDeadline } = this.#options;
    this.#timer?.cancel();
    this.#timer = clock.setTimer(() => {
      this.lose(`it could not be renewed for ${renewDeadline} ms`, 'Look at the errors before this one.');
    }, this.#deadline - clock.monotonic());
  }

  /** The lease is gone. */
  lose(why: string, hint: string): void {
    if (this.#lost.signal.aborted) return;
    this.#timer?.cancel();
    const error = new KubeInformerError('LeadershipLost', `the lease was lost: ${why}`, { hint });
    this.#lost.abort(error);
    this.resign(error);
  }

  /** Tells work to stop; the lease stays. */
  resign(reason: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(reason);
    this.#options.onOver(this);
  }

  start(standing: StandingWork, wrap: (thrown: unknown) => KubeInformerError): void {
    if (!this.isLeading || standing.signal.aborted) return;
    const link = linkSignals(this.#over.signal, standing.signal);
    // Not when the work returns: it may have begun something that goes on.
    link.signal.addEventListener('abort', () => link.unlink(), { once: true });
    const run = async () => {
      try {
        await standing.work(link.signal);
      } catch (thrown) {
        // Work that ends early because it was told to has not failed.
        if (link.signal.aborted && isAbort(thrown, link.signal)) return;
        this.#failure ??= wrap(thrown);
        this.resign(this.#failure);
      }
    };
    const current = run().finally(() => this.#works.delete(current));
    this.#works.add(current);
    standing.current = current;
  }

  /** Resolves when all work has ended, however it ended. */
  async settled(): Promise<void> {
    while (this.#works.size > 0) await Promise.all(this.#works);
  }

  /** Nothing is to come any more. */
  close(): void {
    this.#timer?.cancel();
  }
}
