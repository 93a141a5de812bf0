import {
  asKubeInformerError,
  type Clock,
  isBranded,
  KubeInformerError,
  requireAtLeast,
  systemClock,
  type Timer,
  warnUnheard,
} from '../runtime/index.ts';
import type { ApiResource } from './define-resource.ts';
import { type DiscoveryClient, type DiscoveryFailure, DiscoveryReader } from './discovery.ts';
import { queryText, ResourceIndex, type ResourceQuery } from './resource-index.ts';

export interface RestMapperOptions {
  readonly client: DiscoveryClient;
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** Milliseconds for which unknown names cause no further refresh. Default: 10 000. */
  readonly missInterval?: number;
  /** Milliseconds without a further call after which `refreshSoon` refreshes. Default: 250. */
  readonly debounce?: number;
  /** Hears of every group that could not be discovered, and of refreshes in the background that failed altogether. Default: a process warning. */
  readonly onError?: (error: KubeInformerError) => void;
}

/** `refreshSoon` waits no longer than this many times its debounce, however often it is called. */
const longestDebounces = 8;

const noMatchBrand = Symbol.for('kube-informer.error.no-match');

/**
 * Discovery knows no such resource, also after asking the server again. `code` is `NoMatch`. `instanceof` works across copies of the package
 * in one process.
 */
export class NoMatchError extends KubeInformerError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(NoMatchError, noMatchBrand, this, value);
  }

  readonly [noMatchBrand] = true;
  /** Resources with similar names, such as `deployments.apps`; the nearest first. */
  readonly nearMatches: readonly string[];

  constructor(query: ResourceQuery, nearMatches: readonly string[], options: { hint: string; cause?: unknown }) {
    super('NoMatch', `no resource matches ${JSON.stringify(queryText(query))}`, options);
    this.name = 'NoMatchError';
    this.nearMatches = nearMatches;
  }
}

/**
 * Knows what a server serves: which resource a kind is, and which kind a resource; scope, verbs, short names, categories.
 * It asks the server when first needed, when told to, and when a name is unknown; what it knew stays valid until the
 * new answer is complete.
 *
 * @example
 * const mapper = new RestMapper({ client: client.discovery });
 * const { group, version, resource, namespaced } = await mapper.resolve('deploy');
 */
export class RestMapper {
  readonly #reader: DiscoveryReader;
  readonly #clock: Clock;
  readonly #missInterval: number;
  readonly #debounce: number;
  readonly #onError: (error: KubeInformerError) => void;
  readonly #closed = new AbortController();
  #index: ResourceIndex | undefined;
  #failures: readonly DiscoveryFailure[] = [];
  #inFlight: Promise<void> | undefined;
  /** When an unknown name last made this refresh, in monotonic milliseconds. */
  #lastMiss = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  /** Monotonic time by which the waiting `refreshSoon` is to run. */
  #latest = 0;

  constructor(options: RestMapperOptions) {
    const {
      client,
      clock = systemClock,
      missInterval = 10_000,
      debounce = 250,
      onError = (error) => warnUnheard(error),
    } = options;
    requireAtLeast('missInterval', missInterval, 0);
    requireAtLeast('debounce', debounce, 0);
    this.#reader = new DiscoveryReader(client);
    this.#clock = clock;
    this.#missInterval = missInterval;
    this.#debounce = debounce;
    this.#onError = onError;
  }

  /** Every resource in every version, as of the last refresh: preferred versions first. Empty before the first one. */
  get resources(): readonly ApiResource[] {
    return this.#index?.resources ?? [];
  }

  /** What the last refresh could not discover. Of that, `resources` still has what was known before. */
  get failures(): readonly DiscoveryFailure[] {
    return this.#failures;
  }

  /** What is known now, without asking the server. */
  find(query: ResourceQuery): ApiResource | undefined {
    return this.#index?.find(query);
  }

  /** The resources of a category such as `all`, each in its preferred version, as of the last refresh. */
  inCategory(category: string): ApiResource[] {
    const seen = new Set<string>();
    return this.resources.filter(({ group, resource, categories }) => {
      const name = `${group}/${resource}`;
      if (seen.has(name) || !categories.includes(category)) return false;
      seen.add(name);
      return true;
    });
  }

