import PQueue from 'p-queue';
import { InformerView, SharedIndexInformer, type SharedIndexInformerOptions } from '../informer/index.ts';
import {
  checkGvr,
  gvrText,
  type KubeObject,
  type ListerWatcher,
  type PartialObjectMetadata,
  type Projected,
  type ResourceRef,
} from '../kubernetes/index.ts';
import { KubeInformerError, requireAtLeast, systemClock } from '../runtime/index.ts';
import { KubeClient, type KubeConfigLike } from '../transport/index.ts';
import { GroupVersionInformers, type GroupVersionOptions } from './group-version.ts';
import { isList, type SelectionScope, SetScope } from './namespaces.ts';
import {
  type ForResourceOptions,
  type InformerFactoryOptions,
  type ProjectedResourceOptions,
  settingsOf,
} from './options.ts';
import { checkScope, nameOf, type Scope, scopeOf } from './scope.ts';
import { NamespaceInformer, SelectedNamespaces } from './selected-namespaces.ts';
import { hasEnded, metadataOnly, type Shared, servesMetadata, share } from './share.ts';

/**
 * Gives out informers for any resources of one cluster, one for each distinct collection: whoever asks for the same gets the same, and the
 * server sees one list and one watch.
 *
 * @example
 * const factory = new DynamicSharedInformerFactory(kubeConfig, { namespaces: ['shop'] });
 * const widgets = factory.forResource<Widget>({ group: 'example.com', version: 'v1', resource: 'widgets' });
 * widgets.addEventHandler({ onAdd: (widget) => console.log(widget.metadata.name) });
 * factory.start(signal);
 * await factory.waitForCacheSync({ signal });
 */
export class DynamicSharedInformerFactory {
  /** Requests to the cluster, over the same connections as those of the informers. */
  readonly client: KubeClient;
  readonly #ownsClient: boolean;
  readonly #options: InformerFactoryOptions;
  readonly #lists: PQueue;
  readonly #informers = new Map<string, Shared>();
  /** Every informer that has not ended yet, those that were replaced included, by its name. */
  readonly #running = new Map<string, SharedIndexInformer<KubeObject>>();
  readonly #namespaces = new NamespaceInformer(() => this.#namespaceInformer());
  readonly #selections = new Map<string, SelectedNamespaces>();
  readonly #groups: GroupVersionInformers[] = [];
  /** Informers for which `start` was called: those are waited for. */
  readonly #started = new WeakSet<SharedIndexInformer<KubeObject>>();
  #stopped: Promise<void> | undefined;

  /**
   * @param cluster a `KubeConfig` of `@kubernetes/client-node`, anything shaped like it, or a client (which then stays yours to close).
   * @throws KubeInformerError `InvalidOption`, `InvalidSelector`
   */
  constructor(cluster: KubeConfigLike | KubeClient, options: InformerFactoryOptions = {}) {
    requireAtLeast('concurrentLists', options.concurrentLists ?? 4, 1);
    checkScope(options);
    this.#ownsClient = !(cluster instanceof KubeClient);
    this.client =
      cluster instanceof KubeClient ? cluster : new KubeClient(cluster, { clock: options.clock ?? systemClock });
    this.#options = options;
    this.#lists = new PQueue({ concurrency: options.concurrentLists ?? 4 });
  }

