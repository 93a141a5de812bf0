import { asKubeInformerError, type Clock, type Random, sleep, systemClock } from '../runtime/index.ts';
import { ElectionReports } from './election-reports.ts';
import {
  type ElectionPhase,
  type ElectionTimes,
  electionTimes,
  type LeaderElectionOptions,
  type LeaderWork,
  uniqueIdentity,
} from './leader-election.ts';
import { LeadershipTerm, type StandingWork } from './leadership-term.ts';
import { LeaseLock } from './lease-lock.ts';
import { isSameTerm, type Lease, type LeaseRecord, laterThan, microTime, readLease } from './lease-record.ts';
import { aborted, linkSignals } from './linked-signal.ts';
import { ObservedLease } from './observed-lease.ts';
import { alreadyStarted } from './outcome.ts';

interface Claim {
  readonly claimedAt: number;
  readonly lease: Lease;
  readonly record: LeaseRecord;
}

/** So many times a write is tried anew, in one go, when something else of the lease has changed meanwhile. */
const maxConflicts = 4;

/**
 * A candidate for leadership over a Lease, as Kubernetes' own controllers elect theirs.
 *
 * ```
 *            lease free, or unchanged                stop            work has ended:
 *            for as long as it binds                                 lease given back
 * standby ──────────────────────────► leading ─────────────► resigning ─────────► stopped
 *    ▲                                   │
 *    │                                   │ not renewed in time, taken, deleted
 *    │ work has ended                    ▼
 *    └─────────────────────────────── deposed
 * ```
 *
 * A lease that is lost while resigning is not given back; a stop while deposed ends it when its work has ended. A request that fails
 * changes no state: it is reported and tried again, until the deadline of the term, if there is one.
 *
 * What it rests on:
 *
 * - No clock is compared with another one's. A follower counts `leaseDuration` on its own monotonic clock from when it *saw* the lease
 *   change; a leader counts `renewDeadline` on its own from when it *began* the last write that succeeded. The first moment is never
 *   before the second, so the leader's time is over first, as long as no clock runs faster than another by the quotient of the two numbers, 1.5.
 * - Each write names the version that it replaces, so of two candidates that see a free lease one wins.
 * - A term is known by holder, time and number. A lease that bears our name and is of another term is somebody else's.
 * - The next term begins only when all work of the last one has ended. A process never leads twice at once.
 *
 * What it can't promise: a process that is stopped and goes on later (a paused container, a machine that slept) may finish a step that
 * it had begun, before its timers run. `isLeader` is right even then; ask it last before what must not happen twice.
 *
 * @example
 * const elector = new LeaderElector({ client, namespace: 'shop', name: 'widget-operator' });
 * await elector.run(signal); // and `leaderElection: elector` in the options of controllers
 */
export class LeaderElector {
  readonly identity: string;
  readonly #times: ElectionTimes;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lock: LeaseLock;
  readonly #reports: ElectionReports;
  readonly #works = new Set<StandingWork>();
  readonly #observed: ObservedLease;
  /** What we wrote last to take the lease, whether the server has it or not. */
  #claim: LeaseRecord | undefined;
  #term: LeadershipTerm | undefined;
  #phase: ElectionPhase = 'idle';

  /** @throws KubeInformerError `InvalidOption` */
  constructor(options: LeaderElectionOptions) {
    const { client, namespace, name, identity = uniqueIdentity(), clock = systemClock, random = Math.random } = options;
    this.#times = electionTimes(options);
    this.#clock = clock;
    this.#random = random;
    this.#observed = new ObservedLease(clock, this.#times.leaseSeconds);
    this.identity = identity;
    // Two requests that hang must leave time for a third one.
    const requestTimeout = this.#times.renewDeadline / 3;
    this.#lock = new LeaseLock({ client, namespace, name, clock, requestTimeout });
    this.#reports = new ElectionReports(options);
    if (options.onStartedLeading) {
      this.#works.add({ work: options.onStartedLeading, signal: new AbortController().signal });
    }
  }

