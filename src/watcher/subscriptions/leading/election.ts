import {
  asKubeInformerError,
  type Clock,
  type KubeClient,
  type KubeInformerError,
  LeaderElector,
  type Random,
  sleep,
} from '../../../index.ts';
import { deliveredLeaseName, type LeaderElectionConfig } from '../../config/index.ts';
import { type Delivered, DeliveredLease } from './delivered-lease.ts';
import type { Leading, LedDelivery } from './led-delivery.ts';

export interface ElectionOptions {
  readonly client: KubeClient;
  readonly config: LeaderElectionConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: (error: KubeInformerError) => void;
}

/** A candidate that knows too little waits for so many lease durations without a sign of a leader. Somebody who knows more would have led by then. */
const patience = 2;

/**
 * Which of several instances delivers.
 *
 * ```text
 *             knows all that may be undelivered,           holds the Lease
 *             or nobody has led for a while
 *  learning ───────────────────────────────────► candidate ────────────────► leading
 *      reads what was delivered, and forgets it      ▲  the same                │ says what was delivered
 *                                                    └──────────────────────────┘ the Lease is lost
 * ```
 *
 * Invariants:
 * - Nothing is sent but within a term, and a term ends only when nothing is being sent.
 * - The record is true whoever wrote it: everything up to its versions was delivered, or has become a dead letter.
 * - An instance whose cache began after a version does not know what was deleted before. It asks the server, which remembers some minutes of it; and stands
 *   for election only when it knows, or when everything up to its beginning was delivered.
 */
export class Election implements Leading {
  readonly #options: ElectionOptions;
  readonly #led = new Set<LedDelivery>();
  readonly #stopping = new AbortController();
  readonly #elector: LeaderElector;
  readonly #record: DeliveredLease;
  #running: Promise<void> | undefined;
  /** Aborted when the term is over; there only while leading. */
  #term: AbortSignal | undefined;
  /** What is being delivered in the term. */
  readonly #delivering = new Set<Promise<void>>();
  #last: Delivered = new Map();

