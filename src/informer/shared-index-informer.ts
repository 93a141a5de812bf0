import type { KubeObject } from '../kubernetes/index.ts';
import { Tally } from '../reflector/index.ts';
import { type Clock, KubeInformerError, sharedTurns, systemClock, type Turns } from '../runtime/index.ts';
import { Indexer, type Indexers, Lister, NAMESPACE_INDEX } from '../store/index.ts';
import { Applier } from './applier.ts';
import type { CheckpointHandler } from './checkpoint.ts';
import { EventStream } from './event-stream.ts';
import type { EventHandler } from './events.ts';
import type { Feed, FeedOptions } from './feed.ts';
import { type AddHandler, Handlers } from './handlers.ts';
import { immutabilityGuard } from './immutability.ts';
import type {
  CheckpointedHandlerOptions,
  EventHandlerOptions,
  HandlerRegistration,
  SharedIndexInformerOptions,
} from './options.ts';
import { Ownership } from './ownership.ts';
import { Parts } from './parts.ts';
import { type InformerSignals, Signals } from './signals.ts';
import { descriptionOf, type Sources, sourcesOf } from './sources.ts';
import { type InformerStats, statsOf } from './stats.ts';
import { type InformerStatus, statusOf } from './status.ts';
import { InformerView, ViewFeed } from './view.ts';
import { type SyncOptions, waitForSync } from './wait.ts';

/**
 * A live, indexed copy of a collection, shared by any number of readers and handlers.
 *
 * Guarantees, for each handler:
 * - The cache has changed before the handler hears of it; it may be newer than the event, never older.
 * - Calls are strictly sequential and, for each object, in the order of the server. Events chain: the new object of one is the old
 *   object of the next. They begin with an add and end with a delete.
 * - A deletion that was missed is delivered later, marked `finalStateUnknown`. Delete and recreate is a delete and an add.
 * - A handler that throws, hangs or lags harms neither the cache nor any other handler.
 *
 * Not guaranteed: that every state is seen (a reconnect may skip some), any order between handlers, reading your own writes at once.
 * After any sequence of faults, and some quiet, the cache equals the server. A disconnected informer keeps its cache and says so in `status()`.
 * @example
 * const informer = new SharedIndexInformer<Pod>({ listerWatcher: client.resource<Pod>(podResource) });
 * informer.addEventHandler({ onAdd: (pod) => console.log(pod.metadata.name) });
 * informer.start(signal);
 * await informer.waitForSync({ signal });
 */
export class SharedIndexInformer<T extends KubeObject, Name extends string = never> {
  readonly name: string;
  readonly indexer: Indexer<T, Name>;
  readonly lister: Lister<T>;
  /** Settles when the informer has ended and nothing of it is left: rejects if it failed, else resolves. */
  readonly done: Promise<void>;
  readonly #options: SharedIndexInformerOptions<T, Name>;
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #signals: Signals;
  readonly #applier: Applier<T>;
  readonly #feed: Feed<T>;
  readonly #handlers: Handlers<T>;
  /** Of the indexes that were added here; some may have been removed since. */
  readonly #indexNames: Set<string>;
  readonly #done = Promise.withResolvers<void>();
  readonly #stopper = new AbortController();
  #started = false;
  #failure: KubeInformerError | undefined;