  get phase(): ElectionPhase {
    return this.#phase;
  }

  /** Whether this candidate leads at this very moment. */
  get isLeader(): boolean {
    return this.#term?.isLeading ?? false;
  }

  /** Who led when the lease was last seen; `undefined` if nobody did, or it was not seen yet. */
  get leader(): string | undefined {
    return this.#observed.record?.holder || undefined;
  }

  /** How often the lease was taken, as far as is known: the number of the present term. */
  get transitions(): number {
    return this.#observed.record?.transitions ?? 0;
  }

  /**
   * For liveness probes: whether it does not work for longer than it may. `false` when work of a lost or expired term still goes on
   * `tolerance` milliseconds after the lease has run out: somebody else leads then, and only the end of the process helps.
   */
  isHealthy(tolerance = 20_000): boolean {
    const term = this.#term;
    if (!term?.isWorking) return true;
    return this.#clock.monotonic() <= term.renewedAt + this.#times.leaseDuration + tolerance;
  }

  /**
   * Does `work` whenever this candidate leads, from now on if it does, until `signal` is aborted. Several may stand side by side.
   *
   * @returns when `signal` is aborted and the run that was under way has ended.
   */
  async whileLeading(work: LeaderWork, signal: AbortSignal): Promise<void> {
    const standing: StandingWork = { work, signal };
    this.#works.add(standing);
    this.#start(standing);
    await aborted(signal);
    this.#works.delete(standing);
    await standing.current;
  }

