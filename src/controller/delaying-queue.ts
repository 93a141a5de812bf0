import type { Timer } from '../runtime/index.ts';
import { type Due, DueHeap } from './due-heap.ts';
import { priorityFor, type Reason } from './request.ts';
import { type DrainOptions, requireFinite, WorkQueue } from './work-queue.ts';

interface Waiting<K> extends Due {
  readonly item: K;
  readonly key: string;
  readonly reason: Reason | undefined;
  /** The highest of all additions. */
  priority: number;
}

/** The longest delay that timers of the platform keep; longer ones fire at once. */
const longestTimer = 2 ** 31 - 1;

/** A work queue that also takes items for later. */
export class DelayingQueue<K = string> extends WorkQueue<K> {
  readonly #heap = new DueHeap<Waiting<K>>();
  /** What is in `#heap`, by key. */
  readonly #waiting = new Map<string, Waiting<K>>();
  #timer: Timer | undefined;
  /** When `#timer` fires. */
  #timerDue = Number.POSITIVE_INFINITY;

  /** Items whose time has not come. */
  get waiting(): number {
    return this.#heap.size;
  }

  /**
   * Adds an item in `delay` milliseconds. An item that waits already keeps the earlier of the two times and the higher of the two
   * priorities; adding or processing it meanwhile does not change when it comes. Ignored when the queue is shutting down.
   *
   * @param priority as in `add`.
   */
  addAfter(item: K, delay: number, reason?: Reason, priority: number = priorityFor(reason)): void {
    if (this.isShuttingDown) return;
    requireFinite('priority', priority);
    this.countRetry(item);
    if (!(delay > 0)) {
      this.add(item, reason, priority);
      return;
    }
    const key = this.keyOf(item);
    const due = this.clock.monotonic() + delay;
    const known = this.#waiting.get(key);
    if (!known) {
      const waiting: Waiting<K> = { item, key, reason, priority, due, position: 0, order: 0 };
      this.#waiting.set(key, waiting);
      this.#heap.push(waiting);
    } else {
      known.priority = Math.max(known.priority, priority);
      if (due < known.due) {
        known.due = due;
        this.#heap.moved(known);
      }
    }
    this.#arm();
  }

  #arm(): void {
    const due = this.#heap.peek()?.due ?? Number.POSITIVE_INFINITY;
    if (this.#timer && this.#timerDue <= due) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (due === Number.POSITIVE_INFINITY) return;
    const delay = Math.min(due - this.clock.monotonic(), longestTimer);
    this.#timerDue = due;
    this.#timer = this.clock.setTimer(() => {
      this.#timer = undefined;
      this.#release();
    }, delay);
  }

  #release(): void {
    const now = this.clock.monotonic();
    for (let next = this.#heap.peek(); next && next.due <= now; next = this.#heap.peek()) {
      this.#heap.pop();
      this.#waiting.delete(next.key);
      this.add(next.item, next.reason, next.priority);
    }
    this.#arm();
  }

  #dropWaiting(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#heap.clear();
    this.#waiting.clear();
  }

  /** As in `WorkQueue`; items whose time has not come are dropped. */
  override shutDown(): void {
    this.#dropWaiting();
    super.shutDown();
  }

  /** As in `WorkQueue`; items whose time has not come are dropped. */
  override shutDownWithDrain(options?: DrainOptions): Promise<void> {
    this.#dropWaiting();
    return super.shutDownWithDrain(options);
  }
}
