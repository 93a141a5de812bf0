import { EventEmitter } from 'eventemitter3';
import type { KubeObject, ListerWatcher } from '../kubernetes/index.ts';
import { DeltaFIFO } from '../queue/index.ts';
import { Reflector, type ReflectorStatus } from '../reflector/index.ts';
import {
  asKubeInformerError,
  type Clock,
  KubeInformerError,
  requireAtLeast,
  sharedTurns,
  sleep,
  systemClock,
  type Turns,
} from '../runtime/index.ts';
import { Indexer, type Indexers, Lister } from '../store/index.ts';
import { Applier } from './applier.ts';
import { eventStream } from './event-stream.ts';
import type { EventHandler, InformerEvent } from './events.ts';
import { type ImmutabilityGuard, immutabilityGuard } from './immutability.ts';
import { Listener } from './listener.ts';
import type {
  EventHandlerOptions,
  HandlerRegistration,
  InformerSignals,
  SharedIndexInformerOptions,
} from './options.ts';
import { type InformerStatus, phaseOf } from './status.ts';
import { type SyncOptions, waitForSync } from './wait.ts';

/** After `stop` a handler call may take this long to end, milliseconds; then it is reported and left alone. */
const handlerGrace = 10_000;
const minResyncPeriod = 1_000;

