import type { Clock, KubeClient, KubeInformerError } from '../../../index.ts';
import type { CachedKind, CachedObject, KindSnapshot } from '../../cache/index.ts';
import type { DeadLetter } from '../dead-letters.ts';
import type { Delivery, DeliveryStatus } from '../delivery.ts';
import { initialNotice, type Notice } from '../notice.ts';
import type { ServiceDetails } from '../service-notice.ts';
import { catchUp } from './catch-up.ts';
import { Checkpoints } from './checkpoints.ts';
import { Held, isCovered } from './held.ts';
import { replay } from './replay.ts';

/** What a subscription does with each of its sinks. */
export type Outlet = Pick<
  Delivery,
  'begin' | 'file' | 'skip' | 'tell' | 'pause' | 'resume' | 'deadLetters' | 'replay' | 'discard' | 'status' | 'close'
>;

/** Who decides when there is to be delivered. */
export interface Leading {
  /** @returns a function that takes it out; its delivery has to be closed before. */
  register(led: LedDelivery): () => void;
}

export interface LedDeliveryOptions {
  /** What the leader's record calls it. The same on all instances, and another once it says something else, or to somebody else. */
  readonly key: string;
  readonly mode: 'latest' | 'every';
  readonly bound: number;
  readonly kind: CachedKind;
  /** Whether an object is one of those that the subscription is about. */
  readonly matches: (object: CachedObject) => boolean;
  /** Whether the receiver is to be told of a notice. */
  readonly wants: (notice: Notice) => boolean;
  readonly make: () => Delivery;
  readonly leading: Leading;
  readonly client: Pick<KubeClient, 'resource'>;
  readonly clock: Clock;
  readonly onError: (error: KubeInformerError) => void;
}

/**
 * A delivery that is there only while this instance leads. What may not have been delivered is held all the time, so that a term can begin at any moment.
 */
export class LedDelivery implements Outlet {
  readonly key: string;
  readonly #options: LedDeliveryOptions;
  readonly #held: Held;
  readonly #unregister: () => void;
  #checkpoints = new Checkpoints();
  #delivery: Delivery | undefined;
  /** The term that goes on. */
  #term: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #paused = false;
  /** The version from which on every change is known; `undefined` before the state to begin with was there. */
  #knownSince: string | undefined;
  #snapshotVersion: string | undefined;
  /** What each namespace had been handed over at the last look. */
  #handedOver: string | undefined;

  constructor(options: LedDeliveryOptions) {
    this.key = options.key;
    this.#options = options;
    this.#held = new Held(options);
    this.#unregister = options.leading.register(this);
  }

  begin(snapshot: KindSnapshot, wants: (notice: Notice) => boolean): void {
    const at = this.#options.clock.now();
    for (const object of snapshot.objects) {
      const notice = initialNotice('ADDED', object, snapshot.seq, at);
      if (wants(notice)) this.#hold(notice, object.metadata.resourceVersion);
    }
    this.#knownSince = this.#newestPosition();
    this.#snapshotVersion = snapshot.resourceVersion;
  }

  file(notice: Notice): void {
    const { origin, reason, object } = notice;
    // Where the object does not have the version of the change, the cache has that, or a later one.
    const isOwn = origin === 'live' && reason === undefined;
    this.#hold(notice, isOwn ? object.metadata.resourceVersion : this.#options.kind.resourceVersion);
  }

  skip(notice: Notice): void {
    this.#delivery?.skip(notice);
  }

  tell(details: ServiceDetails): void {
    this.#delivery?.tell(details);
  }

  pause(): void {
    this.#paused = true;
    this.#delivery?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#delivery?.resume();
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#delivery?.deadLetters() ?? [];
  }

  replay(): number {
    return this.#delivery?.replay() ?? 0;
  }

  discard(): number {
    return this.#delivery?.discard() ?? 0;
  }

  status(): DeliveryStatus {
    const { objects, size } = this.#held;
    return (
      this.#delivery?.status() ?? {
        delivered: 0,
        failed: 0,
        dropped: 0,
        pendingObjects: objects,
        pendingNotices: size,
        oldestPendingMs: 0,
        lagMs: undefined,
        lost: 0,
        deadLetters: 0,
        health: this.#paused ? 'paused' : 'healthy',
        lastProblem: undefined,
      }
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#term;
    this.#unregister();
  }

  /** Whether it knows every change after a version. */
  knowsSince(version: string): boolean {
    return this.#since() !== undefined && isCovered(this.#since()!, version);
  }

