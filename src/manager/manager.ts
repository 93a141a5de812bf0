import type { DeepReadonly, KubeObject, PartialObjectMetadata } from '../kubernetes/index.ts';
import { asKubeInformerError, KubeInformerError } from '../runtime/index.ts';
import { DesiredSets } from './desired.ts';
import { handleOf, type WatchHandle } from './handle.ts';
import { ownerKey, sameOwner, type WatchOwner } from './key.ts';
import type { ManagerOptions } from './options.ts';
import { type Binding, BoundOwners, followOwners, type OwnerInformer } from './owners.ts';
import { type Parts, partsOf } from './parts.ts';
import { Pins } from './pins.ts';
import type { WatchFilter } from './registry.ts';
import { type AnyRequest, type Full, type Metadata, type OwnedRequest, planOf, type RequestWatch } from './request.ts';
import { healthOf, type ManagerHealth, type SourceStatus, sourceStatusOf } from './status.ts';
import type { Watch } from './watch.ts';

/**
 * Watches objects on behalf of others, and keeps those watches alive.
 *
 * Two layers: a *watch* is what one owner hears of one target; a *source* is what is asked of the server, one for each distinct question, shared
 * by all watches that need it, and ended some time after the last of them. Many watches of single objects in one collection share one source.
 *
 * - Nothing is restarted because it is slow. What is dead is restarted, what is silent reconnected, with backoff and without the handlers noticing
 *   more than the changes they missed, each once.
 * - A health check that waits for nothing judges every source (`judge`); conditions, logs and measures say what it sees.
 * - Measures are published on the diagnostics channel `kube-informer:manager` (`ManagerMessage`).
 *
 * @example
 * await using manager = new Manager({ client: kubeConfig });
 * manager.start(signal);
 * const handle = await manager.add({
 *   owner: { group: 'shop.io', kind: 'App', namespace: 'shop', name: 'blue' },
 *   target: { gvr: deploymentResource, namespace: 'shop', name: 'web' },
 *   handlers: { onUpdate: (_old, deployment) => console.log(deployment.spec?.replicas) },
 * });
 * await handle.ready({ signal });
 */
export class Manager implements AsyncDisposable {
  readonly name: string;
  readonly #parts: Parts;
  readonly #desired: DesiredSets;
  readonly #bound: BoundOwners;
  readonly #bindings = new Set<Binding>();
  readonly #handles = new WeakMap<Watch, WatchHandle>();
  readonly #pins: Pins;
  #state: 'created' | 'started' | 'stopping' = 'created';
  #startedAt = 0;
  #forgetSignal: () => void = () => undefined;
  #stopped: Promise<void> | undefined;

  /** @throws KubeInformerError `InvalidOption` */
  constructor(options: ManagerOptions) {
    this.#parts = partsOf(options);
    this.name = this.#parts.settings.name;
    this.#pins = new Pins(this.#parts.registry);
    this.#desired = new DesiredSets(this.#parts.watches, this.#parts.registry);
    this.#bound = new BoundOwners((owner) => void this.stopForOwner(owner));
  }

