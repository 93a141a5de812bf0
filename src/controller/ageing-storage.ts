import { type Clock, requireAtLeast, systemClock } from '../runtime/index.ts';
import { type Due, DueHeap } from './due-heap.ts';
import type { QueueEntry, QueueStorage } from './queue-storage.ts';

export interface AgeingStorageOptions {
  /**
   * Milliseconds of waiting that are worth one point of priority. With the default of 1,000, background work (-100) gives way to
   * changes (0) for 100 seconds, and to nothing that comes later.
   */
  readonly ageing?: number;
  /** Default: the system clock. */
  readonly clock?: Clock;
}

interface Ranked<K> extends Due {
  readonly entry: QueueEntry<K>;
}

/**
 * Higher priorities first, equal ones in the order of their coming, and whoever waits rises: one point for each `ageing` milliseconds.
 *
 * All rise at the same pace, so the order of two entries never changes while both wait. It is that of `now - priority × ageing` at the
 * time an entry came or was raised; that number is its rank for good, and a heap of ranks is all that is needed: O(log n) to add, to
 * raise and to take.
 *
 * - An entry is overtaken only by entries that are added before `(theirs - its) × ageing` milliseconds have passed, where *theirs* and
 *   *its* are priorities. So nothing starves, whatever comes.
 * - Entries of one priority are handed out in the order in which they got it: one that is raised stands behind those that have that
 *   priority already, unless its waiting has earned it a better place.
 */
export class AgeingStorage<K = string> implements QueueStorage<K> {
  readonly #heap = new DueHeap<Ranked<K>>();
  readonly #ranked = new Map<QueueEntry<K>, Ranked<K>>();
  readonly #ageing: number;
  readonly #clock: Clock;

  /** @throws KubeInformerError `InvalidOption` */
  constructor({ ageing = 1_000, clock = systemClock }: AgeingStorageOptions = {}) {
    requireAtLeast('ageing', ageing, 0);
    this.#ageing = ageing;
    this.#clock = clock;
  }

  get length(): number {
    return this.#heap.size;
  }

  push(entry: QueueEntry<K>): void {
    const ranked = { entry, due: this.#rankNow(entry), position: 0, order: 0 };
    this.#ranked.set(entry, ranked);
    this.#heap.push(ranked);
  }

  pop(): QueueEntry<K> | undefined {
    const first = this.#heap.pop();
    if (!first) return undefined;
    this.#ranked.delete(first.entry);
    return first.entry;
  }

  touch(entry: QueueEntry<K>): void {
    const ranked = this.#ranked.get(entry);
    const rank = this.#rankNow(entry);
    // Its old rank is the better one unless its priority has grown.
    if (!ranked || rank >= ranked.due) return;
    ranked.due = rank;
    this.#heap.moved(ranked);
  }

  #rankNow({ priority }: QueueEntry<K>): number {
    return this.#clock.monotonic() - priority * this.#ageing;
  }
}