  #start(standing: StandingWork): void {
    this.#term?.start(standing, (thrown) =>
      asKubeInformerError(
        thrown,
        'HandlerFailed',
        `work of the leader of ${this.#lock.description} failed`,
        'Mend it.',
      ),
    );
  }

  /**
   * Stands for election until `signal` is aborted: leads whenever it can, and is a candidate again when it was deposed.
   *
   * @returns when all work has ended and the lease was given back.
   * @throws KubeInformerError `AlreadyStarted`; what its work threw, when the lease was given back for that.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#phase !== 'idle') throw alreadyStarted(`the election over ${this.#lock.description}`);
    try {
      while (!signal.aborted) {
        this.#phase = 'standby';
        const claim = await this.#campaign(signal);
        if (claim) await this.#lead(claim, signal);
      }
    } finally {
      this.#phase = 'stopped';
    }
  }

  /** Resolves with a claim that the server has accepted, or with nothing when `signal` is aborted. */
  async #campaign(signal: AbortSignal): Promise<Claim | undefined> {
    const { retryPeriod, jitter } = this.#times;
    while (!signal.aborted) {
      const before = this.#claim;
      try {
        const claim = await this.#tryAcquire(signal);
        if (claim) return claim;
      } catch (thrown) {
        if (!signal.aborted) this.#reports.error(thrown);
        // The answer will not be heard; others need not wait for us if it is yes.
        else if (this.#claim && this.#claim !== before) await this.#giveBack(this.#claim, undefined);
      }
      await sleep(this.#clock, retryPeriod * (1 + this.#random() * jitter), signal);
    }
    return undefined;
  }

  async #tryAcquire(signal: AbortSignal): Promise<Claim | undefined> {
    const lease = await this.#lock.read(signal);
    // A lease that was deleted still binds us for as long as we know it to: its holder may not have noticed.
    const seen = lease ? this.#see(lease) : this.#observed.record;
    if (this.#observed.isBinding(this.#claim)) return undefined;
    const microseconds = this.#clock.now() * 1_000;
    const record: LeaseRecord = {
      holder: this.identity,
      leaseDurationSeconds: this.#times.leaseSeconds,
      // A part of it by chance: it is the name of the term, and others may bear our name.
      acquireTime: microTime(microseconds + Math.floor(this.#random() * 1_000)),
      renewTime: microTime(microseconds),
      transitions: seen ? seen.transitions + 1 : 0,
    };
    this.#claim = record;
    const claimedAt = this.#clock.monotonic();
    const written = await this.#lock.write(record, lease, signal);
    if (!written) return undefined;
    this.#see(written);
    // An answer that took too long is worth nothing; the next attempt finds the lease to be ours.
    if (this.#clock.monotonic() >= claimedAt + this.#times.renewDeadline) return undefined;
    return { claimedAt, lease: written, record };
  }

  #see(lease: Lease): LeaseRecord {
    const record = this.#observed.see(lease);
    this.#reports.leader(record.holder);
    return record;
  }

  /** Resolves when the term is over, its work has ended, and the lease was given back or lost. */
  async #lead(claim: Claim, stop: AbortSignal): Promise<void> {
    const { renewDeadline } = this.#times;
    const onOver = (ended: LeadershipTerm) => {
      this.#phase = ended.lossError ? 'deposed' : 'resigning';
      this.#reports.stopped(ended.lossError);
    };
    const term = new LeadershipTerm({ ...claim, clock: this.#clock, renewDeadline, onOver });
    this.#term = term;
    this.#phase = 'leading';
    this.#reports.started();
    const onStop = () => term.resign(stop.reason);
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) onStop();
    const finished = new AbortController();
    const renewing = this.#keep(term, finished.signal);
    for (const standing of this.#works) this.#start(standing);
    await aborted(term.signal);
    await term.settled();
    finished.abort();
    await renewing;
    if (!term.lossError) await this.#giveBack(term.record, term);
    term.close();
    stop.removeEventListener('abort', onStop);
    this.#term = undefined;
    if (term.failure) throw term.failure;
  }

  /** Renews the lease again and again, until it is lost or `finished` is aborted. */
  async #keep(term: LeadershipTerm, finished: AbortSignal): Promise<void> {
    const link = linkSignals(finished, term.lost);
    const { signal } = link;
    while (await sleep(this.#clock, this.#times.retryPeriod, signal)) {
      const claimedAt = this.#clock.monotonic();
      try {
        if (await this.#renew(term, signal)) term.extend(claimedAt);
      } catch (thrown) {
        if (!signal.aborted) this.#reports.error(thrown);
      }
    }
    link.unlink();
  }

  /** @returns whether it succeeded. If it is another's, or nobody's, the term is lost. */
  async #renew(term: LeadershipTerm, signal: AbortSignal): Promise<boolean> {
    for (let conflicts = 0; conflicts < maxConflicts; conflicts++) {
      const record = { ...term.record, renewTime: laterThan(term.record.renewTime, this.#clock) };
      const written = await this.#lock.write(record, term.lease, signal);
      if (written) {
        term.renewed(written, record);
        this.#see(written);
        return true;
      }
      this.#reports.slowPath();
      const lease = await this.#lock.read(signal);
      const found = lease && this.#see(lease);
      if (!lease || !found || !isSameTerm(found, term.record)) {
        const why = !found ? 'it was deleted' : `it is held by ${found.holder === '' ? 'nobody' : found.holder}`;
        term.lose(why, 'Somebody took or removed it; this candidate stands again.');
        return false;
      }
      term.renewed(lease, found);
    }
    return false;
  }

  /** Says on the lease that nobody leads, if it is still of the term of `record`. Failing that, others have to wait until it runs out. */
  async #giveBack(record: LeaseRecord, term: LeadershipTerm | undefined): Promise<void> {
    const signal = term?.lost ?? new AbortController().signal;
    let known = term?.lease;
    try {
      for (let conflicts = 0; conflicts < maxConflicts; conflicts++) {
        known ??= await this.#lock.read(signal);
        if (!known || !isSameTerm(readLease(known, 1), record)) return;
        const now = laterThan(record.renewTime, this.#clock);
        const nobody = { ...record, holder: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
        const written = await this.#lock.write(nobody, known, signal);
        if (written) return void this.#see(written);
        known = undefined;
      }
    } catch (thrown) {
      this.#reports.error(thrown);
    }
  }
}
