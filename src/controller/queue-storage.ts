import type { Reason } from './request.ts';

/** An item that waits in a work queue. */
export interface QueueEntry<K> {
  readonly item: K;
  readonly key: string;
  /** Why it waits: the latest reasons, the oldest first, at most 20. */
  readonly reasons: readonly Reason[];
  /** The highest with which it was added since it was last handed out. */
  readonly priority: number;
}

/** The order in which a work queue hands out its items. */
export interface QueueStorage<K> {
  readonly length: number;
  push(entry: QueueEntry<K>): void;
  /** The entry whose turn it is. */
  pop(): QueueEntry<K> | undefined;
  /** An entry that waits here was added again; its reasons, and perhaps its priority, have grown. */
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
