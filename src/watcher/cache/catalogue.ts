import {
  type ApiResource,
  asKubeInformerError,
  Backoff,
  type Clock,
  gvrText,
  type KubeClient,
  type KubeInformerError,
  type KubeObject,
  type Random,
  RestMapper,
  SharedIndexInformer,
  type Timer,
} from '../../index.ts';
import type { Target, WatcherConfig } from '../config/index.ts';
import { apiServices, type Definition, definitions, type PrinterColumn, slim } from './definitions.ts';

export interface CatalogueOptions {
  readonly client: KubeClient;
  readonly config: WatcherConfig['discovery'];
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: (error: KubeInformerError) => void;
}

const hint = 'What was known of the kinds of the cluster stays valid meanwhile.';
/** However often definitions change, what is served is read no later than after so many debounces. */
const longestDebounces = 8;

/**
 * Which kinds the cluster serves, kept fresh: definitions of custom resources and API services are watched where they may be, and everything is asked for
 * now and then (an answer that did not change costs nothing).
 *
 * Invariants: what is known stays until something newer is complete; a group that can't be read keeps its last description.
 */
export class Catalogue {
  readonly #options: CatalogueOptions;
  readonly #mapper: RestMapper;
  readonly #listeners = new Set<() => void>();
  readonly #followed = new Map<string, SharedIndexInformer<KubeObject>>();
  /** While nothing is known, nothing works: then it is asked for more often. */
  readonly #backoff: Backoff;
  #poll: Timer | undefined;
  #soon: Timer | undefined;
  #latest = 0;
  #closed = false;
  #refreshes = 0;

  constructor(options: CatalogueOptions) {
    this.#options = options;
    const { client, clock, random, onError } = options;
    this.#backoff = new Backoff(
      { initial: 500, factor: 2, max: 15_000, jitter: 0.2, resetAfter: 60_000 },
      clock,
      random,
    );
    this.#mapper = new RestMapper({ client: client.discovery, clock, onError });
  }

  /** Reads what is served, and keeps reading. Resolves after the first attempt, whatever came of it. */
  async start(): Promise<void> {
    await this.#refresh();
    this.#schedule();
  }

  /** Whether anything is known yet. */
  get ready(): boolean {
    return this.#mapper.resources.length > 0;
  }

  /** Everything that is served, in every version. */
  get resources(): readonly ApiResource[] {
    return this.#mapper.resources;
  }

  /** How often what is served was read anew. */
  get refreshes(): number {
    return this.#refreshes;
  }

  /** The definitions of custom resources, as far as they are watched; slim ones. */
  get definitions(): SharedIndexInformer<KubeObject> | undefined {
    return this.#followed.get(gvrText(definitions));
  }

  /** The columns that the definition of a custom resource wants tables to have, as far as definitions are watched. */
  printerColumns({ group, version, resource }: ApiResource): readonly PrinterColumn[] | undefined {
    // What this informer holds went through `slim`.
    const definition = this.definitions?.indexer.get(`${resource}.${group}`) as Definition | undefined;
    return definition?.spec.versions.find(({ name }) => name === version)?.additionalPrinterColumns;
  }

  isServed(resource: ApiResource): boolean {
    return (
      this.#mapper.find({ group: resource.group, version: resource.version, resource: resource.resource }) !== undefined
    );
  }

  /** @throws NoMatchError, with names that are near; what discovery failed with if nothing is known. */
  async resolve(
    query: Target | { readonly group: string; readonly version: string; readonly resource: string },
  ): Promise<ApiResource> {
    const known = this.#mapper.find(query);
    if (known) return known;
    const found = await this.#mapper.resolve(query);
    // It came since the last time: others may wait for it, too.
    this.#changed();
    return found;
  }

  /** What is known now, without asking the server. */
  find(
    query: Target | { readonly group: string; readonly version: string; readonly resource: string },
  ): ApiResource | undefined {
    return this.#mapper.find(query);
  }

  /** Calls `listener` after each refresh. @returns a function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#poll?.cancel();
    this.#soon?.cancel();
    this.#mapper.close();
    await Promise.all(Array.from(this.#followed.values(), (informer) => informer.stop()));
  }

  #schedule(): void {
    if (this.#closed) return;
    const { config, clock, random } = this.#options;
    const delay = this.ready ? config.pollSeconds * 1_000 * (0.9 + 0.2 * random()) : this.#backoff.next();
    this.#poll = clock.setTimer(() => void this.#refresh().then(() => this.#schedule()), delay);
  }

  async #refresh(): Promise<void> {
    try {
      await this.#mapper.refresh();
      if (this.#closed) return;
      this.#refreshes++;
      this.#follow();
      this.#changed();
    } catch (thrown) {
      if (this.#closed) return;
      this.#options.onError(asKubeInformerError(thrown, 'ConnectionFailed', 'discovery', hint));
    }
  }

  #refreshSoon(): void {
    if (this.#closed) return;
    const { config, clock } = this.#options;
    const now = clock.monotonic();
    if (!this.#soon) this.#latest = now + longestDebounces * config.debounceMs;
    this.#soon?.cancel();
    this.#soon = clock.setTimer(
      () => {
        this.#soon = undefined;
        void this.#refresh();
      },
      Math.min(config.debounceMs, this.#latest - now),
    );
  }

  /** Watches what tells that kinds come and go, as soon as the server is known to have it. */
  #follow(): void {
    if (!this.#options.config.followCrds) return;
    for (const resource of [definitions, apiServices]) {
      const key = gvrText(resource);
      if (this.#followed.has(key) || !this.#mapper.find(resource)) continue;
      const { client, clock, random, onError } = this.#options;
      const informer = new SharedIndexInformer<KubeObject>({
        name: `discovery: ${resource.resource}`,
        listerWatcher: client.resource<KubeObject>(resource, { as: resource === apiServices ? 'metadata' : 'full' }),
        ...(resource === definitions && { transform: (object: KubeObject) => slim(object as Definition) }),
        clock,
        random,
      });
      informer.on('error', onError);
      // What was there before is in the answer that led here.
      informer.addEventHandler((event) => {
        if (event.type !== 'add' || !event.isInInitialList) this.#refreshSoon();
      });
      informer.start();
      this.#followed.set(key, informer);
    }
  }

  #changed(): void {
    for (const listener of Array.from(this.#listeners)) listener();
  }
}
