import type { InformerEvent } from '../informer/index.ts';
import type { KubeObject } from '../kubernetes/index.ts';
import { asKubeInformerError, type Clock, KubeInformerError } from '../runtime/index.ts';
import { Conditions, type WatchCondition } from './conditions.ts';
import { type HandlerLimits, judgeHandlers } from './handler-health.ts';
import type { WatchOwner, WatchPin } from './key.ts';
import type { Placed, Placement } from './placement.ts';
import {
  type AnyRequest,
  isTarget,
  objectKeyOf,
  type SourceSpec,
  type WatchHandlers,
  type WatchPlan,
} from './request.ts';
import type { Source, SourceHolder } from './source.ts';
import type { Sources } from './sources.ts';
import type { WatchStatus } from './status.ts';
import { Subscription, type SubscriptionOptions } from './subscription.ts';

export interface WatchOptions extends HandlerLimits {
  readonly plan: WatchPlan;
  readonly sources: Sources;
  readonly placement: Placement;
  readonly clock: Clock;
  /** Milliseconds; 0: never. */
  readonly resyncPeriod: (request: AnyRequest) => number;
  readonly onCondition: (watch: Watch, condition: WatchCondition) => void;
  readonly onEvent: (watch: Watch, event: InformerEvent<KubeObject>) => void;
  readonly onCall: (watch: Watch, seconds: number, failed: boolean) => void;
  readonly onError: (watch: Watch, error: KubeInformerError) => void;
}

/**
 * What one owner hears of one target.
 *
 * ```
 *             its source has synced            the group places it elsewhere, and that has synced
 *   waiting ───────────────────────► hearing ───────────────────────────────────────────────────► hearing
 *      │                                │ ▲ the source has a new informer, and that has synced
 *      │ stop                           │ └──┐
 *      └────────────► stopped ◄─────────┴────┘
 * ```
 *
 * Invariants: it hears one source at a time, and that has synced; what it hears next it holds beside it until then (make before break); the
 * conditions are those of the source it hears, or else of the one it waits for.
 */
