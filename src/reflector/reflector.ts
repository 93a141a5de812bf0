import {
  ApiStatusError,
  type Bookmark,
  INITIAL_EVENTS_END,
  type KubeObject,
  type WatchEvent,
  type WatchOptions,
} from '../kubernetes/index.ts';
import {
  asKubeInformerError,
  Backoff,
  type BackoffOptions,
  type Clock,
  hops,
  KubeInformerError,
  publishHop,
  type Random,
  requireAtLeast,
  sharedTurns,
  sleep,
  systemClock,
} from '../runtime/index.ts';
import { abortable } from './abortable.ts';
import { type Action, type Activity, classifyFailure, failurePolicy } from './failure-policy.ts';
import { Intake } from './intake.ts';
import { listPages } from './list-pages.ts';
import { OpenWatch } from './open-watch.ts';
import type { ReflectorOptions } from './options.ts';
import type { ReflectorState, ReflectorStatus } from './status.ts';

const defaultBackoff: BackoffOptions = { initial: 800, factor: 2, max: 30_000, jitter: 1, resetAfter: 120_000 };
/** For what does not mend itself: no rights, no such resource. */
const slowBackoff: BackoffOptions = { initial: 5_000, factor: 2, max: 60_000, jitter: 0.5, resetAfter: 180_000 };
const defaultPageSize = 500;
/** A watch that ends sooner than this was refused in disguise, milliseconds. */
const earlyClose = 1_000;
/** How long after its own timeout a server may still end a watch, milliseconds. */
const lifetimeGrace = 10_000;
/** Resuming this often without progress is enough; then the state is fetched anew. */
const maxFruitlessResumes = 3;

type Step<T> =
  | { readonly do: 'stream' }
  | { readonly do: 'list' }
  | { readonly do: 'watch'; readonly held?: OpenWatch<T> };

/**
 * Keeps a store equal to a collection on the server, until told to stop.
 *
 * ```
 *            ┌──────────────┐ mark   ┌───────────┐ end
 *  start ──► │ stream / list│ ─────► │   watch   │ ───► watch on
 *            └──────────────┘        └───────────┘
 *               ▲   failure: one row of `failurePolicy` says what to do and from where to go on
 *               └───────────────────────┘
 * ```
 *
 * Invariants:
 * - `store.replace` is called with complete states only; between two of them the store gets the changes in the server's order.
 * - `#position` is the version up to which the store has been given everything; it never names anything that was not handed over.
 * - Every attempt against the server that follows a failure waits first, but for the one fresh list after `Expired` and the list that
 *   takes the place of a stream.
 *
 * @example
 * const reflector = new Reflector({ listerWatcher: client.resource<Pod>(pods), store });
 * await reflector.run(signal);
 */
export class Reflector<T extends KubeObject> {
  readonly name: string;
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #backoff: Backoff;
  readonly #slowBackoff: Backoff;
  readonly #intake: Intake<T>;
  #started = false;
  #state: ReflectorState = { phase: 'idle' };
  #activity: Activity = 'stream';
  /** `undefined`: nothing was ever synced. */
  #position: string | undefined;
  /** The server said that it no longer has `#position`: the next state is to be its most recent one. */
  #positionLost = false;
  /** A list at version `0` came in pages: there is no watch cache, and much to list. */
  #paginated = false;
  #canStream: boolean;
  #fruitlessResumes = 0;
  #consecutiveFailures = 0;
  #lastContactAt: number | undefined;
  #lastSyncAt: number | undefined;
  #lastError: KubeInformerError | undefined;
  readonly #requests = { list: 0, stream: 0, watch: 0 };
  #events = 0;