  /** @throws KubeInformerError `InvalidOption` */
  constructor(options: SharedIndexInformerOptions<T, Name>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#turns = options.turns ?? sharedTurns;
    const { listerWatcher } = options;
    const source = listerWatcher instanceof InformerView ? listerWatcher : sourcesOf(listerWatcher);
    this.name = options.name ?? (source instanceof InformerView ? `view of ${source.of.name}` : descriptionOf(source));
    this.#signals = new Signals(this.name);
    this.indexer = new Indexer({ ...(options.indexers && { indexers: options.indexers }), onError: this.#report });
    this.#indexNames = new Set([NAMESPACE_INDEX, ...Object.keys(options.indexers ?? {})]);
    this.lister = new Lister<T>(this.indexer);
    const guard = immutabilityGuard<T>(options.immutability ?? 'off', this.#report);
    this.#handlers = new Handlers<T>({
      informer: this.name,
      indexer: this.indexer,
      hasSynced: () => this.hasSynced(),
      resyncPeriod: options.resyncPeriod ?? 0,
      guard,
      clock: this.#clock,
      turns: this.#turns,
      report: this.#report,
    });
    const switches = 'clusterWideAbove' in source && source.clusterWideAbove !== undefined;
    const ownership = switches ? new Ownership<T>() : undefined;
    this.#applier = new Applier<T>({
      name: this.name,
      gate: ownership,
      indexer: this.indexer,
      tally: new Tally({ name: this.name, maxObjects: options.maxObjects, maxBytes: options.maxBytes }),
      seal: guard.seal,
      onEvents: (events) => this.#handlers.distribute(events),
      onListed: (part) => this.#feed.onListed(part),
      onProgress: (part) => this.#feed.onProgress(part),
      onFailure: (error) => {
        this.#report(error);
        this.#fail(error);
      },
    });
    this.#feed = this.#feedOf(source, ownership);
    this.done = this.#done.promise;
    this.done.catch(() => undefined); // Nobody has to wait for it; failures are signalled as well.
  }

  /** Whether the whole initial state was in the cache once. Never goes back. */
  hasSynced(): boolean {
    return this.#feed.synced;
  }

  /**
   * Adds a handler with a checkpoint: after a restart of the process it gets, instead of the initial list, what it has not handled yet: adds,
   * and a `missedUpdate` or `missedDelete` for what changed or went away while nobody looked. What did not change is no event.
   */
  addEventHandler(handler: CheckpointHandler<T>, options: CheckpointedHandlerOptions): HandlerRegistration;
  /**
   * Adds a handler. It first gets an add (`isInInitialList`) for each object that is in the cache, then whatever changes: nothing twice and
   * without a gap. May be called at any time before the end, also from inside a handler.
   *
   * @throws KubeInformerError `AlreadyStopped`, or `InvalidOption`.
   */
  // The last of the overloads: what takes any informer (`sourceOf`, `waitFor`) infers its `T` from this one.
  addEventHandler(handler: EventHandler<T>, options?: EventHandlerOptions): HandlerRegistration;
  addEventHandler(
    handler: EventHandler<T> | CheckpointHandler<T>,
    options: EventHandlerOptions = {},
  ): HandlerRegistration {
    if (this.#stopper.signal.aborted) {
      throw new KubeInformerError('AlreadyStopped', `a handler was added to ${this.name} after its end`, {
        hint: 'An informer runs once. Make a new one, or ask the factory for it.',
      });
    }
    this.#applier.flush();
    // The overloads say which handlers go with which options.
    return this.#handlers.add(...([handler, options] as AddHandler<T>));
  }

  /**
   * The events of this informer as a stream: first an add for each object of the cache, then what changes. The stream is a handler of its own,
   * from the moment it is first read: what its reader has not taken yet waits. Ends with `signal`, with the informer, or when the reader leaves
   * the loop.
   *
   * @throws KubeInformerError (when read) `AlreadyStopped`; `HandlerOverflow` if the reader fell behind under the overflow policy `fail`.
   * @example
   * for await (const event of informer.events({ signal })) console.log(event.type, event.object.metadata.name);
   */
  events(options: EventHandlerOptions & { readonly signal?: AbortSignal } = {}): EventStream<T> {
    return new EventStream<T>(this, options);
  }

  /** Adds indexes, over present objects too; see `Indexer.addIndexers`. @returns this informer, typed with the new names. */
  addIndexers<More extends string>(indexers: Indexers<T, More>): SharedIndexInformer<T, Name | More> {
    this.indexer.addIndexers(indexers);
    for (const name of Object.keys(indexers)) this.#indexNames.add(name);
    // The names are known to the compiler only.
    return this as unknown as SharedIndexInformer<T, Name | More>;
  }

  /** Calls `listener` whenever `signal` is given. @returns a function that ends this. */
  on<Signal extends keyof InformerSignals>(signal: Signal, listener: InformerSignals[Signal]): () => void {
    return this.#signals.on(signal, listener);
  }

  /** Begins to watch, until `signal` is aborted or `stop` is called. Calling it again does nothing. */
  start(signal?: AbortSignal): void {
    if (this.#started) return;
    this.#started = true;
    const stop = () => this.#stopper.abort(signal?.reason);
    if (signal?.aborted) stop();
    else {
      signal?.addEventListener('abort', stop, { once: true, signal: this.#stopper.signal });
      this.#handlers.start();
    }
    void this.#run();
  }

  /** `start`, then waits for the end. @throws KubeInformerError what the informer failed with. */
  run(signal?: AbortSignal): Promise<void> {
    this.start(signal);
    return this.done;
  }

  /**
   * Ends it: no request, timer or handler call is left when the promise resolves. A handler call that is under way is given 10 seconds to end:
   * do not await `stop` from inside it. Idempotent; does not reject.
   */
  async stop(): Promise<void> {
    this.#stopper.abort();
    if (!this.#started) {
      this.#started = true;
      await this.#end();
    }
    await this.done.catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Waits for the initial sync.
   *
   * @throws KubeInformerError `SyncAborted` or `SyncTimeout`, with the last failure of the informer as its cause.
   */
  waitForSync(options: SyncOptions = {}): Promise<void> {
    return waitForSync(this, options, this.#clock);
  }

  /** Gives up the watches that are open, and watches on from the last version; see `Reflector.reconnect`. */
  reconnect(): void {
    this.#feed.reconnect();
  }

  /** Fetches the whole state anew; handlers are told of what is different. See `Reflector.relist`. */
  relist(): void {
    this.#feed.relist();
  }

  /** Makes the next attempt at once wherever one is being waited for; see `Reflector.retryNow`. */
  retryNow(): void {
    this.#feed.retryNow();
  }

  status(): InformerStatus {
    const { size: objects, resourceVersion } = this.indexer;
    return statusOf(this.#feed.reflectors(), {
      started: this.#started,
      awaiting: this.#feed.awaiting,
      ended: this.#stopper.signal.aborted,
      failure: this.#failure,
      everSynced: this.hasSynced(),
      objects,
      resourceVersion,
      handlers: this.#handlers.status(),
    });
  }

  /** How big it is. Computed when asked for, in a few milliseconds: bytes are estimated from a sample of the objects. */
  stats(): InformerStats {
    return statsOf(this.name, this.indexer, this.#indexNames, this.#handlers.status());
  }

  async #run(): Promise<void> {
    await this.#feed.run(this.#stopper.signal);
    await this.#end();
  }

  /** One part that cannot go on ends the whole: a cache that lacks a namespace for good must not look healthy. */
  #fail(error: KubeInformerError): void {
    if (this.#stopper.signal.aborted) return;
    this.#failure = error;
    this.#stopper.abort(error);
  }

  /** The way down: no more deltas, then no more handler calls. */
  async #end(): Promise<void> {
    this.#applier.close();
    const hint = 'Nothing to mend if that was meant.';
    const stopped = new KubeInformerError('SyncAborted', `${this.name} was stopped`, { hint });
    await this.#handlers.close(this.#failure ?? stopped);
    this.#signals.emit('stateChange');
    this.#signals.emit('stopped', this.#failure);
    if (this.#failure) this.#done.reject(this.#failure);
    else this.#done.resolve();
  }

  #feedOf(source: Sources<T> | InformerView<T>, ownership: Ownership<T> | undefined): Feed<T> {
    const options: FeedOptions<T> = {
      applier: this.#applier,
      turns: this.#turns,
      onSynced: () => {
        // What went before is told first, also if it is somebody else's call that made it synced.
        this.#applier.flush();
        this.#handlers.markSynced();
        this.#signals.emit('synced');
      },
      onEnd: (error) => (error ? this.#fail(error) : this.#stopper.abort()),
      onStateChange: () => this.#signals.emit('stateChange'),
      report: this.#report,
    };
    if (source instanceof InformerView) return new ViewFeed(source, options);
    // One object literal for everything would hand down options of our own as well.
    const { indexers, resyncPeriod, immutability, name, listerWatcher, ...handed } = this.#options;
    const { maxObjects, maxBytes, ...unlimited } = handed;
    const reflector = {
      // Among all namespaces there are objects that are not cached, and do not count.
      ...(ownership ? unlimited : handed),
      turns: this.#turns,
      onSkip: this.#report,
      onStateChange: options.onStateChange,
    };
    return new Parts({ ...options, name: this.name, sources: source, ownership, reflector });
  }

  readonly #report = (error: KubeInformerError): void => {
    this.#signals.emit('error', error);
  };
}
