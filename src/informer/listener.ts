import { type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';
import { hops, KubeInformerError, publishHop, requireAtLeast, type Turn, type Turns } from '../runtime/index.ts';
import { dispatch, type EventHandler, type InformerEvent } from './events.ts';
import { Line } from './line.ts';

/**
 * What happens when a handler falls behind. Neither the initial list nor a resync counts as being behind.
 *
 * - `grow`: its queue grows. Every state that the cache went through is delivered.
 * - `coalesce`: above `above` waiting events, those of one object are merged: memory is bounded by the number of
 *   objects, the last state of each is always delivered, and the events of each object still chain.
 * - `fail`: above `above` waiting events the handler is removed, which is reported as `HandlerOverflow`.
 */
export type OverflowPolicy =
  | { readonly policy: 'grow' }
  | { readonly policy: 'coalesce'; readonly above: number }
  | { readonly policy: 'fail'; readonly above: number };

export interface ListenerOptions<T> {
  readonly name: string;
  readonly informer: string;
  readonly handler: EventHandler<T>;
  readonly overflow: OverflowPolicy;
  readonly turns: Turns;
  readonly onError: (error: KubeInformerError) => void;
  /** It fell too far behind and closed itself. */
  readonly onOverflow: () => void;
  /** After each call, with the event that the handler was given. */
  readonly afterCall: ((event: InformerEvent<T>, handler: string) => void) | undefined;
}

/**
 * The line before one handler: takes events without ever making the giver wait, and hands them over one at a time.
 *
 * Invariants:
 * - Calls never overlap; the next one begins after the promise of the one before has settled.
 * - Events are handed over in the order in which they came.
 * - `ready` is decided exactly once: when everything before the mark of `markSynced` has been handled, or when the line closes.
 * - After `close` no call begins but the one of `onClose`, which is the last.
 */
export class Listener<T extends KubeObject> {
  readonly name: string;
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  readonly #options: ListenerOptions<T>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #closing = Promise.withResolvers<void>();
  readonly #line = new Line<T>();
  #coalesceAt: number;
  #synced = false;
  /** What `close` returned: the end of everything. */
  #end: Promise<void> | undefined;
  /** Set while a handler is being called. A promise while the call is waited for. */
  #call: Promise<void> | 'calling' | undefined;
  /** Resolved when the call that was under way at `close` has ended. */
  #lastCall: PromiseWithResolvers<void> | undefined;

  constructor(options: ListenerOptions<T>) {
    if (options.overflow.policy !== 'grow') requireAtLeast('overflow.above', options.overflow.above, 1);
    this.#options = options;
    this.name = options.name;
    this.#coalesceAt = options.overflow.policy === 'coalesce' ? options.overflow.above : Number.POSITIVE_INFINITY;
    this.ready = this.#ready.promise;
    this.closed = this.#closing.promise;
    // Nobody has to wait for them.
    this.ready.catch(() => undefined);
    this.closed.catch(() => undefined);
  }

  /** Events that wait. */
  get lag(): number {
    return this.#line.length;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Events for the handler. The array is shared with other listeners. */
  push(events: readonly InformerEvent<T>[]): void {
    if (this.#end) return;
    this.#line.events(events);
    const { overflow, onError, onOverflow } = this.#options;
    if (this.#line.backlog > this.#coalesceAt && !this.#line.merging) this.#options.turns.take(this.#merge);
    if (overflow.policy === 'fail' && this.#line.backlog > overflow.above) {
      const { backlog } = this.#line;
      const error = new KubeInformerError('HandlerOverflow', `handler ${this.name} is ${backlog} events behind`, {
        hint: 'It was removed. Make it faster, hand its work to a queue, or choose the overflow policy coalesce.',
      });
      this.#closing.reject(error);
      void this.close(error);
      onOverflow();
      onError(error);
      return;
    }
    this.#wake();
  }

  /** Objects that the handler is to hear of as they are. A resync is dropped while the one before it still waits. */
  replay(as: 'initial' | 'resync', objects: readonly DeepReadonly<T>[]): void {
    if (this.#end) return;
    this.#line.objects(as, objects);
    this.#wake();
  }

  /** Everything of the initial list has been pushed. */
  markSynced(): void {
    if (this.#end) return;
    this.#line.mark();
    this.#wake();
  }

  /**
   * Drops what waits; no call begins any more.
   *
   * @returns a promise for the end of the call that is under way, and of `onClose`; `undefined` if there is neither. The same on
   * every call.
   */
  close(reason: KubeInformerError): Promise<void> | undefined {
    if (this.#end) return this.#end;
    this.#line.clear();
    this.#ready.reject(reason);
    this.#closing.resolve();
    const { handler } = this.#options;
    const onClose = typeof handler === 'function' ? undefined : handler.onClose?.bind(handler);
    if (this.#call === 'calling') this.#lastCall = Promise.withResolvers();
    const call = this.#lastCall?.promise ?? (this.#call as Promise<void> | undefined);
    this.#end = this.#finish(call, onClose);
    return call || onClose ? this.#end : undefined;
  }

  async #finish(call: Promise<void> | undefined, onClose: (() => unknown) | undefined): Promise<void> {
    await call;
    try {
      await onClose?.();
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  #wake(): void {
    if (!this.#call && !this.#line.empty && !this.#line.merging) this.#options.turns.take(this.#deliver);
  }

  /** A task: merges what waits; the handler is not called in between, or it might get what is merged already. */
  readonly #merge = (turn: Turn): boolean => {
    const { overflow } = this.#options;
    if (this.#end || overflow.policy !== 'coalesce') return false;
    while (this.#line.mergeStep()) if (turn.over) return true;
    // Merging again pays only when much has come since.
    this.#coalesceAt = Math.max(overflow.above, 2 * this.#line.backlog);
    this.#wake();
    return false;
  };

  /** A task: hands over events until the turn is over, or a handler asks to be waited for. */
  readonly #deliver = (turn: Turn): boolean => {
    while (!this.#end && !this.#call && !this.#line.merging) {
      const next = this.#line.take();
      if (next === undefined) {
        const { overflow } = this.#options;
        if (overflow.policy === 'coalesce') this.#coalesceAt = overflow.above;
        return false;
      }
      this.#hand(next);
      if (turn.over) return !this.#end && !this.#call && !this.#line.empty;
    }
    return false;
  };

  /** Calls the handler, and waits for the promise it may return. */
  #hand(next: InformerEvent<T> | 'synced'): void {
    const { handler, informer } = this.#options;
    if (hops.hasSubscribers && next !== 'synced') {
      const { metadata } = next.object as KubeObject;
      const key = keyOf(next.object as KubeObject);
      publishHop({ hop: 'handler', name: `${informer}/${this.name}`, key, resourceVersion: metadata.resourceVersion });
    }
    this.#call = 'calling';
    try {
      const result = next === 'synced' ? synced(handler) : dispatch(handler, next);
      if (isThenable(result)) {
        this.#call = Promise.resolve(result)
          .catch((thrown: unknown) => this.#failed(thrown))
          .then(() => {
            this.#ended(next);
            if (!this.#end) this.#wake();
          });
        return;
      }
    } catch (thrown) {
      this.#failed(thrown);
    }
    this.#ended(next);
  }

  #ended(call: InformerEvent<T> | 'synced'): void {
    this.#call = undefined;
    if (call !== 'synced') this.#options.afterCall?.(call, this.name);
    else if (!this.#end) {
      this.#synced = true;
      this.#ready.resolve();
    }
    this.#lastCall?.resolve();
  }

  #failed(thrown: unknown): void {
    const hint = 'The handler goes on with the next event. Retry failed work through a work queue.';
    this.#options.onError(
      new KubeInformerError('HandlerFailed', `handler ${this.name} of ${this.#options.informer} failed`, {
        cause: thrown,
        hint,
      }),
    );
  }
}

function synced<T>(handler: EventHandler<T>): unknown {
  return typeof handler === 'function' ? undefined : handler.onSynced?.();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
