import { SharedIndexInformer } from '../informer/index.ts';
import {
  type ApiResource,
  type KubeObject,
  parseGroupVersion,
  type ResourceRef,
  RestMapper,
} from '../kubernetes/index.ts';
import {
  abortable,
  asKubeInformerError,
  Backoff,
  type Clock,
  KubeInformerError,
  type Random,
  sleep,
  warnUnheard,
} from '../runtime/index.ts';
import type { KubeClient } from '../transport/index.ts';

export interface GroupVersionOptions {
  /** Called with each new informer before it starts, to add handlers and indexes. What it throws goes to the factory's `onError`. */
  readonly onInformer?: (informer: SharedIndexInformer<KubeObject>, resource: ApiResource) => void;
}

/** What is needed of the factory. `forResource`: an informer that will be started at once. */
export interface GroupVersionContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: ((error: KubeInformerError, informer: string) => void) | undefined;
  readonly forResource: (resource: ResourceRef) => SharedIndexInformer<KubeObject>;
}

const definitions = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
/** Milliseconds between two looks when nothing tells of changes: APIs of other servers come without a definition. */
const pollInterval = 60_000;
/** Milliseconds without a further change of definitions before discovery is asked: they often come many at once. */
const debounce = 250;
const retry = { initial: 800, factor: 2, max: 30_000, jitter: 1, resetAfter: 120_000 };

/**
 * The informers of all resources of one group and version that can be listed and watched; see `DynamicSharedInformerFactory.forGroupVersion`.
 * They run from the next `start` of the factory on, and need `list` and `watch` on each resource, and on the definitions of custom resources to hear
 * of new ones at once, instead of once a minute.
 *
 * - It looks at discovery when it starts, when definitions of custom resources change, and once a minute. What is new gets an informer, once.
 * - What is no longer served keeps its informer, which says so and goes on when it is back. It is not made anew if somebody removed it.
 * - When it cannot ask, it says so and asks again, later each time; the informers that are there go on.
 *
 * @example
 * const apps = factory.forGroupVersion('apps/v1', { onInformer: (each) => void each.addEventHandler(handler) });
 * factory.start(signal);
 * await apps.waitForSync({ signal });
 */
export class GroupVersionInformers {
  /** `apps/v1` */
  readonly groupVersion: string;
  /** By the name of the resource. Grows. */
  readonly informers: ReadonlyMap<string, SharedIndexInformer<KubeObject>>;
  readonly #informers = new Map<string, SharedIndexInformer<KubeObject>>();
  readonly #options: GroupVersionOptions;
  readonly #context: GroupVersionContext;
  readonly #stopping = new AbortController();
  readonly #discovered = Promise.withResolvers<void>();
  /** Ends the wait for the next look. */
  #wake: () => void = () => undefined;
  #hasChanged = false;
  #running: Promise<void> | undefined;

  /** @internal Made by the factory. @throws KubeInformerError `InvalidResource` */
  constructor(groupVersion: string, options: GroupVersionOptions, context: GroupVersionContext) {
    parseGroupVersion(groupVersion);
    this.groupVersion = groupVersion;
    this.informers = this.#informers;
    this.#options = options;
    this.#context = context;
    // Nobody may be waiting.
    this.#discovered.promise.catch(() => undefined);
  }

  /**
   * Waits until it is known what there is, and all of that has synced.
   *
   * @throws KubeInformerError `SyncAborted` if the factory is stopped before; what the signal was aborted with
   */
  async waitForSync({ signal = this.#stopping.signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await abortable(this.#discovered.promise, signal);
    await Promise.all(Array.from(this.#informers.values(), (informer) => informer.waitForSync({ signal })));
  }

  /** @internal Called by the factory. */
  start(signal?: AbortSignal): void {
    this.#running ??= this.#run(
      signal ? AbortSignal.any([signal, this.#stopping.signal]) : this.#stopping.signal,
      signal,
    );
  }

  /** @internal Called by the factory. The informers are its own. */
  async stop(): Promise<void> {
    this.#stopping.abort(this.#aborted());
    this.#discovered.reject(this.#aborted());
    await this.#running;
  }

  async #run(ended: AbortSignal, signal: AbortSignal | undefined): Promise<void> {
    const { client, clock, random } = this.#context;
    const mapper = new RestMapper({ client: client.discovery, clock, onError: (error) => this.#report(error) });
    const watched = this.#watchDefinitions();
    const backoff = new Backoff(retry, clock, random);
    const close = () => {
      mapper.close();
      this.#wake();
    };
    ended.addEventListener('abort', close, { once: true });
    while (!ended.aborted) {
      this.#hasChanged = false;
      let delay = pollInterval * (0.9 + 0.2 * random());
      try {
        await mapper.refresh();
        if (ended.aborted) break;
        this.#addNew(mapper.resources, signal);
        this.#discovered.resolve();
      } catch (thrown) {
        if (ended.aborted) break;
        this.#report(thrown);
        delay = backoff.next();
      }
      await this.#pause(delay, ended);
      if (this.#hasChanged) await sleep(clock, debounce, ended);
    }
    mapper.close();
    this.#discovered.reject(this.#aborted());
    await watched.stop();
  }

  #addNew(resources: readonly ApiResource[], signal: AbortSignal | undefined): void {
    const { group, version } = parseGroupVersion(this.groupVersion);
    for (const resource of resources) {
      if (resource.group !== group || resource.version !== version || this.#informers.has(resource.resource)) continue;
      if (!resource.verbs.includes('list') || !resource.verbs.includes('watch')) continue;
      const informer = this.#context.forResource(resource);
      this.#informers.set(resource.resource, informer);
      try {
        this.#options.onInformer?.(informer, resource);
      } catch (thrown) {
        this.#report(thrown);
      }
      informer.start(signal);
    }
  }

  /** Also the ones that were there: they may have come after discovery was asked. */
  #watchDefinitions(): SharedIndexInformer<KubeObject> {
    const { client, clock, random } = this.#context;
    const informer = new SharedIndexInformer<KubeObject>({
      name: `definitions for ${this.groupVersion}`,
      listerWatcher: client.resource<KubeObject>(definitions, { as: 'metadata' }),
      clock,
      random,
    });
    informer.on('error', (error) => this.#report(error));
    const { group } = parseGroupVersion(this.groupVersion);
    informer.addEventHandler(({ object }) => {
      if (!object.metadata.name.endsWith(`.${group}`)) return;
      this.#hasChanged = true;
      this.#wake();
    });
    informer.start();
    return informer;
  }

  /** Until it is time, something has changed, or everything has ended. */
  #pause(delay: number, ended: AbortSignal): Promise<void> {
    if (ended.aborted || this.#hasChanged) return Promise.resolve();
    return new Promise((done) => {
      const timer = this.#context.clock.setTimer(() => this.#wake(), delay);
      this.#wake = () => {
        timer.cancel();
        this.#wake = () => undefined;
        done();
      };
    });
  }

  #report(thrown: unknown): void {
    const name = `discovery of ${this.groupVersion}`;
    const error = asKubeInformerError(thrown, 'Internal', name, 'It is tried again; see the cause.');
    const { onError } = this.#context;
    if (onError) onError(error, name);
    else warnUnheard(error);
  }

  #aborted(): KubeInformerError {
    return new KubeInformerError('SyncAborted', `the informers of ${this.groupVersion} were stopped`, {
      hint: 'Nothing to mend if that was meant.',
    });
  }
}
