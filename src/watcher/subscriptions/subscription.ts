import {
  type ApiResource,
  asKubeInformerError,
  type Clock,
  gvrText,
  KubeInformerError,
  type Random,
} from '../../index.ts';
import type { CachedObject, Catalogue, Following, KindLease, Kinds } from '../cache/index.ts';
import type { SubscriptionSpec } from '../config/index.ts';
import type { DeadLetter } from './dead-letters.ts';
import { Delivery, type DeliveryStatus } from './delivery.ts';
import { fieldsAt } from './fields.ts';
import { followSet, matcherOf } from './follow-set.ts';
import { formatterOf } from './format.ts';
import { type Election, keyOfSink, LedDelivery, type Outlet } from './leading/index.ts';
import { type Memory, type MemoryStore, memoryNames } from './memory/index.ts';
import { isChange, type Notice } from './notice.ts';
import { Pulse } from './pulse.ts';
import { formatServiceNotice } from './service-notice.ts';
import type { Sinks } from './sinks/index.ts';

export interface SubscriptionParts {
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  /** The name of the cluster, for ids of events. */
  readonly cluster: string;
  readonly sinks: Sinks;
  /** Where what receivers know is kept; `undefined`: nowhere. */
  readonly memories: MemoryStore | undefined;
  /** Which of several instances delivers; `undefined`: each does. */
  readonly election: Election | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** @param source which subscription. */
  readonly onError: (error: KubeInformerError, source: string) => void;
}

/** How a subscription is. */
export interface SubscriptionStatus {
  readonly name: string;
  /** The cached kind that it follows; `undefined` while the cluster does not serve it. */
  readonly kind: string | undefined;
  /** Why it follows none, if that is known. */
  readonly lastError: KubeInformerError | undefined;
  /** In the order of the configuration. */
  readonly sinks: readonly DeliveryStatus[];
}

/**
 * Tells receivers of a set of objects: holds a kind (one that is cached already, if it has all of the namespaces, or a dedicated one), follows the set, and files each notice once for each sink.
 * A kind that is not served yet is looked for whenever discovery changes.
 */
export class Subscription {
  readonly #spec: SubscriptionSpec;
  readonly #parts: SubscriptionParts;
  readonly #matches: ReturnType<typeof matcherOf>;
  readonly #wants: (notice: Notice) => boolean;
  #stopListening = () => {};
  #deliveries: readonly Outlet[] = [];
  #lease: KindLease | undefined;
  #following: Following | undefined;
  #pulse: Pulse | undefined;
  #beginning: Promise<void> | undefined;
  #error: KubeInformerError | undefined;
  #paused = false;
  #closed = false;

  /** @throws KubeInformerError `InvalidOption` if nothing may be sent to an address. */
  constructor(spec: SubscriptionSpec, parts: SubscriptionParts) {
    this.#spec = spec;
    this.#parts = parts;
    for (const sink of spec.sinks) parts.sinks.check(sink);
    const { names, dedicated } = spec.match;
    // What the API server selects, it selects by the same rules; also its last word on an object that left.
    this.#matches = matcherOf(dedicated ? { names } : spec.match);
    this.#wants = wantsOf(spec.match);
  }

