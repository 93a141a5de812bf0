import { requireAtLeast } from '../runtime/index.ts';
import type { Delta } from './delta.ts';

export interface DeltaFIFOOptions {
  /** Called whenever the empty queue gets its first delta. For consumers that `take` instead of waiting in `pop`. */
  readonly onAvailable?: () => void;
  /** Above this many waiting deltas `ready` holds the producer back until half of them are taken. Default 2,000. */
  readonly highWaterMark?: number;
}

const nothingKept: ReadonlySet<string> = new Set();

/**
 * What a reflector saw, in order, for one consumer. Order holds over all keys, a relist is one delta (`Replaced`), and nothing is
 * collapsed: what goes in comes out.
 *
 * Invariants:
 * - Deltas come out exactly once, in the order they went in.
 * - `hasSynced` is false until everything that was waiting right after the first `replace` has been processed, and true for ever
 *   after. A delta counts as processed when the consumer asks for the next one. A queue whose first delta is
 *   not a `replace` has nothing to wait for.
 * - After `close` nothing more goes in; what is in still comes out.
 *
 * @example
 * const queue = new DeltaFIFO<Pod>();
 * const reflector = new Reflector({ listerWatcher, store: queue });
 * void reflector.run(signal);
 * for await (const delta of queue) console.log(delta.type);
 */
export class DeltaFIFO<T> implements AsyncIterable<Delta<T>> {
  readonly #onAvailable: (() => void) | undefined;
  readonly #highWaterMark: number;
  /** Slots before `#head` are taken and `undefined`. */
  #deltas: (Delta<T> | undefined)[] = [];
  #head = 0;
  #closed = false;
  /** `undefined`: nothing came in yet. Else how many deltas of the initial population are not yet processed. */
  #initial: number | undefined;
  /** Whether the delta handed out last still counts as being processed. */
  #processing = false;
  #wakeConsumer: (() => void) | undefined;
  #wakeProducer: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor({ onAvailable, highWaterMark = 2_000 }: DeltaFIFOOptions = {}) {
    requireAtLeast('highWaterMark', highWaterMark, 1);
    this.#onAvailable = onAvailable;
    this.#highWaterMark = highWaterMark;
  }

  /** Deltas waiting to be taken. */
  get length(): number {
    return this.#deltas.length - this.#head;
  }

  get hasSynced(): boolean {
    return this.#initial === 0;
  }

  add(object: T): void {
    this.#populate();
    this.#push({ type: 'Added', object });
  }

  update(object: T): void {
    this.#populate();
    this.#push({ type: 'Updated', object });
  }

  delete(object: T): void {
    this.#populate();
    this.#push({ type: 'Deleted', object });
  }

  forget(key: string): void {
    this.#populate();
    this.#push({ type: 'Forgotten', key });
  }

  replace(objects: readonly T[], resourceVersion: string, kept = nothingKept, scope = ''): void {
    this.#push({ type: 'Replaced', scope, objects, resourceVersion, kept });
    if (!this.#closed) this.#initial ??= this.length + (this.#processing ? 1 : 0);
  }

  /** Asks the consumer to replay what it holds. */
  resync(): void {
    this.#push({ type: 'Sync' });
  }

  bookmark(resourceVersion: string, scope = ''): void {
    this.#push({ type: 'Bookmark', scope, resourceVersion });
  }

  /**
   * Back-pressure for the producer.
   *
   * @returns `undefined` if there is room, else a promise for the moment when there is.
   */
  ready(): Promise<void> | undefined {
    if (this.length < this.#highWaterMark || this.#closed) return undefined;
    this.#wakeProducer ??= Promise.withResolvers<void>();
    return this.#wakeProducer.promise;
  }

  /** The next delta, or `undefined` if none is waiting. Asking for it says that the one before is processed. */
  take(): Delta<T> | undefined {
    this.#settle();
    if (this.length === 0) return undefined;
    const delta = this.#deltas[this.#head];
    this.#deltas[this.#head++] = undefined;
    if (this.#head === this.#deltas.length) {
      this.#deltas = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#deltas.length) {
      this.#deltas = this.#deltas.slice(this.#head);
      this.#head = 0;
    }
    this.#processing = true;
    if (this.length <= this.#highWaterMark / 2) this.#releaseProducer();
    return delta;
  }

  /** The next delta, waiting for one if need be; `undefined` when the queue is closed and empty, or `signal` is aborted. */
  async pop(signal?: AbortSignal): Promise<Delta<T> | undefined> {
    for (;;) {
      if (signal?.aborted) return undefined;
      const delta = this.take();
      if (delta || this.#closed) return delta;
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal?.removeEventListener('abort', wake);
          this.#wakeConsumer = undefined;
          resolve();
        };
        this.#wakeConsumer = wake;
        signal?.addEventListener('abort', wake, { once: true });
      });
    }
  }

  /** Takes deltas until the queue is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Delta<T>, void, undefined> {
    for (let delta = await this.pop(); delta; delta = await this.pop()) yield delta;
  }

  /** Refuses further deltas (silently: the producer is on its way out too) and lets a waiting consumer go. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#releaseProducer();
    this.#wakeConsumer?.();
  }

  /** Something came before any list: there is no initial population to wait for. */
  #populate(): void {
    if (!this.#closed) this.#initial ??= 0;
  }

  #push(delta: Delta<T>): void {
    if (this.#closed) return;
    this.#deltas.push(delta);
    if (this.length > 1) return;
    this.#wakeConsumer?.();
    this.#onAvailable?.();
  }

  #settle(): void {
    if (this.#processing && this.#initial !== undefined && this.#initial > 0) this.#initial--;
    this.#processing = false;
  }

  #releaseProducer(): void {
    this.#wakeProducer?.resolve();
    this.#wakeProducer = undefined;
  }
}