  /**
   * The informer for a resource. It runs from the next `start` on. For a resource and scope that was asked for before, the same informer, as
   * long as it has not ended; further `indexers` are added to it.
   *
   * Who asks for `as: 'metadata'` of what is watched as whole objects already gets an informer that is fed by that one: there is one watch.
   * It starts the other one, and ends with it. In the other order there are two watches: a cache of metadata can't be widened under its
   * readers, and nobody's informer becomes less than it was. So ask for whole objects first.
   *
   * @throws KubeInformerError `InvalidResource`, `InvalidSelector`; `InvalidOption`, also when the informer is shared already and was
   * made with other options; `AlreadyStopped` after `stop`.
   */
  forResource<T extends KubeObject, const Path extends string, Name extends string = never>(
    resource: ResourceRef<T>,
    options: ProjectedResourceOptions<T, Path, Name>,
  ): SharedIndexInformer<Projected<T, Path>, Name>;
  forResource<T extends KubeObject = KubeObject, Name extends string = never>(
    resource: ResourceRef<T>,
    options: ForResourceOptions<PartialObjectMetadata, Name> & { readonly as: 'metadata' },
  ): SharedIndexInformer<PartialObjectMetadata, Name>;
  forResource<T extends KubeObject = KubeObject, Name extends string = never>(
    resource: ResourceRef<T>,
    options?: ForResourceOptions<T, Name> & { readonly as?: 'full' },
  ): SharedIndexInformer<T, Name>;
  forResource<Name extends string = never>(
    resource: ResourceRef,
    options?: ForResourceOptions<KubeObject, Name>,
  ): SharedIndexInformer<KubeObject, Name>;
  forResource<T extends KubeObject, Name extends string>(
    resource: ResourceRef<T>,
    options: ForResourceOptions<T, Name> & { readonly project?: readonly string[] } = {},
  ): SharedIndexInformer<T, Name> {
    if (this.#stopped) throw stoppedError();
    checkGvr(resource);
    const scope = scopeOf(resource, options, this.#options);
    const key = JSON.stringify([resource.group, resource.version, resource.resource, scope]);
    const known = this.#informers.get(key);
    if (known && !hasEnded(known.informer)) return share<T, Name>(known, options);
    const informer = this.#create(resource, scope, options);
    const forgotten = informer as unknown as SharedIndexInformer<KubeObject>;
    this.#informers.set(key, {
      informer: forgotten,
      resource,
      scope,
      options: options as unknown as Shared['options'],
      indexers: new Map(Object.entries(options.indexers ?? {})),
    });
    this.#follow(forgotten);
    return informer;
  }