  /** Looks for the kind; that it is not served yet is no error. */
  async start(): Promise<void> {
    if (this.#closed) return;
    const { catalogue } = this.#parts;
    const { target } = this.#spec.match;
    this.#stopListening = catalogue.onChange(() => {
      const found = catalogue.find(target);
      if (found) this.#begin(found);
    });
    try {
      this.#begin(await catalogue.resolve(target));
      await this.#beginning;
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  status(): SubscriptionStatus {
    return {
      name: this.#spec.name,
      kind: this.#lease?.kind.key,
      lastError: this.#error,
      sinks: this.#deliveries.map((delivery) => delivery.status()),
    };
  }

  /** Nothing is sent until `resume`; what is to be told waits. */
  pause(): void {
    this.#paused = true;
    for (const delivery of this.#deliveries) delivery.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const delivery of this.#deliveries) delivery.resume();
  }

  /** Of all sinks. */
  deadLetters(): (DeadLetter & { readonly sink: number })[] {
    return this.#deliveries.flatMap((delivery, sink) => delivery.deadLetters().map((letter) => ({ ...letter, sink })));
  }

  /** @returns how many dead letters are tried again. */
  replay(): number {
    return this.#deliveries.reduce((count, delivery) => count + delivery.replay(), 0);
  }

  /** @returns how many dead letters were forgotten. */
  discard(): number {
    return this.#deliveries.reduce((count, delivery) => count + delivery.discard(), 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    await this.#beginning;
    this.#following?.stop();
    this.#pulse?.stop();
    await Promise.all(this.#deliveries.map((delivery) => delivery.close()));
    this.#lease?.release();
  }

  #begin(resource: ApiResource): void {
    if (this.#lease || this.#closed) return;
    try {
      this.#lease = this.#hold(resource);
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#error = undefined;
    this.#beginning = this.#run(resource, this.#lease).catch((thrown) => {
      // Tried again when discovery comes round.
      this.#lease?.release();
      this.#lease = undefined;
      this.#fail(thrown);
    });
  }

  /** Follows the set; at once, unless something is to be read before. */
  async #run(resource: ApiResource, { kind }: KindLease): Promise<void> {
    const { sinks, initial } = this.#spec;
    const memories = initial === 'changes-since-last-run' ? await this.#remember(resource) : [];
    this.#deliveries = sinks.map((sink, at) => this.#outlet(resource, sink, at, memories[at]));
    if (this.#closed) return;
    if (this.#paused) this.pause();
    const wants = this.#wants;
    const { clock } = this.#parts;
    this.#following = followSet(kind, {
      matches: this.#matches,
      onSnapshot:
        initial === 'none'
          ? undefined
          : (snapshot) => {
              for (const delivery of this.#deliveries) delivery.begin(snapshot, wants);
            },
      onNotice: (notice) => {
        const isWanted = wants(notice);
        for (const delivery of this.#deliveries) isWanted ? delivery.file(notice) : delivery.skip(notice);
      },
      onError: (thrown) => this.#fail(thrown),
    });
    this.#pulse = new Pulse({
      kind,
      interval: this.#spec.delivery.heartbeatSeconds * 1_000,
      clock,
      tell: (details) => {
        for (const delivery of this.#deliveries) delivery.tell(details);
      },
    });
  }

  /** @returns the memory of each sink. @throws KubeInformerError `PersistFailed` */
  async #remember(resource: ApiResource): Promise<Memory[]> {
    const { memories } = this.#parts;
    if (!memories) throw new Error('there is no memory without persist, which the configuration is checked for');
    const { name, sinks } = this.#spec;
    const opened = await Promise.allSettled(
      memoryNames(name, resource, sinks).map((each) => memories.open(each, (error) => this.#report(error))),
    );
    const failed = opened.find((one) => one.status === 'rejected');
    const there = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    if (!failed) return there;
    await Promise.all(there.map((memory) => memory.close()));
    throw failed.reason;
  }

  #hold(resource: ApiResource): KindLease {
    const { kinds } = this.#parts;
    const { namespaces, labelSelector, fieldSelector, dedicated, session } = this.#spec.match;
    const holder = `subscription ${this.#spec.name}`;
    if (dedicated) return kinds.acquire(resource, { namespaces, labelSelector, fieldSelector, session }, { holder });
    const one = namespaces !== '*' && namespaces.length === 1 ? namespaces[0] : undefined;
    const known = kinds.covering(resource, one);
    return known ? kinds.hold(known, holder) : kinds.acquire(resource, { namespaces }, { holder });
  }

  #outlet(
    resource: ApiResource,
    sink: SubscriptionSpec['sinks'][number],
    at: number,
    memory: Memory | undefined,
  ): Outlet {
    const { election, clock } = this.#parts;
    const make = () => this.#deliver(resource, sink, memory);
    if (!election) return make();
    const { mode, bound } = this.#spec.delivery;
    return new LedDelivery({
      key: keyOfSink(this.#spec, at),
      mode,
      bound,
      kind: this.#lease!.kind,
      matches: (object) => this.#isOne(object),
      wants: this.#wants,
      make,
      leading: election,
      client: election.client,
      clock,
      onError: (error) => this.#report(error),
    });
  }

  #deliver(resource: ApiResource, sink: SubscriptionSpec['sinks'][number], memory: Memory | undefined): Delivery {
    const { clock, random, sinks, cluster } = this.#parts;
    const { timeoutMs, heartbeatSeconds: _, ...options } = this.#spec.delivery;
    const { name: subscription, format } = this.#spec;
    const write = formatterOf({ resource, cluster, options: this.#spec });
    return new Delivery({
      ...options,
      sink: sinks.open(sink, timeoutMs),
      format: (notice) =>
        isChange(notice) ? write(notice) : formatServiceNotice(notice, { resource, cluster, subscription, format }),
      memory,
      clock,
      random,
      onProblem: (problem) => {
        const hint = `It is about ${gvrText(resource)}; the receiver knows why.`;
        this.#report(new KubeInformerError('DeliveryFailed', `subscription ${this.#spec.name}: ${problem}`, { hint }));
      },
    });
  }

  /** What can't be compared is none of the set; that was reported when it came. */
  #isOne(object: CachedObject): boolean {
    try {
      return this.#matches(object);
    } catch {
      return false;
    }
  }

  #fail(thrown: unknown): void {
    this.#error = asKubeInformerError(thrown, 'Internal', `subscription ${this.#spec.name}`, 'Please report this.');
    this.#report(this.#error);
  }

  #report(error: KubeInformerError): void {
    if (this.#closed) return;
    this.#parts.onError(error, `subscription ${this.#spec.name}`);
  }
}

/** Whether a receiver is to be told of a notice of its set. */
function wantsOf({ eventTypes, when }: SubscriptionSpec['match']): (notice: Notice) => boolean {
  const types = new Set<string>(eventTypes);
  const watched = when && fieldsAt(when.changed);
  return ({ type, object, oldObject }) => {
    if (!types.has(type)) return false;
    return type !== 'MODIFIED' || !watched || !oldObject || watched.differ(oldObject, object);
  };
}