  /**
   * Learns from the server what was deleted, or left the set, between a version and the beginning of the cache.
   *
   * @returns whether it now knows every change after `version`.
   * @throws KubeInformerError
   */
  async learn(version: string, signal: AbortSignal): Promise<boolean> {
    const since = this.#since();
    if (since === undefined || version === '') return false;
    if (this.knowsSince(version)) return true;
    const { kind, client, clock, matches, wants } = this.#options;
    const ends: Notice[] = [];
    const end = await replay(version, {
      kind,
      client,
      clock,
      signal,
      since,
      onEvent: (type, object) => {
        // What came after the beginning is known, and what is still of the set is in the cache.
        if (!isCovered(object.metadata.resourceVersion ?? '', since) || (type !== 'DELETED' && matches(object))) return;
        const notice = initialNotice('DELETED', object, 0, clock.now());
        ends.push({ ...notice, reason: type === 'DELETED' ? undefined : 'selector' });
      },
    });
    if (end !== 'complete') return false;
    for (const notice of ends) {
      if (wants(notice)) this.#held.fileEarlier(notice, notice.object.metadata.resourceVersion ?? '');
    }
    this.#knownSince = version;
    return true;
  }

  /** The leader has delivered everything up to a version. */
  delivered(version: string): void {
    this.#held.forget(version);
  }

  /**
   * Delivers what is held and what comes, until `signal` is aborted; nothing is sent any more when the promise resolves. First the cache catches up with what the last leader
   * can have known.
   *
   * @param hasGap changes may have been missed that nobody knows of: the receiver is told.
   */
  lead(signal: AbortSignal, hasGap: boolean): Promise<void> {
    this.#term = this.#lead(AbortSignal.any([signal, this.#closing.signal]), hasGap);
    return this.#term;
  }

  async #lead(signal: AbortSignal, hasGap: boolean): Promise<void> {
    const { kind, client, clock, make, onError } = this.#options;
    if (!(await catchUp({ kind, client, clock, signal, onError }))) return;
    const delivery = make();
    this.#checkpoints = new Checkpoints();
    this.#delivery = delivery;
    if (this.#paused) delivery.pause();
    if (hasGap || this.#held.isLost) delivery.tell({ type: 'GAP', reason: 'memory', lost: null });
    delivery.takeOver(this.#held.all(), this.#snapshotVersion);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.look();
    this.#delivery = undefined;
    await delivery.close();
  }

  /** While leading: finds out up to which version everything was delivered. */
  look(): void {
    if (!this.#delivery || this.#since() === undefined) return;
    const { clock } = this.#options;
    const { oldestPendingMs, pendingNotices } = this.#delivery.status();
    const now = clock.monotonic();
    this.#checkpoints.take(now, this.#filedUpTo(), pendingNotices === 0 ? undefined : now - oldestPendingMs);
    this.#held.forget(this.#checkpoints.upTo);
  }

  /** Up to which version everything was delivered in this term; `''` if that is not known. */
  get upTo(): string {
    return this.#checkpoints.upTo;
  }

  #hold(notice: Notice, version: string): void {
    this.#held.file(notice, version);
    this.#delivery?.file(notice);
  }

  /** Where nothing is told of the state to begin with, knowledge begins when the cache does. */
  #since(): string | undefined {
    const { kind } = this.#options;
    if (this.#knownSince === undefined && kind.synced && kind.seq === kind.log.seq)
      this.#knownSince = this.#newestPosition();
    return this.#knownSince;
  }

  /** Of several namespaces the one that began last counts. */
  #newestPosition(): string {
    const { kind } = this.#options;
    const positions = Array.from(kind.informer?.status().reflectors.values() ?? [], (each) => each.resourceVersion);
    return [kind.resourceVersion, ...positions].reduce((a, b) => (isCovered(a, b) ? b : a));
  }

  /** A version up to which everything was filed; `undefined` if events are on their way. */
  #filedUpTo(): string | undefined {
    const { kind } = this.#options;
    if (!kind.synced || kind.seq !== kind.log.seq) return undefined;
    if (kind.scope.namespaces === '*' || kind.scope.namespaces.length === 1) return kind.resourceVersion;
    // Each namespace has a position of its own. What was handed over at the last look has long passed through the queue of the cache.
    const before = this.#handedOver;
    const positions = Array.from(kind.informer?.status().reflectors.values() ?? [], (each) => each.resourceVersion);
    this.#handedOver = positions.reduce((a, b) => (isCovered(a, b) ? a : b));
    return before === '' ? undefined : before;
  }
}