  /**
   * Sources begin to sync, also those of watches that were added before, and the health check begins. Ends with `signal`. Calling it again is
   * harmless.
   *
   * @throws KubeInformerError `AlreadyStopped`
   */
  start(signal?: AbortSignal): void {
    this.#mustNotBeStopped();
    if (this.#state === 'started') return;
    this.#state = 'started';
    this.#startedAt = this.#parts.clock.now();
    this.#parts.sources.start();
    this.#parts.healthCheck.start();
    const stop = () => void this.stop();
    signal?.addEventListener('abort', stop, { once: true });
    this.#forgetSignal = () => signal?.removeEventListener('abort', stop);
    if (signal?.aborted) stop();
  }

  /**
   * Watches something for an owner. A second request with the same key and handlers gets the same handle; with other handlers, what its
   * `onConflict` says.
   *
   * Resolves when what is watched has synced: its whole state is known, and is being given to the handlers (for the end of that see
   * `WatchHandle.ready`). When it rejects, nothing of this request is left.
   *
   * @throws KubeInformerError `InvalidResource`, `InvalidSelector`, `InvalidOption`, `WatchConflict`; `SyncTimeout`, with the last failure as
   * its cause; `SyncAborted` if it is stopped in the meantime; `TargetNotFound`; `AlreadyStopped`
   */
  add(request: Metadata<RequestWatch<PartialObjectMetadata>>): Promise<WatchHandle<PartialObjectMetadata>>;
  add<T extends KubeObject = KubeObject>(request: Full<RequestWatch<T>>): Promise<WatchHandle<T>>;
  async add<T extends KubeObject>(request: RequestWatch<T>): Promise<WatchHandle<T>> {
    return (await this.#add(request.owner, request)) as unknown as WatchHandle<T>;
  }

  /**
   * Watches something for nobody in particular, from now until it is stopped: under the same name it is replaced. Pinned watches count for
   * `health().ready`.
   *
   * @throws KubeInformerError as `add`; what was pinned under this name goes on then
   */
  pin(
    name: string,
    request: Metadata<OwnedRequest<PartialObjectMetadata>>,
  ): Promise<WatchHandle<PartialObjectMetadata>>;
  pin<T extends KubeObject = KubeObject>(name: string, request: Full<OwnedRequest<T>>): Promise<WatchHandle<T>>;
  async pin<T extends KubeObject>(name: string, request: OwnedRequest<T>): Promise<WatchHandle<T>> {
    const owner = { pin: name };
    const { key } = this.#plan(owner, request);
    const handle = await this.#pins.put(name, key, (old) =>
      old ? this.#replace(old, owner, request) : this.#add(owner, request),
    );
    return handle as unknown as WatchHandle<T>;
  }

  /**
   * Watches something else instead. The old watch goes on until the new one has synced. With the same handlers what they know goes over to the new
   * target, as far as it is part of it: they hear nothing twice and miss nothing.
   *
   * @throws KubeInformerError as `add`, the old watch goes on then; `InvalidOption` if there is no watch with this key
   */
  replace(
    key: string,
    request: Metadata<RequestWatch<PartialObjectMetadata>>,
  ): Promise<WatchHandle<PartialObjectMetadata>>;
  replace<T extends KubeObject = KubeObject>(key: string, request: Full<RequestWatch<T>>): Promise<WatchHandle<T>>;
  async replace<T extends KubeObject>(key: string, request: RequestWatch<T>): Promise<WatchHandle<T>> {
    const old = this.#parts.registry.get(key);
    if (!old) {
      throw new KubeInformerError('InvalidOption', `there is no watch ${key} to be replaced`, {
        hint: 'It was stopped already, perhaps; add the other one.',
      });
    }
    return (await this.#replace(old, request.owner, request)) as unknown as WatchHandle<T>;
  }

  /**
   * Makes the watches of an owner be these and no others: what is missing is added, what is the same is left alone, what is too much is stopped
   * after what was added has synced, or after `syncTimeout`. Resolves when all that is done; a target that can't be watched is no failure here
   * but a condition of its watch.
   *
   * @throws KubeInformerError `InvalidResource`, `InvalidSelector`, `InvalidOption`: nothing was changed then; `AlreadyStopped`
   */
  async setDesired(owner: WatchOwner, requests: readonly AnyRequest[]): Promise<readonly WatchHandle[]> {
    const plans = requests.map((request) => this.#plan(owner, request));
    const watches = await this.#desired.apply(ownerKey(owner), plans);
    return watches.map((watch) => this.#handle(watch));
  }

  /**
   * Keeps the watches of all owners of one kind as `requestsFor` says: for those that are there, and as they come, change and go. What it throws is
   * logged, and the owner keeps the watches it has.
   *
   * Give its requests a `handlersId` if it makes new functions each time.
   */
  reconcileOwners<T extends KubeObject>(
    informer: OwnerInformer<T>,
    options: {
      readonly group: string;
      readonly kind: string;
      readonly requestsFor: (owner: DeepReadonly<NoInfer<T>>) => readonly AnyRequest[];
    },
  ): Binding {
    this.#mustNotBeStopped();
    const binding: Binding = followOwners(informer, options, {
      onPresent: (owner, object) => this.#present(owner, () => options.requestsFor(object)),
      onGone: (owner) => void this.stopForOwner(owner),
      onStop: () => void this.#bindings.delete(binding),
      owners: () => Array.from(this.#parts.registry, (watch) => watch.owner),
    });
    this.#bindings.add(binding);
    return binding;
  }

  /** Stops the watches of `owner` when its object is gone, as `informer` sees it; one with another uid is another owner. Idempotent. */
  bindOwner<T extends KubeObject>(owner: WatchOwner, informer: OwnerInformer<T>): void {
    this.#mustNotBeStopped();
    // Of the object only the metadata is looked at.
    this.#bound.bind(ownerKey(owner), owner, informer as unknown as OwnerInformer<KubeObject>);
  }

  /** The watch with this key. */
  get(key: string): WatchHandle | undefined {
    const watch = this.#parts.registry.get(key);
    return watch && this.#handle(watch);
  }

  /** The watches that match, found by index. */
  list(filter: WatchFilter = {}): readonly WatchHandle[] {
    return this.#parts.registry.list(filter).map((watch) => this.#handle(watch));
  }

  /** Everything that is asked of the server. */
  sources(): readonly SourceStatus[] {
    return Array.from(this.#parts.sources, sourceStatusOf);
  }

  /** For probes. Sends nothing and waits for nothing. */
  health(): ManagerHealth {
    return healthOf({
      sources: this.#parts.sources,
      registry: this.#parts.registry,
      started: this.#state === 'started',
      startedAt: this.#startedAt,
      lastCheckAt: this.#parts.healthCheck.lastRunAt,
      now: this.#parts.clock.now(),
      interval: this.#parts.settings.healthCheckInterval,
    });
  }

  /** Ends a watch; see `WatchHandle.stop`. @returns whether there was one */
  async stopKey(key: string): Promise<boolean> {
    const watch = this.#parts.registry.get(key);
    if (watch) await this.#parts.watches.remove(watch);
    return watch !== undefined;
  }

  /** Ends the watches of an owner: of exactly this one, and where both uids are known, of this uid. @returns how many there were */
  async stopForOwner(owner: WatchOwner): Promise<number> {
    const key = ownerKey(owner);
    const watches = this.#parts.registry.ofOwner(key).filter((watch) => sameOwner(watch.owner, owner));
    if (watches.length === this.#parts.registry.ofOwner(key).length) this.#bound.release(key);
    await Promise.all(watches.map((watch) => this.#parts.watches.remove(watch)));
    return watches.length;
  }

  /**
   * Ends everything: no timer, connection or handler call is left when the promise resolves. Calls that are under way are given ten seconds.
   * Idempotent, does not reject.
   *
   * @param options.drain milliseconds for which handlers are first given what waits for them. Default 0: that is dropped.
   */
  stop({ drain = 0 }: { readonly drain?: number } = {}): Promise<void> {
    this.#stopped ??= this.#stop(drain);
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(drain: number): Promise<void> {
    this.#state = 'stopping';
    this.#forgetSignal();
    this.#parts.healthCheck.stop();
    this.#bound.clear();
    for (const binding of this.#bindings) void binding.stop();
    if (drain > 0) await this.#parts.watches.drain(drain);
    // At once, so that a call which never ends is given ten seconds and not twice that.
    await Promise.all([this.#parts.watches.stop(), this.#parts.sources.stop()]);
    await this.#parts.factory.stop();
    this.#parts.meter.gauges([], []);
  }

  async #add(owner: Watch['owner'], request: unknown): Promise<WatchHandle> {
    const plan = this.#plan(owner, request);
    const watch = this.#parts.watches.obtain(plan, plan.request.onConflict);
    await this.#parts.watches.settle(watch, plan);
    return this.#handle(watch);
  }

  async #replace(old: Watch, owner: Watch['owner'], request: unknown): Promise<WatchHandle> {
    return this.#handle(await this.#parts.watches.replace(old, this.#plan(owner, request)));
  }

  /** Within a manager the types of objects are not known; handlers are called with objects of the resource that they were given with. */
  #plan(owner: Watch['owner'], request: unknown): ReturnType<typeof planOf> {
    this.#mustNotBeStopped();
    return planOf(owner, request as AnyRequest);
  }

  #present(owner: WatchOwner, requests: () => readonly AnyRequest[]): void {
    try {
      // Not waited for: other owners need not wait for the targets of this one.
      void this.setDesired(owner, requests()).catch((thrown: unknown) => this.#ownerFailed(owner, thrown));
    } catch (thrown) {
      this.#ownerFailed(owner, thrown);
    }
  }

  #ownerFailed(owner: WatchOwner, thrown: unknown): void {
    if (this.#state === 'stopping') return;
    const hint = 'The owner keeps the watches it has.';
    const { code, message } = asKubeInformerError(thrown, 'HandlerFailed', `requests of ${ownerKey(owner)}`, hint);
    this.#parts.logger.error(message, { owner: ownerKey(owner), code });
  }

  #handle(watch: Watch): WatchHandle {
    const known = this.#handles.get(watch);
    if (known) return known;
    const handle = handleOf(watch, () => this.#parts.watches.remove(watch));
    this.#handles.set(watch, handle);
    return handle;
  }

  #mustNotBeStopped(): void {
    if (this.#state !== 'stopping') return;
    throw new KubeInformerError('AlreadyStopped', `${this.name} was stopped`, { hint: 'Make a new manager.' });
  }
}