  /**
   * The resource that is meant. A name that is not known makes it ask the server again, once per `missInterval` at most.
   *
   * @throws NoMatchError if there is no such resource, with names that are near.
   * @throws KubeInformerError if discovery failed and nothing is known from before; `AlreadyStopped` after `close`.
   */
  async resolve(query: ResourceQuery): Promise<ApiResource> {
    const known = this.find(query);
    if (known) return known;
    let failure: KubeInformerError | undefined;
    const mayRefresh = this.#clock.monotonic() - this.#lastMiss >= this.#missInterval;
    if (!this.#index || mayRefresh || this.#inFlight) {
      if (!this.#inFlight) this.#lastMiss = this.#clock.monotonic();
      try {
        await this.refresh();
      } catch (thrown) {
        failure = asKubeInformerError(thrown, 'Internal', 'discovery', 'Please report this.');
        if (!this.#index) throw failure;
      }
      const found = this.find(query);
      if (found) return found;
    }
    throw this.#noMatch(query, failure);
  }

  #noMatch(query: ResourceQuery, failure: KubeInformerError | undefined): NoMatchError {
    const near = this.#index?.nearest(query) ?? [];
    const group = typeof query === 'string' ? undefined : query.group;
    // The group asked for may be among what could not be read.
    const failed = this.#failures.find(
      (entry) => group === undefined || entry.group === undefined || entry.group === group,
    );
    const cause = failure ?? failed?.error;
    const hints = [
      near.length > 0 ? `Did you mean ${near.join(' or ')}?` : undefined,
      group && !this.#index?.hasGroup(group) ? `The server has no group ${group}.` : undefined,
      cause ? `Not everything could be discovered: ${cause.message}.` : undefined,
    ].filter((text) => text !== undefined);
    const hint = hints.length > 0 ? hints.join(' ') : 'A custom resource needs its CustomResourceDefinition installed.';
    return new NoMatchError(query, near, { hint, ...(cause && { cause }) });
  }

  /**
   * Asks the server now. Calls while one is under way share it.
   *
   * @throws KubeInformerError if nothing could be read; what was known stays. If only a part failed, see `failures`.
   */
  refresh(): Promise<void> {
    this.#inFlight ??= this.#refresh().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #refresh(): Promise<void> {
    const { signal } = this.#closed;
    if (signal.aborted) throw closedError();
    const { groups, failures } = await this.#reader.read(signal).catch((thrown: unknown) => {
      throw signal.aborted ? closedError() : thrown;
    });
    this.#index = new ResourceIndex(groups);
    this.#failures = failures;
    for (const { error } of failures) this.#onError(error);
  }

  /**
   * Refreshes in the background once the calls of this have ceased for a moment: for whoever sees that definitions or API
   * services change, often many at once. A failure goes to `onError`.
   */
  refreshSoon(): void {
    if (this.#closed.signal.aborted) return;
    const now = this.#clock.monotonic();
    if (!this.#timer) this.#latest = now + longestDebounces * this.#debounce;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(
      () => {
        this.#timer = undefined;
        void this.#refreshInBackground();
      },
      Math.min(this.#debounce, this.#latest - now),
    );
  }

  async #refreshInBackground(): Promise<void> {
    try {
      // One that is under way may have read before the change that is to be seen.
      await this.#inFlight?.catch(() => {});
      if (!this.#closed.signal.aborted) await this.refresh();
    } catch (thrown) {
      if (this.#closed.signal.aborted) return;
      this.#onError(asKubeInformerError(thrown, 'Internal', 'discovery', 'Please report this.'));
    }
  }

  /** Ends what is under way; nothing is asked any more. What is known can still be found. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#closed.abort();
  }
}

function closedError(): KubeInformerError {
  return new KubeInformerError('AlreadyStopped', 'the REST mapper is closed', {
    hint: 'Create another one, or close it later.',
  });
}
