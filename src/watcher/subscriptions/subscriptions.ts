import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { SubscriptionSpec, WatcherConfig } from '../config/index.ts';
import type { DeadLetter } from './dead-letters.ts';
import { fileStore } from './memory/index.ts';
import { type Outcome, type SinkCallback, Sinks } from './sinks/index.ts';
import { Subscription, type SubscriptionParts, type SubscriptionStatus } from './subscription.ts';
import { testMessage } from './test-message.ts';

export interface SubscriptionsOptions extends Omit<SubscriptionParts, 'sinks' | 'memories' | 'cluster'> {
  readonly config: Pick<WatcherConfig, 'subscriptions' | 'egress' | 'cluster' | 'persist'>;
  /** Receivers in this process, by name. */
  readonly callbacks: Readonly<Record<string, SinkCallback>>;
}

/** A subscription, and what is known of it beside how it goes. */
export interface NamedSubscription {
  readonly spec: SubscriptionSpec;
  readonly origin: 'config' | 'api';
  readonly uid: string;
  /** Wall-clock milliseconds. */
  readonly createdAt: number;
  /** Grows with each change of `spec`. */
  readonly generation: number;
  readonly paused: boolean;
  status(): SubscriptionStatus;
}

interface Entry extends NamedSubscription {
  readonly run: Subscription;
}

/** A dead letter, and which of the sinks it is one of. */
export interface DeadLetterOfSink extends DeadLetter {
  /** In the order of the spec. */
  readonly sink: number;
}

/**
 * All subscriptions by name: those of the configuration, and those made at run time, which are gone with the process.
 *
 * Methods that take a name throw a `RangeError` if there is none of that name.
 */
export class Subscriptions {
  readonly #entries = new Map<string, Entry>();
  readonly #parts: SubscriptionParts;
  readonly #stopping = new AbortController();
  /** Runs that were taken out and are not at their end yet, by name: the last of each, which waits for those before. */
  readonly #leaving = new Map<string, Promise<void>>();

  /** @throws KubeInformerError `InvalidOption`, `MissingPackage` if a sink of one can't be. */
  constructor({ config, callbacks, ...parts }: SubscriptionsOptions) {
    const sinks = new Sinks({
      allow: new Set(config.egress.allow),
      files: config.egress.files,
      callbacks,
      clock: parts.clock,
    });
    const memories = config.persist ? fileStore({ ...config.persist, clock: parts.clock }) : undefined;
    this.#parts = { ...parts, sinks, memories, cluster: config.cluster.id };
    for (const spec of config.subscriptions) this.#put(spec, { origin: 'config' });
  }

  /** To be called when the watches of the configuration are there, so that they are used. */
  async start(): Promise<void> {
    // One that was made meanwhile has been started by whoever made it.
    const configured = this.list().filter(({ origin }) => origin === 'config');
    await Promise.all(configured.map(({ spec }) => this.#entry(spec.name).run.start()));
  }

  status(): SubscriptionStatus[] {
    return Array.from(this.#entries.values(), ({ run }) => run.status());
  }

  list(): NamedSubscription[] {
    return [...this.#entries.values()];
  }

  get(name: string): NamedSubscription | undefined {
    return this.#entries.get(name);
  }

  /** Says whether a subscription can be, before anything is done about it. @throws KubeInformerError `InvalidOption`, `MissingPackage` */
  check(spec: SubscriptionSpec): void {
    for (const sink of spec.sinks) this.#parts.sinks.check(sink);
  }

  /**
   * Adds one and begins it; that its kind is not served yet is no error.
   *
   * @throws KubeInformerError `InvalidOption`; RangeError if the name is taken
   */
  async add(spec: SubscriptionSpec, origin: NamedSubscription['origin'] = 'api'): Promise<NamedSubscription> {
    if (this.#entries.has(spec.name)) throw new RangeError(`there is a subscription ${spec.name} already`);
    const entry = this.#put(spec, { origin });
    await this.#leaving.get(spec.name);
    await entry.run.start();
    return entry;
  }

  /**
   * Puts another spec in the place of one. The old run ends, with what waited in it, and the new one begins as its `initial` says. The same spec changes nothing.
   *
   * @throws KubeInformerError `InvalidOption`
   */
  async replace(spec: SubscriptionSpec): Promise<NamedSubscription> {
    const old = this.#entry(spec.name);
    if (isDeepStrictEqual(old.spec, spec)) return old;
    const { origin, uid, createdAt, paused, generation } = old;
    const entry = this.#put(spec, { origin, uid, createdAt, paused, generation: generation + 1 });
    await this.#end(old);
    await entry.run.start();
    return entry;
  }

  /** Takes one out, with all that waits in it. */
  async remove(name: string): Promise<NamedSubscription> {
    const entry = this.#entry(name);
    this.#entries.delete(name);
    await this.#end(entry);
    return entry;
  }

  /** Nothing is sent until `resume`; what is to be told is kept as for a receiver that is away. */
  pause(name: string): void {
    const entry = this.#entry(name);
    this.#entries.set(name, { ...entry, paused: true });
    entry.run.pause();
  }

  /** Also for one that paused by itself because its receiver wanted no more. */
  resume(name: string): void {
    const entry = this.#entry(name);
    this.#entries.set(name, { ...entry, paused: false });
    entry.run.resume();
  }

  /** Sends a test event to each sink, beside everything that waits. @returns what came of it, in the order of the sinks. */
  async test(name: string): Promise<Outcome[]> {
    const { spec, uid, generation } = this.#entry(name);
    const { sinks, cluster, clock } = this.#parts;
    const message = testMessage({ name, uid, generation, format: spec.format }, { cluster, now: clock.now() });
    return Promise.all(
      spec.sinks.map(async (each) => {
        const sink = sinks.open(each, spec.delivery.timeoutMs);
        try {
          return await sink.deliver(message, this.#stopping.signal);
        } finally {
          await sink.close();
        }
      }),
    );
  }

  /** Oldest first, sink by sink. */
  deadLetters(name: string): DeadLetterOfSink[] {
    return this.#entry(name).run.deadLetters();
  }

  /** Delivers dead letters again. @returns how many are tried. */
  replay(name: string): number {
    return this.#entry(name).run.replay();
  }

  /** Forgets dead letters. @returns how many there were. */
  discard(name: string): number {
    return this.#entry(name).run.discard();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...Array.from(this.#entries.values(), ({ run }) => run.close()), ...this.#leaving.values()]);
    this.#parts.sinks.close();
  }

  #put(spec: SubscriptionSpec, known: Pick<NamedSubscription, 'origin'> & Partial<NamedSubscription>): Entry {
    const run = new Subscription(spec, this.#parts);
    if (known.paused) run.pause();
    const entry: Entry = {
      uid: randomUUID(),
      createdAt: this.#parts.clock.now(),
      generation: 1,
      paused: false,
      ...known,
      spec,
      run,
      status: () => run.status(),
    };
    this.#entries.set(spec.name, entry);
    return entry;
  }

  /** Resolves when nothing is left of a run, nor of those before it: one at a time has the memory of a name, and tells its receivers. */
  #end({ spec: { name }, run }: Entry): Promise<void> {
    const end: Promise<void> = Promise.all([this.#leaving.get(name), run.close()])
      .then(() => undefined)
      .finally(() => this.#leaving.get(name) === end && this.#leaving.delete(name));
    this.#leaving.set(name, end);
    return end;
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new RangeError(`there is no subscription ${name}`);
    return entry;
  }
}
