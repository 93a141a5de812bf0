import { BackPressure } from './back-pressure.ts';
import type { Delta } from './delta.ts';
import { Doorbell, takeWhenReady } from './doorbell.ts';
import { InitialPopulation } from './initial-population.ts';
import { Line } from './line.ts';

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
 * void reflector.run(signal).finally(() => queue.close());
 * for await (const delta of queue) console.log(delta.type);
 */
export class DeltaFIFO<T> implements AsyncIterable<Delta<T>> {
  readonly #onAvailable: (() => void) | undefined;
  readonly #backPressure: BackPressure;
  readonly #line = new Line<Delta<T>>();
  readonly #initial = new InitialPopulation();
  readonly #doorbell = new Doorbell();
  #closed = false;

  constructor({ onAvailable, highWaterMark = 2_000 }: DeltaFIFOOptions = {}) {
    this.#onAvailable = onAvailable;
    this.#backPressure = new BackPressure(highWaterMark);
  }

  /** Deltas waiting to be taken. */
  get length(): number {
    return this.#line.length;
  }

  get hasSynced(): boolean {
    return this.#initial.synced;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  add(object: T): void {
    this.#change({ type: 'Added', object });
  }

  update(object: T): void {
    this.#change({ type: 'Updated', object });
  }

  delete(object: T): void {
    this.#change({ type: 'Deleted', object });
  }

  forget(key: string, resourceVersion?: string): void {
    this.#change({ type: 'Forgotten', key, ...(resourceVersion && { resourceVersion }) });
  }

  replace(objects: readonly T[], resourceVersion: string, kept = nothingKept, scope = ''): void {
    if (this.#closed) return;
    // Counted before anybody hears of it, who might take it at once.
    this.#initial.replaced(this.length + 1);
    this.#push({ type: 'Replaced', scope, objects, resourceVersion, kept });
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
    return this.#closed ? undefined : this.#backPressure.ready(this.length);
  }

  /** The next delta, or `undefined` if none is waiting. Asking for it says that the one before is processed. */
  take(): Delta<T> | undefined {
    this.#initial.asked();
    const delta = this.#line.shift();
    if (delta === undefined) return undefined;
    this.#initial.handedOut();
    this.#backPressure.sank(this.length);
    return delta;
  }

  /** The next delta, waiting for one if need be; `undefined` when the queue is closed and empty, or `signal` is aborted. */
  pop(signal?: AbortSignal): Promise<Delta<T> | undefined> {
    return takeWhenReady(this, this.#doorbell, signal);
  }

  /** Takes deltas until the queue is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Delta<T>, void, undefined> {
    for (let delta = await this.pop(); delta; delta = await this.pop()) yield delta;
  }

  /** Refuses further deltas (silently: the producer is on its way out too) and lets a waiting consumer go. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#backPressure.release();
    this.#doorbell.ring();
  }

  #change(delta: Delta<T>): void {
    if (this.#closed) return;
    this.#initial.changed();
    this.#push(delta);
  }

  #push(delta: Delta<T>): void {
    if (this.#closed) return;
    this.#line.push(delta);
    if (this.length > 1) return;
    this.#doorbell.ring();
    this.#onAvailable?.();
  }
}
