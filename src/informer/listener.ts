import { type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';
import { hops, KubeInformerError, publishHop, requireAtLeast, type Turn, type Turns } from '../runtime/index.ts';
import { coalesce } from './coalesce.ts';
import { dispatch, type EventHandler, type InformerEvent } from './events.ts';

/**
 * What happens when a handler falls behind.
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

/** What waits for a handler. `objects` become events only when their turn comes. */
type Entry<T> =
  | { readonly kind: 'events'; readonly events: readonly InformerEvent<T>[] }
  | { readonly kind: 'objects'; readonly as: 'initial' | 'resync'; readonly objects: readonly DeepReadonly<T>[] }
  | { readonly kind: 'synced' };

export interface ListenerOptions<T> {
  readonly name: string;
  readonly informer: string;
  readonly handler: EventHandler<T>;
  readonly overflow: OverflowPolicy;
  readonly turns: Turns;
  readonly onError: (error: KubeInformerError) => void;
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
 * - After `close` no call begins.
 */
export class Listener<T extends KubeObject> {
  readonly name: string;
  readonly ready: Promise<void>;
  readonly #options: ListenerOptions<T>;
  readonly #ready = Promise.withResolvers<void>();
  #entries: Entry<T>[] = [];
  /** The next event within the first entry. */
  #cursor = 0;
  #lag = 0;
  #coalesceAt: number;
  #synced = false;
  #closed = false;
  /** Set while the promise of a handler is waited for. */
  #call: Promise<void> | undefined;

  constructor(options: ListenerOptions<T>) {
    if (options.overflow.policy !== 'grow') requireAtLeast('overflow.above', options.overflow.above, 1);
    this.#options = options;
    this.name = options.name;
    this.#coalesceAt = options.overflow.policy === 'coalesce' ? options.overflow.above : Number.POSITIVE_INFINITY;
    this.ready = this.#ready.promise;
    // Nobody has to wait for it.
    this.ready.catch(() => undefined);
  }

  /** Events that wait. */
  get lag(): number {
    return this.#lag;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Events for the handler. The array is shared with other listeners. */
  push(events: readonly InformerEvent<T>[]): void {
    if (events.length > 0) this.#append({ kind: 'events', events }, events.length);
  }

  /** Objects that the handler is to hear of as they are. A resync is dropped while the one before it still waits. */
  replay(as: 'initial' | 'resync', objects: readonly DeepReadonly<T>[]): void {
    if (as === 'resync' && this.#entries.some((entry) => entry.kind === 'objects' && entry.as === 'resync')) return;
    if (objects.length > 0) this.#append({ kind: 'objects', as, objects }, objects.length);
  }

  /** Everything of the initial list has been pushed. */
  markSynced(): void {
    this.#append({ kind: 'synced' }, 0);
  }

  /**
   * Drops what waits; no call begins any more.
   *
   * @returns a promise for the end of the call that is under way, `undefined` if there is none.
   */
  close(reason: KubeInformerError): Promise<void> | undefined {
    this.#closed = true;
    this.#entries = [];
    this.#lag = 0;
    this.#ready.reject(reason);
    return this.#call;
  }

  #append(entry: Entry<T>, count: number): void {
    if (this.#closed) return;
    this.#entries.push(entry);
    this.#lag += count;
    if (this.#lag > this.#coalesceAt) this.#coalesce();
    const { overflow, onError, turns } = this.#options;
    if (overflow.policy === 'fail' && this.#lag > overflow.above) {
      const error = new KubeInformerError('HandlerOverflow', `handler ${this.name} is ${this.#lag} events behind`, {
        hint: 'It was removed. Make it faster, hand its work to a queue, or choose the overflow policy coalesce.',
      });
      this.close(error);
      onError(error);
      return;
    }
    if (!this.#call) turns.take(this.#deliver);
  }

  /** Merges what waits. The mark moves behind it: what came before the mark is still handled before the mark. */
  #coalesce(): void {
    const { overflow } = this.#options;
    const marked = this.#entries.some((entry) => entry.kind === 'synced');
    const events = coalesce(this.#waiting());
    this.#entries = [{ kind: 'events', events }];
    if (marked) this.#entries.push({ kind: 'synced' });
    this.#cursor = 0;
    this.#lag = events.length;
    // Merging again pays only when much has come since.
    const above = overflow.policy === 'coalesce' ? overflow.above : 0;
    this.#coalesceAt = Math.max(above, 2 * events.length);
  }

  *#waiting(): Generator<InformerEvent<T>> {
    let cursor = this.#cursor;
    for (const entry of this.#entries) {
      if (entry.kind === 'synced') continue;
      const { length } = entry.kind === 'events' ? entry.events : entry.objects;
      for (; cursor < length; cursor++) yield eventAt(entry, cursor);
      cursor = 0;
    }
  }

  /** A task: hands over events until the turn is over, or a handler asks to be waited for. */
  readonly #deliver = (turn: Turn): boolean => {
    while (!this.#closed && !this.#call) {
      const entry = this.#entries[0];
      if (!entry) return false;
      if (entry.kind === 'synced') {
        this.#entries.shift();
        this.#synced = true;
        this.#ready.resolve();
        continue;
      }
      const event = eventAt(entry, this.#cursor++);
      this.#lag--;
      if (this.#cursor === (entry.kind === 'events' ? entry.events : entry.objects).length) {
        this.#entries.shift();
        this.#cursor = 0;
      }
      this.#hand(event);
      if (turn.over) return this.#entries.length > 0 && !this.#call;
    }
    return false;
  };

  #hand(event: InformerEvent<T>): void {
    const { handler, informer } = this.#options;
    if (hops.hasSubscribers) {
      const { metadata } = event.object as KubeObject;
      const key = keyOf(event.object as KubeObject);
      publishHop({ hop: 'handler', name: `${informer}/${this.name}`, key, resourceVersion: metadata.resourceVersion });
    }
    try {
      const result = dispatch(handler, event);
      if (!isThenable(result)) {
        this.#options.afterCall?.(event, this.name);
        return;
      }
      this.#call = Promise.resolve(result)
        .catch((thrown: unknown) => this.#failed(thrown))
        .then(() => {
          this.#call = undefined;
          this.#options.afterCall?.(event, this.name);
          if (!this.#closed) this.#options.turns.take(this.#deliver);
        });
    } catch (thrown) {
      this.#failed(thrown);
      this.#options.afterCall?.(event, this.name);
    }
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

function eventAt<T>(entry: Exclude<Entry<T>, { kind: 'synced' }>, at: number): InformerEvent<T> {
  if (entry.kind === 'events') return entry.events[at]!;
  const object = entry.objects[at]!;
  if (entry.as === 'initial') return { type: 'add', object, isInInitialList: true };
  return { type: 'update', object, oldObject: object, isResync: true };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
