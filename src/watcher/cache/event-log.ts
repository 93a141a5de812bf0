import { randomUUID } from 'node:crypto';
import { compareResourceVersions } from '../../index.ts';
import type { KindEvent } from './events.ts';

/**
 * Where a resource version is in a log.
 *
 * - a number: after the event with this `seq`.
 * - `expired`: before the first event that is kept, or not to be placed.
 * - `ahead`: newer than anything that was seen.
 */
export type Position = number | 'expired' | 'ahead';

/** So many versions are placed at least. */
const leastPlaces = 1_000;

/**
 * The last changes of one kind, in a ring.
 *
 * Invariants: `seq` only grows; events `first`..`seq` are here and no others; a version that was given out leads to the earliest position at which it was the
 * current one, so that whoever watches on from there may hear of something twice and misses nothing.
 */
export class EventLog {
  /** No other log has it, here or in another process. */
  readonly id = randomUUID().slice(0, 13);
  readonly #capacity: number;
  readonly #ring: (KindEvent | undefined)[] = [];
  readonly #listeners = new Set<(event: KindEvent) => void>();
  readonly #positions = new Map<string, number>();
  #seq = 0;
  #kept = 0;
  /** The newest version that was given out; `''` before the first. */
  #newest = '';
  #sweepAt: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#sweepAt = capacity;
  }

  /** The position after the last event. */
  get seq(): number {
    return this.#seq;
  }

  /** The oldest position from which everything that followed is known. */
  get start(): number {
    return this.#seq - this.#kept;
  }

  /** The event with this `seq`; `undefined` if it is no longer, or not yet, here. */
  at(seq: number): KindEvent | undefined {
    return seq > this.start && seq <= this.#seq ? this.#ring[seq % this.#capacity] : undefined;
  }

  /** A change that nobody can watch from before: part of the initial state. */
  skip(): void {
    this.#seq++;
    this.#kept = 0;
  }

  append(event: Omit<KindEvent, 'seq'>): void {
    const seq = ++this.#seq;
    const slot = seq % this.#capacity;
    if (this.#kept < this.#capacity) this.#kept++;
    const entry: KindEvent = { ...event, seq };
    this.#ring[slot] = entry;
    this.note(event.object.metadata.resourceVersion, seq);
    if (seq >= this.#sweepAt) this.#sweep();
    // A copy: a listener may take itself or another off.
    for (const listener of Array.from(this.#listeners)) if (this.#listeners.has(listener)) listener(entry);
  }

  /** The state after event `seq` is known by this version. */
  note(version: string, seq: number): void {
    if (version === '') return;
    if (this.#newest === '' || (compareResourceVersions(version, this.#newest) ?? 0) > 0) this.#newest = version;
    const known = this.#positions.get(version);
    if (known === undefined || known > seq || known < this.start) this.#positions.set(version, seq);
    if (this.#positions.size <= Math.max(leastPlaces, 4 * this.#capacity)) return;
    // Without events the version moves on all the same, with each bookmark of the server: the oldest is no longer placed.
    const [oldest] = this.#positions.keys();
    this.#positions.delete(oldest!);
  }

  /**
   * Where to watch on from for whoever has seen everything up to `version`. One that was never given out, and is not newer than all that were, is
   * `expired`: versions do not say where among the events a deletion belongs that was found out later.
   */
  positionOf(version: string): Position {
    const known = this.#positions.get(version);
    if (known !== undefined) return known < this.start ? 'expired' : known;
    return (compareResourceVersions(version, this.#newest) ?? -1) > 0 ? 'ahead' : 'expired';
  }

  /** Calls `listener` with each event from now on. @returns a function that ends this. */
  onAppend(listener: (event: KindEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Forgets versions that lead to nothing any more; once for each length of the ring. */
  #sweep(): void {
    this.#sweepAt = this.#seq + this.#capacity;
    for (const [version, seq] of this.#positions) if (seq < this.start) this.#positions.delete(version);
  }
}
