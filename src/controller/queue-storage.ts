import { isBackground, type Reason } from './request.ts';

/** An item that waits in a work queue. */
export interface QueueEntry<K> {
  readonly item: K;
  readonly key: string;
  /** Why it waits: the latest reasons, the oldest first, at most 20. */
  readonly reasons: readonly Reason[];
}

/** The order in which a work queue hands out its items. */
export interface QueueStorage<K> {
  readonly length: number;
  push(entry: QueueEntry<K>): void;
  /** The entry whose turn it is. */
  pop(): QueueEntry<K> | undefined;
  /** An entry that waits here was added again; its reasons have grown. */
  touch(entry: QueueEntry<K>): void;
}

/** A list with a cheap front: taken slots are cleared, so that nothing that was handed out is kept alive. */
class Fifo<T> {
  #slots: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#slots.length - this.#head;
  }

  push(value: T): void {
    this.#slots.push(value);
  }

  shift(): T | undefined {
    const value = this.#slots[this.#head];
    if (this.#head === this.#slots.length) return undefined;
    this.#slots[this.#head++] = undefined;
    // Half of it is empty: moving the rest costs no more than it cost to fill the slots.
    if (this.#head * 2 >= this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head);
      this.#head = 0;
    }
    return value;
  }
}

/** First in, first out. */
export class FifoStorage<K> implements QueueStorage<K> {
  readonly #entries = new Fifo<QueueEntry<K>>();

  get length(): number {
    return this.#entries.length;
  }

  push(entry: QueueEntry<K>): void {
    this.#entries.push(entry);
  }

  pop(): QueueEntry<K> | undefined {
    return this.#entries.shift();
  }

  touch(): void {}
}

/** Of so many items, one is taken from the background lane even though others wait. */
const backgroundShare = 8;

/**
 * Two lanes, each first in, first out: changes overtake what comes from the initial list and from resyncs. So the edit of a
 * person does not wait behind ten thousand objects of a start; yet the background always gets its share and never starves.
 */
export class LaneStorage<K> implements QueueStorage<K> {
  readonly #changes = new Fifo<QueueEntry<K>>();
  /** Entries that have moved to `#changes` stay here until their turn comes, and are skipped then. */
  #background = new Fifo<QueueEntry<K>>();
  /** Those of `#background` that still belong there. */
  readonly #waiting = new Set<QueueEntry<K>>();
  #sinceBackground = 0;

  get length(): number {
    return this.#changes.length + this.#waiting.size;
  }

  push(entry: QueueEntry<K>): void {
    if (!entry.reasons.every(isBackground) || entry.reasons.length === 0) {
      this.#changes.push(entry);
      return;
    }
    this.#background.push(entry);
    this.#waiting.add(entry);
  }

  pop(): QueueEntry<K> | undefined {
    if (this.#waiting.size > 0 && (this.#changes.length === 0 || ++this.#sinceBackground >= backgroundShare)) {
      this.#sinceBackground = 0;
      return this.#popBackground();
    }
    return this.#changes.shift();
  }

  #popBackground(): QueueEntry<K> | undefined {
    for (let entry = this.#background.shift(); entry; entry = this.#background.shift()) {
      if (this.#waiting.delete(entry)) return entry;
    }
    return undefined;
  }

  touch(entry: QueueEntry<K>): void {
    if (entry.reasons.every(isBackground) || !this.#waiting.delete(entry)) return;
    this.#changes.push(entry);
    if (this.#waiting.size === 0) this.#background = new Fifo();
  }
}
