import PQueue from 'p-queue';
import { SharedIndexInformer } from '../informer/index.ts';
import {
  checkGvr,
  findBuiltInResource,
  gvrText,
  type KubeObject,
  type ListerWatcher,
  parseFieldSelector,
  parseLabelSelector,
  type ResourceRef,
} from '../kubernetes/index.ts';
import { KubeInformerError, requireAtLeast, systemClock } from '../runtime/index.ts';
import { KubeClient, type KubeConfigLike } from '../transport/index.ts';
import type { ForResourceOptions, InformerFactoryOptions } from './options.ts';

/** What makes two requests for an informer requests for the same one. */
interface Scope {
  readonly namespaces: '*' | readonly string[];
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly as: 'full' | 'metadata';
  readonly prune: readonly string[];
}

interface Shared {
  // An informer is kept under the key of its own type, and given out as that; here the type is forgotten.
  readonly informer: SharedIndexInformer<KubeObject>;
  readonly transform: unknown;
}

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
  #stopped: Promise<void> | undefined;

  /**
   * @param cluster a `KubeConfig` of `@kubernetes/client-node`, anything shaped like it, or a client (which then stays yours to close).
   * @throws KubeInformerError `InvalidOption`, `InvalidSelector`
   */
  constructor(cluster: KubeConfigLike | KubeClient, options: InformerFactoryOptions = {}) {
    requireAtLeast('concurrentLists', options.concurrentLists ?? 4, 1);
    parseLabelSelector(options.labelSelector ?? '');
    parseFieldSelector(options.fieldSelector ?? '');
    this.#ownsClient = !(cluster instanceof KubeClient);
    this.client =
      cluster instanceof KubeClient ? cluster : new KubeClient(cluster, { clock: options.clock ?? systemClock });
    this.#options = options;
    this.#lists = new PQueue({ concurrency: options.concurrentLists ?? 4 });
  }

  /**
   * The informer for a resource. It runs from the next `start` on. For a resource and scope that was asked for before, the same informer;
   * further `indexers` are added to it.
   *
   * @throws KubeInformerError `InvalidResource`, `InvalidSelector`, `InvalidOption`; `AlreadyStopped` after `stop`.
   */
  forResource<T extends KubeObject = KubeObject, Name extends string = never>(
    resource: ResourceRef<T>,
    options: ForResourceOptions<T, Name> = {},
  ): SharedIndexInformer<T, Name> {
    if (this.#stopped) {
      throw new KubeInformerError('AlreadyStopped', 'an informer was asked for after the factory was stopped', {
        hint: 'Make a new factory.',
      });
    }
    checkGvr(resource);
    const scope = this.#scopeOf(resource, options);
    const key = JSON.stringify([resource.group, resource.version, resource.resource, scope]);
    const known = this.#informers.get(key);
    if (known && !hasEnded(known.informer)) return this.#again(known, options);
    const informer = this.#create(resource, scope, options);
    const { onError } = this.#options;
    if (onError) informer.on('error', (error) => onError(error, informer.name));
    this.#informers.set(key, {
      informer: informer as unknown as SharedIndexInformer<KubeObject>,
      transform: options.transform,
    });
    return informer;
  }

  /** All informers that were asked for. */
  *informers(): IterableIterator<SharedIndexInformer<KubeObject>> {
    for (const { informer } of this.#informers.values()) yield informer;
  }

  /** Starts the informers that were asked for since the last call; they end with `signal`. Calling it again is harmless. */
  start(signal?: AbortSignal): void {
    for (const informer of this.informers()) informer.start(signal);
  }

  /**
   * Waits until each informer that was asked for has synced, or has ended, or `signal` is aborted, or `timeout` milliseconds are over.
   *
   * @returns by name, whether it has synced. For the reason look at `status().lastError` of the informer.
   */
  async waitForCacheSync(
    options: { readonly signal?: AbortSignal; readonly timeout?: number } = {},
  ): Promise<ReadonlyMap<string, boolean>> {
    const waits = Array.from(this.informers(), async (informer): Promise<[string, boolean]> => {
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
    await Promise.all(Array.from(this.informers(), (informer) => informer.stop()));
    if (this.#ownsClient) await this.client.close();
  }

  #create<T extends KubeObject, Name extends string>(
    resource: ResourceRef<T>,
    scope: Scope,
    options: ForResourceOptions<T, Name>,
  ): SharedIndexInformer<T, Name> {
    const {
      namespaces: _,
      labelSelector: _l,
      fieldSelector: _f,
      concurrentLists: _c,
      onError: _e,
      ...defaults
    } = this.#options;
    const { namespaces: _n, labelSelector: _ls, fieldSelector: _fs, as: _a, prune: _p, ...own } = options;
    // Skipped objects are counted and reported by the informer, which is made after its sources.
    let report: (error: KubeInformerError) => void = () => undefined;
    const source = (namespace?: string): ListerWatcher<T> =>
      this.client.resource<T>(resource, { ...scope, namespace, onSkip: (error) => report(error) });
    const informer = new SharedIndexInformer<T, Name>({
      ...defaults,
      ...own,
      name: own.name ?? nameOf(resource, scope),
      listerWatcher:
        scope.namespaces === '*' ? source() : new Map(scope.namespaces.map((name) => [name, source(name)])),
      admit: (run, signal) => this.#lists.add(run, { signal }),
    });
    report = informer.report;
    return informer;
  }

  #again<T extends KubeObject, Name extends string>(
    { informer, transform }: Shared,
    options: ForResourceOptions<T, Name>,
  ): SharedIndexInformer<T, Name> {
    if (options.transform && options.transform !== transform) {
      throw new KubeInformerError('InvalidOption', `${informer.name} is shared already, with another transform`, {
        hint: 'Give the transform where the informer is asked for first, or use another factory.',
      });
    }
    const shared = informer as unknown as SharedIndexInformer<T, Name>;
    for (const [name, values] of Object.entries(options.indexers ?? {})) {
      if (!shared.indexer.hasIndex(name)) shared.indexer.addIndexers({ [name]: values as never });
    }
    return shared;
  }

  #scopeOf(resource: ResourceRef, options: Partial<Scope>): Scope {
    const builtIn = findBuiltInResource(resource);
    const clusterScoped = ('namespaced' in resource ? resource.namespaced : builtIn?.namespaced) === false;
    const namespaces = clusterScoped ? '*' : (options.namespaces ?? this.#options.namespaces ?? '*');
    return {
      namespaces: namespaces === '*' ? '*' : [...new Set(namespaces)].sort(),
      labelSelector: parseLabelSelector(options.labelSelector ?? this.#options.labelSelector ?? '').toString(),
      fieldSelector: parseFieldSelector(options.fieldSelector ?? this.#options.fieldSelector ?? '').toString(),
      as: options.as ?? 'full',
      prune: [...(options.prune ?? ['metadata.managedFields'])].sort(),
    };
  }
}

function hasEnded(informer: SharedIndexInformer<KubeObject>): boolean {
  const { phase } = informer.status();
  return phase === 'stopped' || phase === 'failed';
}

function nameOf(resource: ResourceRef, scope: Scope): string {
  const parts = [gvrText(resource)];
  if (scope.namespaces !== '*') parts.push(`in ${scope.namespaces.join(', ')}`);
  if (scope.labelSelector !== '') parts.push(`with ${scope.labelSelector}`);
  if (scope.fieldSelector !== '') parts.push(`where ${scope.fieldSelector}`);
  if (scope.as === 'metadata') parts.push('(metadata)');
  return parts.join(' ');
}
