import { type Keyed, keyOf } from '../kubernetes/index.ts';
import { BackPressure } from './back-pressure.ts';
import { Doorbell, takeWhenReady } from './doorbell.ts';
import { InitialPopulation } from './initial-population.ts';
import type { KeyedDelta, KeyedDeltas, KnownObjects } from './keyed-delta.ts';
import { Line } from './line.ts';

export interface KeyedDeltaFIFOOptions<T> {
  /**
   * What the consumer holds. Without it an object that is neither queued nor listed cannot be missed: no deletion is made up for it, a
   * `delete` of it is ignored, and `resync` does nothing.
   */
  readonly knownObjects?: KnownObjects<T>;
  /** Above this many waiting deltas `ready` holds the producer back until half of them are taken. Default 2,000. */
  readonly highWaterMark?: number;
}

const nothingKept: ReadonlySet<string> = new Set();

/**
 * The classic delta FIFO: what happened since it last looked, object by object, for one consumer. Each object stands in line once, with all its
 * deltas; further ones join them without a change of place. There is no order between objects, as `DeltaFIFO` has it.
 *
 * Invariants:
 * - A key is in line exactly if it has deltas. They come out together, oldest first.
 * - Of two deletions in a row one is kept: the first, unless nobody saw that happen and somebody saw the second.
 * - `hasSynced` is false until everything that was waiting right after the first `replace` has been processed, and true for ever
 *   after. Deltas count as processed when the consumer asks for the next ones.
 * - After `close` nothing more goes in; what is in still comes out.
 *
 * @example
 * const cache = new Map<string, Pod>();
 * const queue = new KeyedDeltaFIFO<Pod>({ knownObjects: cache });
 * void new Reflector({ listerWatcher, store: queue }).run(signal).finally(() => queue.close());
 * for await (const { key, deltas } of queue) {
 *   for (const delta of deltas) {
 *     if (delta.type === 'Deleted') cache.delete(key);
 *     else cache.set(key, delta.object);
 *   }
 * }
 */
export class KeyedDeltaFIFO<T extends Keyed> implements AsyncIterable<KeyedDeltas<T>> {
  readonly #known: KnownObjects<T> | undefined;
  readonly #backPressure: BackPressure;
  readonly #deltas = new Map<string, KeyedDelta<T>[]>();
  readonly #line = new Line<string>();
  readonly #initial = new InitialPopulation();
  readonly #doorbell = new Doorbell();
  /** Deltas of all keys. */
  #count = 0;
  #closed = false;

  constructor({ knownObjects, highWaterMark = 2_000 }: KeyedDeltaFIFOOptions<T> = {}) {
    this.#known = knownObjects;
    this.#backPressure = new BackPressure(highWaterMark);
  }

  /** Objects waiting to be taken. */
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

  /** Throws like `keyOf`, as all that take an object. */
  add(object: T): void {
    this.#change(keyOf(object), { type: 'Added', object });
  }

  update(object: T): void {
    this.#change(keyOf(object), { type: 'Updated', object });
  }

  /** `object` is the final state. Ignored if the consumer neither has the object nor will get it: it was told before. */
  delete(object: T): void {
    this.#gone(keyOf(object), { type: 'Deleted', object, finalStateUnknown: false });
  }

  /** The object with this key is gone; nobody saw its final state. Ignored like `delete`. */
  forget(key: string): void {
    this.#gone(key, this.#tombstone(key));
  }

  /**
   * A list. Whatever is queued or known and neither in `objects` nor in `kept` is gone, though nobody saw how. All keys are computed first: if one
   * cannot be, nothing has happened.
   */
  replace(objects: readonly T[], _resourceVersion = '', kept: ReadonlySet<string> = nothingKept): void {
    if (this.#closed) return;
    const listed = new Set<string>();
    for (const object of objects) listed.add(keyOf(object));
    for (const object of objects) this.#append(keyOf(object), { type: 'Replaced', object });
    const gone = (key: string) => !listed.has(key) && !kept.has(key);
    for (const key of this.#deltas.keys()) if (gone(key)) this.#append(key, this.#tombstone(key));
    for (const key of this.#known?.keys() ?? []) {
      if (gone(key) && !this.#deltas.has(key)) this.#append(key, this.#tombstone(key));
    }
    this.#initial.replaced(this.length);
    this.#doorbell.ring();
  }

  /** Queues a `Sync` for each known object that has nothing queued: what is queued is newer than what is known. */
  resync(): void {
    if (this.#closed || !this.#known) return;
    for (const key of this.#known.keys()) {
      const object = this.#deltas.has(key) ? undefined : this.#known.get(key);
      if (object !== undefined) this.#append(key, { type: 'Sync', object });
    }
    this.#doorbell.ring();
  }

  /**
   * Back-pressure for the producer.
   *
   * @returns `undefined` if there is room, else a promise for the moment when there is.
   */
  ready(): Promise<void> | undefined {
    return this.#closed ? undefined : this.#backPressure.ready(this.#count);
  }

  /** All deltas of the first object in line, or `undefined` if none is. Asking for them says that those before are processed. */
  take(): KeyedDeltas<T> | undefined {
    this.#initial.asked();
    const key = this.#line.shift();
    if (key === undefined) return undefined;
    const deltas = this.#deltas.get(key)!;
    this.#deltas.delete(key);
    this.#count -= deltas.length;
    this.#initial.handedOut();
    this.#backPressure.sank(this.#count);
    return { key, deltas, isInInitialList: !this.hasSynced };
  }

  /** As `take`, waiting if need be; `undefined` when the queue is closed and empty, or `signal` is aborted. */
  pop(signal?: AbortSignal): Promise<KeyedDeltas<T> | undefined> {
    return takeWhenReady(this, this.#doorbell, signal);
  }

  /** Takes deltas until the queue is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<KeyedDeltas<T>, void, undefined> {
    for (let deltas = await this.pop(); deltas; deltas = await this.pop()) yield deltas;
  }

  /** Refuses further deltas (silently: the producer is on its way out too) and lets a waiting consumer go. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#backPressure.release();
    this.#doorbell.ring();
  }

  #change(key: string, delta: KeyedDelta<T>): void {
    if (this.#closed) return;
    this.#initial.changed();
    this.#append(key, delta);
    this.#doorbell.ring();
  }

  #gone(key: string, delta: KeyedDelta<T>): void {
    if (this.#closed) return;
    this.#initial.changed();
    if (!this.#deltas.has(key) && this.#known?.get(key) === undefined) return;
    this.#append(key, delta);
    this.#doorbell.ring();
  }

  /** The last known state of an object that is gone: the newest one queued, else the one known. */
  #tombstone(key: string): KeyedDelta<T> {
    const newest = this.#deltas.get(key)?.at(-1);
    const object = newest ? newest.object : this.#known?.get(key);
    return { type: 'Deleted', object, finalStateUnknown: true };
  }

  #append(key: string, delta: KeyedDelta<T>): void {
    const deltas = this.#deltas.get(key);
    if (!deltas) {
      this.#deltas.set(key, [delta]);
      this.#line.push(key);
      this.#count++;
      return;
    }
    const last = deltas.at(-1)!;
    if (last.type !== 'Deleted' || delta.type !== 'Deleted') {
      deltas.push(delta);
      this.#count++;
    } else if (last.finalStateUnknown) {
      deltas[deltas.length - 1] = delta;
    }
  }
}