  /**
   * Informers for all resources of a group and version (`apps/v1`, `v1`) that can be listed and watched, and for those that are added later.
   *
   * @throws KubeInformerError `InvalidResource`; `AlreadyStopped` after `stop`.
   */
  forGroupVersion(groupVersion: string, options: GroupVersionOptions = {}): GroupVersionInformers {
    if (this.#stopped) throw stoppedError();
    const { clock = systemClock, random = Math.random, onError } = this.#options;
    const forResource = (resource: ResourceRef) => {
      const informer = this.forResource(resource);
      this.#started.add(informer);
      return informer;
    };
    const context = { client: this.client, clock, random, onError, forResource };
    const group = new GroupVersionInformers(groupVersion, options, context);
    this.#groups.push(group);
    return group;
  }

  /** All informers that were asked for. */
  *informers(): IterableIterator<SharedIndexInformer<KubeObject>> {
    for (const { informer } of this.#informers.values()) yield informer;
  }

  /**
   * Ends an informer of this factory and forgets it, its cache included: whoever asks for the same gets a new one from now on. For those who are
   * alone with it. Resolves when nothing of it is left.
   */
  remove<T extends KubeObject>(informer: SharedIndexInformer<T>): Promise<void> {
    for (const [key, shared] of this.#informers) {
      // Informers are kept without their type.
      if ((shared.informer as unknown) === informer) this.#informers.delete(key);
    }
    return informer.stop();
  }

  /** Starts the informers that were asked for since the last call; they end with `signal`. Calling it again is harmless. */
  start(signal?: AbortSignal): void {
    for (const { informer } of this.#informers.values()) {
      this.#started.add(informer);
      informer.start(signal);
    }
    for (const group of this.#groups) group.start(signal);
  }

  /**
   * Waits until each informer that was asked for has synced, or has ended, or `signal` is aborted, or `timeout` milliseconds are over. Those
   * that were not started are not waited for: they have not synced.
   *
   * @returns by name, whether it has synced. For the reason look at `status().lastError` of the informer.
   */
  async waitForCacheSync(
    options: { readonly signal?: AbortSignal; readonly timeout?: number } = {},
  ): Promise<ReadonlyMap<string, boolean>> {
    const waits = Array.from(this.#informers.values(), async ({ informer }): Promise<[string, boolean]> => {
      if (!this.#started.has(informer)) return [informer.name, informer.hasSynced()];
      const synced = await informer.waitForSync(options).then(
        () => true,
        () => false,
      );
      return [informer.name, synced];
    });
    return new Map(await Promise.all(waits));
  }

  /** Ends all informers and closes the connections. Nothing is left when the promise resolves. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#groups.map((group) => group.stop()));
    await Promise.all(Array.from(this.#running.values(), (informer) => informer.stop()));
    if (this.#ownsClient) await this.client.close();
  }

  /** Where the objects come from: from the server, or out of an informer that has more of them than is wanted. */
  #sourceOf<T extends KubeObject>(
    resource: ResourceRef<T>,
    scope: Scope,
    options: Shared['options'],
  ): SharedIndexInformerOptions<T>['listerWatcher'] {
    if (scope.as === 'metadata') {
      for (const shared of this.#informers.values()) {
        if (gvrText(shared.resource) !== gvrText(resource) || hasEnded(shared.informer)) continue;
        // Whoever asks for metadata gets objects of that type.
        if (servesMetadata(shared, scope, options))
          return new InformerView(shared.informer, metadataOnly) as unknown as InformerView<T>;
      }
    }
    // Nobody writes to what is in a cache but a transform, before it is there.
    const share = options.transform === undefined;
    const source = (namespace?: string): ListerWatcher<T> =>
      this.client.resource<T>(resource, { ...scope, namespace, share });
    const { namespaces } = scope;
    if (namespaces === '*') return source();
    if (isList(namespaces)) return new Map(namespaces.map((name) => [name, source(name)]));
    if (namespaces instanceof SetScope) return { namespaces: namespaces.set, source };
    const { clusterWideAbove } = namespaces;
    const selected = this.#selected(namespaces);
    return clusterWideAbove === Number.POSITIVE_INFINITY
      ? { namespaces: selected, source }
      : { namespaces: selected, source, clusterWideAbove };
  }

  /** The namespaces of a selection: the same for all that are equal. */
  #selected(selection: SelectionScope): SelectedNamespaces {
    const key = JSON.stringify(selection);
    let selected = this.#selections.get(key);
    if (!selected) {
      selected = new SelectedNamespaces(this.#namespaces, selection);
      this.#selections.set(key, selected);
    }
    return selected;
  }

  /** An informer of Namespace objects for selections: whole ones are not needed. */
  #namespaceInformer(): SharedIndexInformer<KubeObject> {
    const wanted = { namespaces: '*', labelSelector: '', fieldSelector: '', as: 'metadata' } as const;
    const resource = { group: '', version: 'v1', resource: 'namespaces' };
    const { maxObjects: _, maxBytes: _b, resyncPeriod: _r, ...defaults } = this.#options;
    const scope = scopeOf(resource, wanted, {});
    const informer = new SharedIndexInformer<KubeObject>({
      ...settingsOf(defaults),
      name: this.#uniqueName(`${nameOf(resource, scope)} of selections`),
      listerWatcher: this.client.resource<KubeObject>(resource, wanted),
      admit: (run, signal) => this.#lists.add(run, { signal }),
    });
    this.#follow(informer);
    return informer;
  }

  /** Until it has ended. */
  #follow(informer: SharedIndexInformer<KubeObject>): void {
    const { onError } = this.#options;
    if (onError) informer.on('error', (error) => onError(error, informer.name));
    const forget = () => void this.#running.delete(informer.name);
    this.#running.set(informer.name, informer);
    informer.done.then(forget, forget);
  }

  #create<T extends KubeObject, Name extends string>(
    resource: ResourceRef<T>,
    scope: Scope,
    options: ForResourceOptions<T, Name> & { readonly project?: readonly string[] },
  ): SharedIndexInformer<T, Name> {
    const {
      namespaces: _n,
      labelSelector: _ls,
      fieldSelector: _fs,
      as: _a,
      prune: _p,
      project: _pr,
      keep: _k,
      ...own
    } = options;
    return new SharedIndexInformer<T, Name>({
      ...settingsOf(this.#options),
      ...own,
      name: this.#uniqueName(own.name ?? nameOf(resource, scope)),
      // Options are kept without their type.
      listerWatcher: this.#sourceOf(resource, scope, options as unknown as Shared['options']),
      admit: (run, signal) => this.#lists.add(run, { signal }),
    });
  }

  /** Names stand for informers in results and messages, so no two have the same. */
  #uniqueName(name: string): string {
    let unique = name;
    for (let count = 2; this.#running.has(unique); count++) unique = `${name} (${count})`;
    return unique;
  }
}

function stoppedError(): KubeInformerError {
  return new KubeInformerError('AlreadyStopped', 'an informer was asked for after the factory was stopped', {
    hint: 'Make a new factory.',
  });
}
