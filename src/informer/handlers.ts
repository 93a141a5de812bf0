import { type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';
import { type Clock, KubeInformerError, requireAtLeast, sleep, type Turns } from '../runtime/index.ts';
import type { Indexer } from '../store/index.ts';
import type { CheckpointHandler } from './checkpoint.ts';
import { Checkpointed } from './checkpointed.ts';
import type { EventHandler, InformerEvent } from './events.ts';
import type { ImmutabilityGuard } from './immutability.ts';
import { Listener } from './listener.ts';
import type { CheckpointedHandlerOptions, EventHandlerOptions, HandlerRegistration } from './options.ts';

/** After its removal, or the end, a handler call may take this long, milliseconds; then it is reported and left alone. */
const handlerGrace = 10_000;
const minResyncPeriod = 1_000;

/** @throws KubeInformerError `InvalidOption` */
export function checkResyncPeriod(period: number): void {
  if (period !== 0) requireAtLeast('resyncPeriod', period, minResyncPeriod);
}

export interface HandlersOptions<T extends KubeObject> {
  /** The name of the informer. */
  readonly informer: string;
  readonly indexer: Pick<Indexer<T>, 'get' | 'list'>;
  readonly hasSynced: () => boolean;
  readonly resyncPeriod: number;
  readonly guard: ImmutabilityGuard<T>;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly report: (error: KubeInformerError) => void;
}

/** A handler with its options: one that has a checkpoint hears of more kinds of events. */
export type AddHandler<T> =
  | [handler: EventHandler<T>, options: EventHandlerOptions & { readonly checkpoint?: undefined }]
  | [handler: CheckpointHandler<T>, options: CheckpointedHandlerOptions];

interface Registered<T extends KubeObject> {
  readonly listener: Listener<T>;
  /** Of the one object that it is told of; `undefined`: of all. */
  readonly key: string | undefined;
  /** Milliseconds; 0: never. */
  readonly resyncPeriod: number;
  stopResync: () => void;
  /** The removal that is being waited for. */
  leaving: Promise<void> | undefined;
}

/**
 * The handlers of an informer, and their resyncs.
 *
 * Invariants: a handler has been given exactly what the cache holds and what came after, as far as it is about its objects; resync timers run
 * between `start` and `close` only, and only for handlers that are here.
 */
export class Handlers<T extends KubeObject> {
  readonly #options: HandlersOptions<T>;
  /** All that are here: each is in one of the two below as well. */
  readonly #registered = new Set<Registered<T>>();
  readonly #ofAll = new Set<Registered<T>>();
  readonly #ofOne = new Map<string, Set<Registered<T>>>();
  /** Handlers that were removed and are still in a call, which `close` waits for. Not those that overflowed: they were given up. */
  readonly #leaving = new Set<Promise<unknown>>();
  #count = 0;
  #started = false;

  constructor(options: HandlersOptions<T>) {
    checkResyncPeriod(options.resyncPeriod);
    this.#options = options;
  }

  /** The caller sees to it that every change of the cache has been distributed. @throws KubeInformerError `InvalidOption` */
  add(...[given, options]: AddHandler<T>): HandlerRegistration {
    const { informer, guard, clock, turns, report, hasSynced } = this.#options;
    const resyncPeriod = options.resyncPeriod ?? this.#options.resyncPeriod;
    checkResyncPeriod(resyncPeriod);
    const { checkpoint, key } = options;
    // Only what was given with a checkpoint is called with what comes of one.
    const checkpointed =
      checkpoint && new Checkpointed<T>(given as CheckpointHandler<T>, { ...checkpoint, clock, report });
    const handler = checkpointed ?? (given as EventHandler<T>);
    this.#count++;
    const listener = new Listener<T>({
      name: options.name ?? (nameOf(given) || `handler-${this.#count}`),
      informer,
      handler,
      overflow: options.overflow ?? { policy: 'grow' },
      turns,
      onError: report,
      onOverflow: () => this.#forget(registered),
      afterCall: guard.afterCall,
    });
    const registered: Registered<T> = { listener, key, resyncPeriod, stopResync: () => undefined, leaving: undefined };
    this.#remember(registered);
    if (checkpointed) {
      // Before the end of the call under way is waited for: that may be waiting for the checkpoint.
      const stop = () => checkpointed.stop();
      listener.closed.then(stop, stop);
    }
    listener.replay('initial', this.#objectsFor(registered));
    if (hasSynced()) listener.markSynced();
    if (this.#started) this.#startResync(registered);
    return this.#registration(registered);
  }

  distribute(events: readonly InformerEvent<T>[]): void {
    // Copies: what is told of an overflow may add a handler, which then finds the events in the cache.
    const ofAll = Array.from(this.#ofAll);
    const ofOne = this.#ofOne.size === 0 ? [] : events.flatMap((event) => this.#addressed(event));
    for (const { listener } of ofAll) listener.push(events);
    for (const { listener, event } of ofOne) listener.push([event]);
  }

  /** The initial list has been distributed as a whole. */
  markSynced(): void {
    for (const { listener } of this.#registered) listener.markSynced();
  }

  /** Resyncs count from here on, or from when a handler is added later. */
  start(): void {
    this.#started = true;
    for (const registered of this.#registered) this.#startResync(registered);
  }

  /** No call begins any more. Resolves when those under way have ended, or were given up; never rejects. */
  async close(reason: KubeInformerError): Promise<void> {
    const ends = Array.from(this.#leaving);
    const hint = 'Its promise never settled; the informer has ended without it.';
    for (const { listener, stopResync } of this.#registered) {
      stopResync();
      const end = listener.close(reason);
      if (end) ends.push(this.#endOf(end, listener.name, hint));
    }
    await Promise.all(ends);
  }

  status(): { readonly name: string; readonly lag: number; readonly hasSynced: boolean }[] {
    return Array.from(this.#registered, ({ listener: { name, lag, hasSynced } }) => ({ name, lag, hasSynced }));
  }

  #registration(registered: Registered<T>): HandlerRegistration {
    const { listener } = registered;
    const remove = () => {
      registered.leaving ??= this.#remove(registered).finally(() => {
        registered.leaving = undefined;
      });
      // Whoever does not wait for it hears of its failure as one of the informer.
      registered.leaving.catch(() => undefined);
      return registered.leaving;
    };
    return {
      name: listener.name,
      ready: listener.ready,
      closed: listener.closed,
      hasSynced: () => listener.hasSynced,
      get lag() {
        return listener.lag;
      },
      remove,
      [Symbol.asyncDispose]: remove,
    };
  }

  async #remove(registered: Registered<T>): Promise<void> {
    const { listener } = registered;
    const wasHere = this.#forget(registered);
    const message = `handler ${listener.name} was removed`;
    const reason = new KubeInformerError('SyncAborted', message, { hint: 'Nothing to mend if that was meant.' });
    const call = listener.close(reason);
    if (!call) return;
    const hint = 'The call goes on. If it awaits its own removal it waits for itself: do that outside of the handler.';
    const end = this.#endOf(call, listener.name, hint);
    if (wasHere) this.#leaving.add(end);
    const gaveUp = await end;
    this.#leaving.delete(end);
    if (gaveUp) throw gaveUp;
  }

  #addressed(event: InformerEvent<T>): { readonly listener: Listener<T>; readonly event: InformerEvent<T> }[] {
    const ofOne = this.#ofOne.get(keyOf(event.object as KubeObject));
    return ofOne ? Array.from(ofOne, ({ listener }) => ({ listener, event })) : [];
  }

  #objectsFor({ key }: Registered<T>): readonly DeepReadonly<T>[] {
    const { indexer } = this.#options;
    if (key === undefined) return indexer.list();
    const object = indexer.get(key);
    return object === undefined ? [] : [object];
  }

  #remember(registered: Registered<T>): void {
    const { key } = registered;
    this.#registered.add(registered);
    if (key === undefined) this.#ofAll.add(registered);
    else if (!this.#ofOne.get(key)?.add(registered)) this.#ofOne.set(key, new Set([registered]));
  }

  /** @returns whether it was here. */
  #forget(registered: Registered<T>): boolean {
    registered.stopResync();
    this.#ofAll.delete(registered);
    const { key = '' } = registered;
    const ofOne = this.#ofOne.get(key);
    if (ofOne?.delete(registered) && ofOne.size === 0) this.#ofOne.delete(key);
    return this.#registered.delete(registered);
  }

  #startResync(registered: Registered<T>): void {
    const { clock, hasSynced } = this.#options;
    const { listener, resyncPeriod } = registered;
    if (resyncPeriod === 0) return;
    const tick = () => {
      timer = clock.setTimer(tick, resyncPeriod);
      if (hasSynced()) listener.replay('resync', this.#objectsFor(registered));
    };
    let timer = clock.setTimer(tick, resyncPeriod);
    registered.stopResync = () => timer.cancel();
  }

  /** The end of a handler call; or of our patience with it, which is reported, and returned. Never rejects. */
  async #endOf(call: Promise<void>, handler: string, hint: string): Promise<KubeInformerError | undefined> {
    const { clock, informer, report } = this.#options;
    const patience = new AbortController();
    const gaveUp = sleep(clock, handlerGrace, patience.signal);
    const late = await Promise.race([call.then(() => false), gaveUp]);
    patience.abort();
    if (!late) return undefined;
    const message = `handler ${handler} of ${informer} did not return within ${handlerGrace} ms`;
    const error = new KubeInformerError('HandlerFailed', message, { hint });
    report(error);
    return error;
  }
}

function nameOf(handler: object): string {
  return typeof handler === 'function' ? handler.name : '';
}