  constructor(options: ElectionOptions) {
    this.#options = options;
    const { client, config, clock, random, onError } = options;
    const { namespace, name, identity, leaseSeconds, renewSeconds, retrySeconds } = config;
    this.#elector = new LeaderElector({
      client,
      namespace,
      name,
      ...(identity !== undefined && { identity }),
      leaseDuration: leaseSeconds * 1_000,
      renewDeadline: renewSeconds * 1_000,
      retryPeriod: retrySeconds * 1_000,
      onStartedLeading: (signal) => this.#lead(signal),
      onError,
      clock,
      random,
    });
    this.#record = new DeliveredLease({
      client,
      namespace,
      name: deliveredLeaseName(config),
      identity: this.#elector.identity,
      requestTimeout: (renewSeconds * 1_000) / 3,
      clock,
    });
  }

  get client(): KubeClient {
    return this.#options.client;
  }

  get isLeader(): boolean {
    return this.#elector.isLeader;
  }

  register(led: LedDelivery): () => void {
    this.#led.add(led);
    // Subscriptions come and go while it leads.
    if (this.#term) this.#begin(led, this.#term, false);
    return () => void this.#led.delete(led);
  }

  /** To be called when the subscriptions of the configuration are there. */
  start(): void {
    this.#running ??= this.#run().catch((thrown) => {
      this.#options.onError(asKubeInformerError(thrown, 'Internal', 'the leader election', 'Please report this.'));
    });
  }

  /** Ends it; a leader gives the Lease back when nothing is being sent any more. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#learn(signal);
    if (signal.aborted) return;
    await Promise.all([this.#elector.run(signal), this.#followRecord(signal)]);
  }

  /** Resolves when this instance may lead. */
  async #learn(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.#options;
    let sign = '';
    let signAt = clock.monotonic();
    for (;;) {
      const read = await this.#read(signal);
      if (read !== 'unread') {
        if (read === undefined || (await this.#learnSince(read, signal))) return;
        const seen = JSON.stringify([...read]);
        const alive = await this.#leaderSign(signal);
        if (seen + alive !== sign) signAt = clock.monotonic();
        sign = seen + alive;
        if (clock.monotonic() - signAt >= patience * config.leaseSeconds * 1_000) return;
      } else signAt = clock.monotonic();
      if (!(await sleep(clock, config.retrySeconds * 1_000, signal))) return;
    }
  }

  /** Changes whenever the leader renews its Lease. */
  async #leaderSign(signal: AbortSignal): Promise<string> {
    const { client, config } = this.#options;
    const { namespace, name } = config;
    try {
      const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
      const lease = await client.json<{ metadata?: { resourceVersion?: string } }>({ path, signal });
      return lease.metadata?.resourceVersion ?? '';
    } catch {
      // Without it nobody leads; without contact nothing could be done about it: the next look tells.
      return '';
    }
  }

  /** While another leads: forgets what it delivered. */
  async #followRecord(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.#options;
    while (await sleep(clock, config.retrySeconds * 1_000, signal)) {
      if (!this.#term) await this.#read(signal);
    }
  }

  async #read(signal: AbortSignal): Promise<Delivered | undefined | 'unread'> {
    try {
      const delivered = await this.#record.read(signal);
      for (const led of this.#led) {
        const version = delivered?.get(led.key);
        if (version) led.delivered(version);
      }
      if (delivered) this.#last = delivered;
      return delivered;
    } catch (thrown) {
      if (!signal.aborted) this.#report(thrown);
      return 'unread';
    }
  }

  /** Whether every sink knows, or learns now, every change that may be undelivered. One that the record does not name was never delivered to. */
  async #learnSince(delivered: Delivered, signal: AbortSignal): Promise<boolean> {
    const learnt = await Promise.all(
      Array.from(this.#led, async (led) => {
        const version = delivered.get(led.key);
        if (version === undefined) return true;
        try {
          return await led.learn(version, signal);
        } catch (thrown) {
          if (!signal.aborted) this.#report(thrown);
          return false;
        }
      }),
    );
    return learnt.every((each) => each);
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.#options;
    const retry = config.retrySeconds * 1_000;
    // Before anything is sent it must stand somewhere that somebody leads, and what was delivered so far must be known.
    for (;;) {
      const read = await this.#read(signal);
      if (read !== 'unread' && (await this.#write(signal, read ?? new Map()))) break;
      if (!(await sleep(clock, retry, signal))) return;
    }
    // One that stands because nobody knew more may know enough by now.
    await this.#learnSince(this.#last, signal);
    if (signal.aborted) return;
    this.#term = signal;
    for (const led of this.#led) {
      const version = this.#last.get(led.key);
      this.#begin(led, signal, version !== undefined && !led.knowsSince(version));
    }
    while (await sleep(clock, retry, signal)) {
      for (const led of this.#led) led.look();
      if (!(await this.#write(signal, this.#delivered()))) await this.#read(signal);
    }
    this.#term = undefined;
    await Promise.all(this.#delivering);
    // Who leads next need not tell it again. Should somebody lead already, this is refused.
    await this.#write(new AbortController().signal, this.#delivered());
  }

  #begin(led: LedDelivery, term: AbortSignal, hasGap: boolean): void {
    const end = led.lead(term, hasGap).finally(() => this.#delivering.delete(end));
    this.#delivering.add(end);
  }

  /** What stood there, and what came of it since. */
  #delivered(): Delivered {
    return new Map(
      Array.from(this.#led, ({ key, upTo }) => [key, upTo === '' ? (this.#last.get(key) ?? '') : upTo] as const),
    );
  }

  async #write(signal: AbortSignal, delivered: Delivered): Promise<boolean> {
    try {
      await this.#record.write(delivered, signal);
      this.#last = delivered;
      return true;
    } catch (thrown) {
      if (!signal.aborted) this.#report(thrown);
      return false;
    }
  }

  #report(thrown: unknown): void {
    this.#options.onError(asKubeInformerError(thrown, 'LeaseFailed', 'what was delivered', 'It is tried again.'));
  }
}