export class Watch implements SourceHolder, Placed {
  readonly plan: WatchPlan;
  /** Tells an owner from an earlier one of the same name. A later request of the same owner may know more. */
  owner: WatchOwner | WatchPin;
  request: AnyRequest;
  /** How many were promised this watch, or wait for it. */
  claims = 0;
  /** Resolves when it first hears a source; rejects with `SyncAborted` if it is stopped before. */
  readonly synced: Promise<void>;
  readonly #options: WatchOptions;
  readonly #conditions: Conditions;
  readonly #synced = Promise.withResolvers<void>();
  readonly #found = Promise.withResolvers<void>();
  readonly #listeners = new Set<(condition: WatchCondition) => void>();
  #subscriptions: Subscription[] = [];
  #current: Source | undefined;
  #next: Source | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: WatchOptions) {
    const { plan, clock, onCondition } = options;
    this.#options = options;
    this.plan = plan;
    this.owner = plan.owner;
    this.request = plan.request;
    this.#conditions = new Conditions(
      () => clock.now(),
      (condition) => {
        onCondition(this, condition);
        for (const listener of Array.from(this.#listeners)) this.#tell(listener, condition);
      },
    );
    this.synced = this.#synced.promise;
    for (const promise of [this.synced, this.#found.promise]) promise.catch(() => undefined);
  }

  get objectName(): string {
    return this.plan.name;
  }

  get collection(): SourceSpec {
    return this.plan.collection;
  }

  /** Resolves when the target is first there; rejects when the watch is stopped before. */
  get found(): Promise<void> {
    return this.#found.promise;
  }

  get handlers(): readonly WatchHandlers<KubeObject>[] {
    return this.#subscriptions.map(({ handlers }) => handlers);
  }

  get stopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** It has a source that has synced. */
  get hearing(): boolean {
    return this.#current !== undefined;
  }

  /** What keeps its source from being live, or else the last thing that did. */
  get lastError(): KubeInformerError | undefined {
    return (this.#current ?? this.#next)?.view().lastError;
  }

  get lag(): number {
    return this.#subscriptions.reduce((sum, { state }) => sum + state.lag, 0);
  }

  /** No event waits, and no call is under way. */
  get idle(): boolean {
    return this.#subscriptions.every(({ state }) => state.lag === 0 && state.callFor === undefined);
  }

  condition(type: WatchCondition['type']): WatchCondition {
    return this.#conditions.get(type);
  }

  /** @returns a function that ends this */
  onCondition(listener: (condition: WatchCondition) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes its place. */
  begin(): void {
    this.#options.placement.enter(this);
  }

  moveTo(spec: SourceSpec): void {
    const { sources } = this.#options;
    const source = sources.acquire(spec, this);
    if (source === this.#next) return;
    if (this.#next) sources.release(this.#next, this, { linger: false });
    this.#next = source === this.#current ? undefined : source;
    if (this.#next?.synced) this.#arrive();
    else this.sourceJudged(source);
  }

  sourceSynced(source: Source): void {
    if (source === this.#next) this.#arrive();
    else if (source === this.#current) this.#listen();
  }

  sourceJudged(source: Source): void {
    if (source !== (this.#current ?? this.#next)) return;
    const { Synced, Connected, Fresh } = source.judgement;
    const here = source === this.#current;
    this.#conditions.set(
      'Synced',
      here || Synced.status !== 'True' ? Synced : { status: 'False', reason: 'Pending', message: 'about to listen' },
    );
    this.#conditions.set('Connected', Connected);
    this.#conditions.set('Fresh', Fresh);
  }

  sourceFailed(source: Source, error: KubeInformerError): void {
    if (source !== (this.#current ?? this.#next)) return;
    for (const subscription of this.#subscriptions) subscription.tell(error);
  }

  /** Further handlers: they are told of the present state first. @param before what their first call waits for */
  attach(handlers: WatchHandlers<KubeObject>, before?: Promise<unknown>): Subscription {
    const subscription = new Subscription(this.#subscriptionOptions(handlers));
    this.#subscriptions.push(subscription);
    if (this.#current) subscription.listenTo(this.#current.informer, before);
    return subscription;
  }

  /** Other handlers instead of those that are here. */
  replaceHandlers(handlers: WatchHandlers<KubeObject>): void {
    const before = Promise.all(this.#subscriptions.splice(0).map((subscription) => subscription.close()));
    this.attach(handlers, before);
  }

  /** Takes over the handlers of another watch, and what they know as far as it is about the target of this one. */
  adopt(other: Watch): void {
    const subscriptions = other.#subscriptions.splice(0);
    for (const subscription of subscriptions) {
      subscription.adapt(this.#subscriptionOptions(subscription.handlers), (object) => isTarget(this.plan, object));
      this.#subscriptions.push(subscription);
      if (this.#current) subscription.listenTo(this.#current.informer);
    }
  }

  /** Resolves when the handlers have finished the initial state. @throws KubeInformerError `SyncAborted` */
  async ready(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.ready));
  }

  /** What time alone can bring about: a handler that takes too long. */
  check(): void {
    this.#lookForTarget();
    const states = this.#subscriptions.map(({ state }) => state);
    this.#conditions.set('HandlerHealthy', judgeHandlers(states, this.#options));
  }

  status(): WatchStatus {
    const { key } = this.plan;
    const source = this.#current ?? this.#next;
    return {
      key,
      owner: this.owner,
      conditions: this.#conditions.list(),
      source: source?.name,
      verdict: source?.judgement.verdict,
      lag: this.lag,
    };
  }

  /** No handler is called any more. Resolves when the last call has ended, or was given up; does not reject. */
  stop(how?: { readonly linger: boolean }): Promise<void> {
    this.#stopped ??= this.#stop(how);
    return this.#stopped;
  }

  async #stop(how?: { readonly linger: boolean }): Promise<void> {
    const { sources, placement } = this.#options;
    const hint = 'Nothing to mend if that was meant.';
    const aborted = new KubeInformerError('SyncAborted', `${this.plan.key} was stopped`, { hint });
    this.#synced.reject(aborted);
    this.#found.reject(aborted);
    placement.leave(this);
    const held = [this.#current, this.#next];
    this.#current = undefined;
    this.#next = undefined;
    const ends = this.#subscriptions.map((subscription) => subscription.close());
    for (const source of held) if (source) sources.release(source, this, how);
    this.#conditions.stop();
    await Promise.all(ends);
  }

  #arrive(): void {
    const from = this.#current;
    this.#current = this.#next;
    this.#next = undefined;
    this.#listen();
    if (from) this.#options.sources.release(from, this, { linger: false });
    this.sourceJudged(this.#current!);
    this.#synced.resolve();
  }

  #listen(): void {
    for (const subscription of this.#subscriptions) subscription.listenTo(this.#current!.informer);
    this.#lookForTarget();
  }

  #lookForTarget(): void {
    if (!this.#current || this.stopped) return;
    const key = objectKeyOf(this.plan);
    if (key === undefined) {
      this.#conditions.set('TargetFound', { status: 'True', reason: 'Collection', message: '' });
    } else if (this.#current.informer.indexer.has(key)) {
      this.#conditions.set('TargetFound', { status: 'True', reason: 'Found', message: '' });
      this.#found.resolve();
    } else {
      this.#conditions.set('TargetFound', { status: 'False', reason: 'NotFound', message: `there is no ${key}` });
    }
  }

  #tell(listener: (condition: WatchCondition) => void, condition: WatchCondition): void {
    try {
      listener(condition);
    } catch (thrown) {
      const prefix = `a listener for conditions of ${this.plan.key} threw`;
      this.#options.onError(this, asKubeInformerError(thrown, 'HandlerFailed', prefix, 'Mend the listener.'));
    }
  }

  #subscriptionOptions(handlers: WatchHandlers<KubeObject>): SubscriptionOptions {
    const { plan, queueLimit, clock, onEvent, onCall, onError } = this.#options;
    return {
      name: plan.key,
      handlers,
      objectKey: objectKeyOf(this.plan),
      resyncPeriod: this.#options.resyncPeriod(this.request),
      queueLimit,
      clock,
      onEvent: (event) => {
        this.#lookForTarget();
        onEvent(this, event);
      },
      onCall: (_event, seconds, failed) => {
        onCall(this, seconds, failed);
        if (failed || this.condition('HandlerHealthy').status !== 'True') this.check();
      },
      onError: (error) => onError(this, error),
    };
  }
}