interface Registered<T extends KubeObject> {
  readonly listener: Listener<T>;
  stopResync: () => void;
}

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
 *
 * After any sequence of faults, and some quiet, the cache equals the server. A disconnected informer keeps its cache and says so in `status()`.
 *
 * @example
 * const informer = new SharedIndexInformer<Pod>({ listerWatcher: client.resource<Pod>(pods) });
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
  readonly #emitter = new EventEmitter<InformerSignals>();
  readonly #guard: ImmutabilityGuard<T>;
  readonly #queue: DeltaFIFO<T>;
  readonly #applier: Applier<T>;
  readonly #reflectors = new Map<string, Reflector<T>>();
  readonly #handlers = new Set<Registered<T>>();
  /** Scopes whose first complete state is not yet in the cache. */
  readonly #unsynced: Set<string>;
  readonly #done = Promise.withResolvers<void>();
  readonly #stopper = new AbortController();
  #started = false;
  #ended: 'no' | 'stopped' | 'failed' = 'no';
  #failure: KubeInformerError | undefined;
  #handlerCount = 0;

  constructor(options: SharedIndexInformerOptions<T, Name>) {
    requireAtLeast('resyncPeriod', options.resyncPeriod ?? 0, 0);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#turns = options.turns ?? sharedTurns;
    const sources = sourcesOf(options.listerWatcher);
    this.name = options.name ?? Array.from(sources.values(), (source) => source.description).join(', ');
    this.#guard = immutabilityGuard(options.immutability ?? 'off', this.report);
    this.indexer = new Indexer({ ...(options.indexers && { indexers: options.indexers }), onError: this.report });
    this.lister = new Lister<T>(this.indexer);
    this.#queue = new DeltaFIFO({ onAvailable: () => this.#turns.take(this.#applier.apply) });
    this.#applier = new Applier<T>({
      name: this.name,
      queue: this.#queue,
      indexer: this.indexer,
      seal: this.#guard.seal,
      onEvents: (events) => this.#distribute(events),
      onSynced: (scope) => this.#scopeSynced(scope),
    });
    this.#unsynced = new Set(sources.keys());
    for (const [scope, source] of sources) this.#reflectors.set(scope, this.#reflector(scope, source));
    this.done = this.#done.promise;
    // Nobody has to wait for it; failures are signalled as well.
    this.done.catch(() => undefined);
  }

  /** Whether the whole initial state was in the cache once. Never goes back. */
  hasSynced(): boolean {
    return this.#unsynced.size === 0;
  }

  /**
   * Adds a handler. It first gets an add (`isInInitialList`) for each object that is in the cache, then whatever changes: nothing twice and
   * without a gap. May be called at any time before the end, also from inside a handler.
   *
   * @throws KubeInformerError `AlreadyStopped`, or `InvalidOption`.
   */
  addEventHandler(handler: EventHandler<T>, options: EventHandlerOptions = {}): HandlerRegistration {
    if (this.#ended !== 'no' || this.#stopper.signal.aborted) {
      throw new KubeInformerError('AlreadyStopped', `a handler was added to ${this.name} after its end`, {
        hint: 'An informer runs once. Make a new one, or ask the factory for it.',
      });
    }
    const resyncPeriod = options.resyncPeriod ?? this.#options.resyncPeriod ?? 0;
    if (resyncPeriod !== 0) requireAtLeast('resyncPeriod', resyncPeriod, minResyncPeriod);
    this.#handlerCount++;
    const listener = new Listener<T>({
      name: options.name ?? (nameOf(handler) || `handler-${this.#handlerCount}`),
      informer: this.name,
      handler,
      overflow: options.overflow ?? { policy: 'grow' },
      turns: this.#turns,
      onError: this.report,
      afterCall: this.#guard.afterCall,
    });
    const registered: Registered<T> = { listener, stopResync: () => undefined };
    this.#handlers.add(registered);
    if (resyncPeriod > 0) this.#resyncEvery(registered, resyncPeriod);
    listener.replay('initial', this.indexer.list());
    if (this.hasSynced()) listener.markSynced();
    const remove = async () => {
      registered.stopResync();
      this.#handlers.delete(registered);
      await listener.close(syncAborted(`handler ${listener.name} was removed`));
    };
    return {
      name: listener.name,
      ready: listener.ready,
      hasSynced: () => listener.hasSynced,
      get lag() {
        return listener.lag;
      },
      remove,
      [Symbol.asyncDispose]: remove,
    };
  }

  /**
   * The events of this informer as a stream: first an add for each object of the cache, then what changes. The stream is a handler of its own:
   * what its reader has not taken yet waits. Ends with `signal`, with the informer, or when the reader leaves the loop.
   *
   * @example
   * for await (const event of informer.events({ signal })) console.log(event.type, event.object.metadata.name);
   */
  events(
    options: EventHandlerOptions & { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<InformerEvent<T>> {
    return eventStream(this, options);
  }

  /** Adds indexes, over present objects too; see `Indexer.addIndexers`. @returns this informer, typed with the new names. */
  addIndexers<More extends string>(indexers: Indexers<T, More>): SharedIndexInformer<T, Name | More> {
    this.indexer.addIndexers(indexers);
    return this as unknown as SharedIndexInformer<T, Name | More>;
  }

  /** Calls `listener` whenever `signal` is given. @returns a function that ends this. */
  on<Signal extends keyof InformerSignals>(signal: Signal, listener: InformerSignals[Signal]): () => void {
    // The emitter's own types do not follow a generic name.
    const call = listener as (...args: unknown[]) => void;
    this.#emitter.on(signal, call);
    return () => void this.#emitter.off(signal, call);
  }

  /**
   * Begins to watch, until `signal` is aborted or `stop` is called. Calling it again does nothing.
   */
  start(signal?: AbortSignal): void {
    if (this.#started) return;
    this.#started = true;
    const stop = () => this.#stopper.abort(signal?.reason);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true, signal: this.#stopper.signal });
    void this.#run();
  }

  /** `start`, then waits for the end. @throws KubeInformerError what the informer failed with. */
  run(signal?: AbortSignal): Promise<void> {
    this.start(signal);
    return this.done;
  }

  /** Ends it: no request, timer or handler call is left when the promise resolves. Idempotent; does not reject. */
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

  status(): InformerStatus {
    const reflectors = new Map<string, ReflectorStatus>();
    for (const [scope, reflector] of this.#reflectors) reflectors.set(scope, reflector.status);
    const all = Array.from(reflectors.values());
    const waiting = all.flatMap(({ state }) => (state.phase === 'waiting' ? [state.until] : []));
    const everSynced = this.hasSynced();
    return {
      phase: this.#ended === 'no' ? phaseOf(all, everSynced) : this.#ended,
      everSynced,
      connected: all.every(({ state }) => state.phase === 'live'),
      objects: this.indexer.size,
      resourceVersion: this.indexer.resourceVersion,
      lastContactAt: oldest(all.map((status) => status.lastContactAt)),
      lastSyncAt: oldest(all.map((status) => status.lastSyncAt)),
      consecutiveFailures: Math.max(...all.map((status) => status.consecutiveFailures)),
      nextAttemptAt: waiting.length > 0 ? Math.min(...waiting) : undefined,
      lastError: this.#failure ?? all.findLast((status) => status.lastError)?.lastError,
      handlers: Array.from(this.#handlers, ({ listener }) => ({
        name: listener.name,
        lag: listener.lag,
        hasSynced: listener.hasSynced,
      })),
      reflectors,
    };
  }

  async #run(): Promise<void> {
    const signal = this.#stopper.signal;
    const runs = Array.from(this.#reflectors.values(), async (reflector) => {
      try {
        await reflector.run(signal);
      } catch (thrown) {
        this.#failure ??= asKubeInformerError(thrown, 'Internal', this.name, 'Please report this.');
        // One part that cannot go on ends the whole: a cache that lacks a namespace for good must not look healthy.
        this.#stopper.abort(thrown);
      }
    });
    await Promise.all(runs);
    await this.#end();
  }

  /** The way down: no more deltas, then no more handler calls. */
  async #end(): Promise<void> {
    this.#queue.close();
    this.#ended = this.#failure ? 'failed' : 'stopped';
    const reason = this.#failure ?? syncAborted(`${this.name} was stopped`);
    const calls: Promise<void>[] = [];
    for (const { listener, stopResync } of this.#handlers) {
      stopResync();
      const call = listener.close(reason);
      if (call) calls.push(this.#endOf(call, listener.name));
    }
    await Promise.all(calls);
    this.#emit('stateChange');
    this.#emit('stopped', this.#failure);
    if (this.#failure) this.#done.reject(this.#failure);
    else this.#done.resolve();
  }

  /** The end of a handler call, or of our patience with it. */
  async #endOf(call: Promise<void>, handler: string): Promise<void> {
    const patience = new AbortController();
    const gaveUp = sleep(this.#clock, handlerGrace, patience.signal);
    if (await Promise.race([call.then(() => false), gaveUp])) {
      this.report(
        new KubeInformerError(
          'HandlerFailed',
          `handler ${handler} of ${this.name} did not return within ${handlerGrace} ms`,
          {
            hint: 'Its promise never settled; the informer has ended without it.',
          },
        ),
      );
    }
    patience.abort();
  }

  #reflector(scope: string, listerWatcher: ListerWatcher<T>): Reflector<T> {
    const queue = this.#queue;
    // One object literal for everything would hand down options of our own as well.
    const { indexers, resyncPeriod, immutability, name, ...handed } = this.#options;
    return new Reflector<T>({
      ...handed,
      listerWatcher,
      name: scope === '' ? this.name : `${this.name} in ${scope}`,
      store: {
        add: (object) => queue.add(object),
        update: (object) => queue.update(object),
        delete: (object) => queue.delete(object),
        forget: (key) => queue.forget(key),
        replace: (objects, resourceVersion, kept) => queue.replace(objects, resourceVersion, kept, scope),
        bookmark: (resourceVersion) => queue.bookmark(resourceVersion, scope),
        ready: () => queue.ready(),
      },
      turns: this.#turns,
      onFailure: ({ error }) => this.report(error),
      onSkip: this.report,
      onStateChange: () => this.#emit('stateChange'),
    });
  }

  #distribute(events: readonly InformerEvent<T>[]): void {
    for (const { listener } of this.#handlers) listener.push(events);
  }

  #scopeSynced(scope: string): void {
    if (!this.#unsynced.delete(scope) || this.#unsynced.size > 0) return;
    for (const { listener } of this.#handlers) listener.markSynced();
    this.#emit('synced');
  }

  #resyncEvery(registered: Registered<T>, period: number): void {
    const tick = () => {
      timer = this.#clock.setTimer(tick, period);
      if (this.hasSynced()) registered.listener.replay('resync', this.indexer.list());
    };
    let timer = this.#clock.setTimer(tick, period);
    registered.stopResync = () => timer.cancel();
  }

  /** Signals `error`: for sources that have something to report beside what they return. */
  readonly report = (error: KubeInformerError): void => {
    this.#emit('error', error);
  };

  #emit<Signal extends keyof InformerSignals>(signal: Signal, ...args: Parameters<InformerSignals[Signal]>): void {
    try {
      // The emitter's own types do not follow a generic name.
      (this.#emitter.emit as (name: Signal, ...rest: unknown[]) => boolean).call(this.#emitter, signal, ...args);
    } catch (thrown) {
      // A listener that throws must not break what it listens to; and there is nobody else to tell.
      process.emitWarning(asKubeInformerError(thrown, 'HandlerFailed', `a listener for "${signal}" threw`, 'Mend it.'));
    }
  }
}

function sourcesOf<T>(
  source: ListerWatcher<T> | ReadonlyMap<string, ListerWatcher<T>>,
): ReadonlyMap<string, ListerWatcher<T>> {
  if (!(source instanceof Map)) return new Map([['', source as ListerWatcher<T>]]);
  if (source.size > 0) return source;
  throw new KubeInformerError('InvalidOption', 'an informer needs at least one namespace to watch', {
    hint: 'Name the namespaces, or give one lister-watcher for all of them.',
  });
}

function syncAborted(message: string): KubeInformerError {
  return new KubeInformerError('SyncAborted', message, { hint: 'Nothing to mend if that was meant.' });
}

function nameOf(handler: EventHandler<never>): string {
  return typeof handler === 'function' ? handler.name : '';
}

function oldest(times: readonly (number | undefined)[]): number | undefined {
  let first = Number.POSITIVE_INFINITY;
  for (const time of times) {
    if (time === undefined) return undefined;
    first = Math.min(first, time);
  }
  return first;
}