  constructor(options: ReflectorOptions<T>) {
    requireAtLeast('initialEventsTimeout', options.initialEventsTimeout ?? 30_000, 1);
    requireAtLeast('idleTimeout', options.idleTimeout ?? 90_000, 1);
    requireAtLeast('watchTimeout', options.watchTimeout ?? 300, 1);
    requireAtLeast('pageSize', options.pageSize ?? defaultPageSize, 1);
    requireAtLeast('maxFailures', options.maxFailures ?? 1, 1);
    this.#options = options;
    this.name = options.name ?? options.listerWatcher.description;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff(options.backoff ?? defaultBackoff, this.#clock, this.#random);
    this.#slowBackoff = new Backoff(slowBackoff, this.#clock, this.#random);
    this.#intake = new Intake({
      name: this.name,
      transform: options.transform,
      maxObjects: options.maxObjects,
      onSkip: options.onSkip,
      turns: options.turns ?? sharedTurns,
    });
    this.#canStream = (options.streamInitialState ?? true) && options.listerWatcher.supportsInitialEvents;
  }

  get status(): ReflectorStatus {
    return {
      state: this.#state,
      resourceVersion: this.#position ?? '',
      lastContactAt: this.#lastContactAt,
      lastSyncAt: this.#lastSyncAt,
      requests: { ...this.#requests },
      events: this.#events,
      skipped: this.#intake.skipped,
      consecutiveFailures: this.#consecutiveFailures,
      lastError: this.#lastError,
    };
  }

  /**
   * Runs until `signal` is aborted; then it resolves, and nothing of it is left.
   *
   * @throws KubeInformerError `AlreadyStarted` on a second call; any other when no repetition can help, or after `maxFailures`.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#started) {
      throw new KubeInformerError('AlreadyStarted', `the reflector of ${this.name} was started before`, {
        hint: 'A reflector runs once; make a new one.',
      });
    }
    this.#started = true;
    try {
      let step = this.#sync();
      while (!signal.aborted) step = await this.#take(step, signal);
      this.#enter({ phase: 'stopped' });
    } catch (thrown) {
      const error = asKubeInformerError(
        thrown,
        'Internal',
        `the reflector of ${this.name} broke`,
        'Please report this.',
      );
      this.#enter({ phase: 'failed', error });
      throw error;
    }
  }

  async #take(step: Step<T>, signal: AbortSignal): Promise<Step<T>> {
    this.#activity = step.do;
    try {
      const admit = this.#options.admit ?? ((run) => run());
      if (step.do === 'stream') return await admit(() => this.#streamState(signal), signal);
      if (step.do === 'list') return await admit(() => this.#listState(signal), signal);
      return await this.#follow(step.held, signal);
    } catch (thrown) {
      if (signal.aborted) return this.#sync();
      const hint = 'The lister-watcher failed in a way of its own; see the cause.';
      return this.#recover(asKubeInformerError(thrown, 'ConnectionFailed', this.name, hint), signal);
    }
  }

  /** The step that fetches a whole state. */
  #sync(): Step<T> {
    return this.#canStream ? { do: 'stream' } : { do: 'list' };
  }

  async #recover(error: KubeInformerError, signal: AbortSignal): Promise<Step<T>> {
    const activity = this.#activity;
    const failure = classifyFailure(error);
    let action = failurePolicy[failure][activity];
    this.#consecutiveFailures++;
    this.#lastError = error;
    if (this.#consecutiveFailures >= (this.#options.maxFailures ?? Number.POSITIVE_INFINITY)) action = 'fail';
    if (action === 'resumeOrRelist' && ++this.#fruitlessResumes >= maxFruitlessResumes) action = 'again';
    // Without a version there is nothing to resume from.
    if ((action === 'resume' || action === 'resumeOrRelist') && !this.#position) action = 'again';
    const delay = this.#delay(action, error);
    this.#options.onFailure?.({ error, activity, action, delay });
    if (action === 'fail') throw error;
    if (delay > 0) {
      this.#enter({ phase: 'waiting', until: this.#clock.now() + delay, error });
      await sleep(this.#clock, delay, signal);
    }
    switch (action) {
      case 'listFromNowOn':
        this.#canStream = false;
        return { do: 'list' };
      case 'list':
        return { do: 'list' };
      case 'resume':
      case 'resumeOrRelist':
        return { do: 'watch' };
      case 'fresh':
        this.#positionLost = true;
        return { do: activity === 'list' ? 'list' : 'stream' };
      default:
        return this.#sync();
    }
  }

  #delay(action: Action, error: KubeInformerError): number {
    if (action === 'fail' || action === 'list' || action === 'listFromNowOn') return 0;
    if (action === 'fresh' && !this.#positionLost) return 0;
    const delay = action === 'slowly' ? this.#slowBackoff.next() : this.#backoff.next();
    return Math.max(delay, error instanceof ApiStatusError ? (error.retryAfter ?? 0) : 0);
  }

  async #listState(signal: AbortSignal): Promise<Step<T>> {
    this.#enter({ phase: 'listing', how: 'list' });
    const { listerWatcher, pageSize } = this.#options;
    const resourceVersion = this.#positionLost ? '' : (this.#position ?? '0');
    const inPages = pageSize !== undefined || this.#paginated || resourceVersion === '' || resourceVersion === '0';
    let kept = new Set<string>();
    let listed = 0;
    const state = await abortable(
      listPages({
        listerWatcher,
        limit: inPages ? (pageSize ?? defaultPageSize) : undefined,
        resourceVersion,
        signal,
        onStart: () => {
          kept = new Set();
          listed = 0;
        },
        onPage: (items) => {
          this.#requests.list++;
          this.#heard();
          listed += items.length;
          this.#intake.checkCount(listed);
          return this.#intake.page(items, kept);
        },
      }),
      signal,
    );
    if (resourceVersion === '0' && state.pages > 1) this.#paginated = true;
    this.#replace(state.objects, state.resourceVersion, kept);
    return { do: 'watch' };
  }

  async #streamState(signal: AbortSignal): Promise<Step<T>> {
    this.#enter({ phase: 'listing', how: 'stream' });
    this.#requests.stream++;
    const watch = await this.#open(
      {
        resourceVersion: this.#positionLost ? '' : (this.#position ?? ''),
        resourceVersionMatch: 'NotOlderThan',
        sendInitialEvents: true,
        allowWatchBookmarks: true,
      },
      signal,
    );
    const { initialEventsTimeout = 30_000 } = this.#options;
    const noMark = (what: string) =>
      new KubeInformerError(
        'InitialEventsTimeout',
        `${this.name}: ${what} before the mark that ends the initial events`,
        {
          hint: 'The server, or a proxy before it, does not support streaming lists; the informer lists in pages from now on.',
        },
      );
    watch.expect({
      limit: initialEventsTimeout,
      brokenBy: 'told',
      error: () => noMark(`no new object for ${initialEventsTimeout} ms`),
    });
    const objects = new Map<string, T>();
    const kept = new Set<string>();
    let handedOver = false;
    try {
      for (let batch = await watch.next(); batch; batch = await watch.next()) {
        this.#heard();
        for (const [index, event] of batch.entries()) {
          if (event.type === 'ERROR') throw this.#streamError(event.object);
          if (event.type === 'BOOKMARK') {
            // Ordinary bookmarks come after the mark; one before it shows that there will be none.
            if (event.object.metadata.annotations?.[INITIAL_EVENTS_END] !== 'true')
              throw noMark('an ordinary bookmark');
            watch.unread(batch.slice(index + 1));
            this.#replace(Array.from(objects.values()), event.object.metadata.resourceVersion, kept);
            handedOver = true;
            return { do: 'watch', held: watch };
          }
          const before = objects.size;
          this.#collect(event, objects, kept);
          if (objects.size === before) continue;
          watch.touch();
          this.#intake.checkCount(objects.size);
        }
      }
      throw this.#closedEarly('before the mark that ends the initial events');
    } finally {
      if (!handedOver) watch.close();
    }
  }

  /** Applies one event to a state that is still being collected. */
  #collect(
    event: Exclude<WatchEvent<T>, { type: 'BOOKMARK' | 'ERROR' }>,
    objects: Map<string, T>,
    kept: Set<string>,
  ): void {
    const key = this.#intake.keyOf(event.object);
    if (key === undefined) return;
    kept.delete(key);
    if (event.type === 'DELETED') {
      objects.delete(key);
      return;
    }
    const object = this.#intake.transform(event.object);
    if (object !== undefined) objects.set(key, object);
    else if (!objects.has(key)) kept.add(key);
  }

  async #follow(held: OpenWatch<T> | undefined, signal: AbortSignal): Promise<Step<T>> {
    if (!held) {
      this.#enter({ phase: 'connecting' });
      this.#requests.watch++;
    }
    const watch =
      held ?? (await this.#open({ resourceVersion: this.#position ?? '', allowWatchBookmarks: true }, signal));
    const { idleTimeout = 90_000, store } = this.#options;
    watch.expect({
      limit: idleTimeout,
      brokenBy: 'anything',
      error: () =>
        new KubeInformerError('StreamStalled', `the watch of ${this.name} was silent for ${idleTimeout} ms`, {
          hint: 'The connection is probably dead (a load balancer or NAT forgot it); the informer opens another.',
        }),
    });
    this.#consecutiveFailures = 0;
    this.#enter({ phase: 'live' });
    try {
      for (let batch = await watch.next(); batch; batch = await watch.next()) {
        this.#heard();
        for (const event of batch) this.#pass(event);
        this.#fruitlessResumes = 0;
        for (let full = store.ready?.(); full; full = store.ready?.()) {
          // It is silent because we do not read.
          watch.pause();
          await abortable(full, signal);
          watch.resume();
        }
      }
    } finally {
      watch.close();
    }
    if (this.#clock.monotonic() - watch.openedAt < earlyClose) throw this.#closedEarly('at once');
    return this.#position ? { do: 'watch' } : this.#sync();
  }

  /** Hands one live event to the store. */
  #pass(event: WatchEvent<T>): void {
    if (event.type === 'ERROR') throw this.#streamError(event.object);
    if (event.type === 'BOOKMARK') {
      this.#bookmark(event.object);
      return;
    }
    const key = this.#intake.keyOf(event.object);
    if (key === undefined) return;
    const { resourceVersion } = event.object.metadata;
    if (hops.hasSubscribers) publishHop({ hop: 'reflector', name: this.name, key, resourceVersion });
    const object = this.#intake.transform(event.object);
    const { store } = this.#options;
    if (object === undefined) {
      if (event.type === 'DELETED') store.forget(key);
    } else if (event.type === 'ADDED') store.add(object);
    else if (event.type === 'MODIFIED') store.update(object);
    else store.delete(object);
    this.#events++;
    if (resourceVersion) this.#position = resourceVersion;
  }

  #bookmark({ metadata: { resourceVersion } }: Bookmark): void {
    this.#position = resourceVersion;
    this.#options.store.bookmark?.(resourceVersion);
  }

  #replace(objects: readonly T[], resourceVersion: string, kept: ReadonlySet<string>): void {
    this.#options.store.replace(objects, resourceVersion, kept);
    this.#position = resourceVersion;
    this.#positionLost = false;
    this.#lastSyncAt = this.#clock.now();
  }

  async #open(options: WatchOptions, signal: AbortSignal): Promise<OpenWatch<T>> {
    const shortest = this.#options.watchTimeout ?? 300;
    const timeoutSeconds = Math.floor(shortest * (1 + this.#random()));
    const opening = this.#options.listerWatcher.watch({ ...options, timeoutSeconds }, signal);
    const stream = await abortable(opening, signal, (late) => late.close());
    this.#heard();
    return new OpenWatch(stream, { clock: this.#clock, signal, lifetime: timeoutSeconds * 1000 + lifetimeGrace });
  }

  #heard(): void {
    this.#lastContactAt = this.#clock.now();
  }

  #streamError(status: ApiStatusError['status']): ApiStatusError {
    return new ApiStatusError(status, { request: `watch of ${this.name}` });
  }

  #closedEarly(when: string): KubeInformerError {
    return new KubeInformerError('StreamClosedEarly', `the watch of ${this.name} was closed ${when}`, {
      hint: 'A proxy or an overloaded server closes watches; look at its limits and time-outs.',
    });
  }

  #enter(state: ReflectorState): void {
    this.#state = state;
    this.#options.onStateChange?.(state);
  }
}
