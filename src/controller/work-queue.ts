import { type Clock, KubeInformerError, systemClock } from '../runtime/index.ts';
import { type WorkQueueMessage, workQueueChannel } from './diagnostics.ts';
import { FifoStorage, type QueueEntry, type QueueStorage } from './queue-storage.ts';
import { priorityFor, type Reason } from './request.ts';

export interface WorkQueueOptions<K> {
  /** For measures. Default: `workqueue`. */
  readonly name?: string;
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** What makes two items the same. Default: the item itself, which must be a string then. */
  readonly keyOf?: (item: K) => string;
  /** The order of items. Default: first in, first out. */
  readonly storage?: QueueStorage<K>;
}

export interface DrainOptions {
  /**
   * `'all'`: also for items that still wait, which somebody has to get, then. `'processing'`: only until nothing is being processed.
   * Default: `'all'`.
   */
  readonly until?: 'all' | 'processing';
}

/** How a work queue fares at this moment. */
export interface WorkQueueMeasures {
  readonly workqueue_depth: number;
  readonly workqueue_adds_total: number;
  readonly workqueue_retries_total: number;
  /** The sum of the ages of all runs under way. */
  readonly workqueue_unfinished_work_seconds: number;
  readonly workqueue_longest_running_processor_seconds: number;
}

interface Entry<K> extends QueueEntry<K> {
  readonly reasons: Reason[];
  priority: number;
  /** Monotonic; `undefined` if nobody listened. */
  readonly addedAt: number | undefined;
}

interface Running<K> {
  readonly entry: Entry<K>;
  /** Monotonic. */
  readonly since: number;
}

const maxReasons = 20;

/**
 * A queue of things to do in which nothing stands twice and nothing is done twice at the same time. However often an item is
 * added before somebody gets it, it is handed out once; added while it is being processed, it is handed out once more
 * after `done`.
 *
 * @example
 * for (let key = await queue.get(signal); key !== undefined; key = await queue.get(signal)) {
 *   try { await work(key); } finally { queue.done(key); }
 * }
 */
export class WorkQueue<K = string> {
  readonly name: string;
  protected readonly clock: Clock;
  protected readonly keyOf: (item: K) => string;
  readonly #storage: QueueStorage<K>;
  /** What needs processing. Those that are not in `#processing` are in `#storage`, and nothing else is. */
  readonly #dirty = new Map<string, Entry<K>>();
  readonly #processing = new Map<string, Running<K>>();
  /** Waiting calls of `get`. There are none while `#storage` has something. */
  readonly #getters = new Set<(item: K | undefined) => void>();
  readonly #drains = new Set<{ readonly until: 'all' | 'processing'; readonly resolve: () => void }>();
  #shuttingDown = false;
  #adds = 0;
  #retries = 0;

  constructor(options: WorkQueueOptions<K> = {}) {
    this.name = options.name ?? 'workqueue';
    this.clock = options.clock ?? systemClock;
    this.keyOf = options.keyOf ?? requireString;
    this.#storage = options.storage ?? new FifoStorage();
  }

  /** Items that can be got now: not those in processing, nor those added again meanwhile. */
  get length(): number {
    return this.#storage.length;
  }

  get isShuttingDown(): boolean {
    return this.#shuttingDown;
  }

  /**
   * Adds an item. Ignored when the queue is shutting down.
   *
   * @param priority what counts for a storage that knows priorities. Adding an item that waits can raise its priority, never lower it.
   * Default: -100 if the reason is `initial` or `resync`, else 0.
   * @throws KubeInformerError `InvalidOption` if the priority is no finite number.
   */
  add(item: K, reason?: Reason, priority: number = priorityFor(reason)): void {
    if (this.#shuttingDown) return;
    requireFinite('priority', priority);
    const key = this.keyOf(item);
    const known = this.#dirty.get(key);
    if (known) {
      if (reason) addReason(known.reasons, reason);
      if (priority > known.priority) known.priority = priority;
      if (!this.#processing.has(key)) this.#storage.touch(known);
      return;
    }
    this.#adds++;
    const listened = workQueueChannel.hasSubscribers;
    const entry = {
      item,
      key,
      reasons: reason ? [reason] : [],
      priority,
      addedAt: listened ? this.clock.monotonic() : undefined,
    };
    this.#dirty.set(key, entry);
    if (listened) this.#publish('add', entry);
    if (this.#processing.has(key)) return;
    this.#storage.push(entry);
    this.#feed();
  }

  /**
   * The next item; waits for one. Whoever gets an item must say `done` in the end.
   *
   * @returns `undefined` when the queue is shutting down and empty, or when `signal` was aborted while waiting.
   */
  get(signal?: AbortSignal): Promise<K | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined);
    const entry = this.#storage.pop() as Entry<K> | undefined;
    if (entry) return Promise.resolve(this.#begin(entry));
    if (this.#shuttingDown) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const settle = (item: K | undefined) => {
        this.#getters.delete(settle);
        signal?.removeEventListener('abort', onAbort);
        resolve(item);
      };
      const onAbort = () => settle(undefined);
      this.#getters.add(settle);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #feed(): void {
    for (const getter of this.#getters) {
      const entry = this.#storage.pop() as Entry<K> | undefined;
      if (!entry) return;
      getter(this.#begin(entry));
    }
  }

  #begin(entry: Entry<K>): K {
    const since = this.clock.monotonic();
    this.#dirty.delete(entry.key);
    this.#processing.set(entry.key, { entry, since });
    if (workQueueChannel.hasSubscribers) {
      const { addedAt } = entry;
      this.#publish(
        'get',
        entry,
        addedAt === undefined ? {} : { workqueue_queue_duration_seconds: (since - addedAt) / 1000 },
      );
    }
    return entry.item;
  }

  /** Why an item that is being processed was queued: the latest reasons, the oldest first, at most 20. */
  reasonsOf(item: K): readonly Reason[] {
    return this.#processing.get(this.keyOf(item))?.entry.reasons ?? [];
  }

  /** The priority of an item that is being processed; 0 if it is not. */
  priorityOf(item: K): number {
    return this.#processing.get(this.keyOf(item))?.entry.priority ?? 0;
  }

  /** Says that the item is no longer being processed. If it was added meanwhile, its turn comes again. */
  done(item: K): void {
    const key = this.keyOf(item);
    const running = this.#processing.get(key);
    if (!running) return;
    this.#processing.delete(key);
    if (workQueueChannel.hasSubscribers) {
      const seconds = (this.clock.monotonic() - running.since) / 1000;
      this.#publish('done', running.entry, { workqueue_work_duration_seconds: seconds });
    }
    const again = this.#dirty.get(key);
    if (again) {
      this.#storage.push(again);
      this.#feed();
    }
    this.#settleDrains();
  }

  /** No more items are taken in. Those that wait are still handed out; then every `get` gives `undefined`. Releases `drain`. */
  shutDown(): void {
    this.#beginShutDown();
    for (const { resolve } of this.#drains) resolve();
    this.#drains.clear();
  }

  /**
   * Shuts down and waits for the end of the work: of all that was taken in, queued items included, or only of what is being
   * processed. (client-go's namesake waits only for the latter.) A later `shutDown` releases it.
   */
  shutDownWithDrain({ until = 'all' }: DrainOptions = {}): Promise<void> {
    this.#beginShutDown();
    return new Promise((resolve) => {
      this.#drains.add({ until, resolve });
      this.#settleDrains();
    });
  }

  #beginShutDown(): void {
    this.#shuttingDown = true;
    for (const getter of this.#getters) getter(undefined);
  }

  #settleDrains(): void {
    if (this.#processing.size > 0) return;
    for (const drain of this.#drains) {
      if (drain.until === 'all' && this.#dirty.size > 0) continue;
      this.#drains.delete(drain);
      drain.resolve();
    }
  }

  /** The measures of now. Everything else is published on `kube-informer:workqueue` as it happens. */
  measures(): WorkQueueMeasures {
    const now = this.clock.monotonic();
    let sum = 0;
    let longest = 0;
    for (const { since } of this.#processing.values()) {
      sum += now - since;
      longest = Math.max(longest, now - since);
    }
    return {
      ...this.#counts(),
      workqueue_unfinished_work_seconds: sum / 1000,
      workqueue_longest_running_processor_seconds: longest / 1000,
    };
  }

  protected countRetry(item: K): void {
    this.#retries++;
    if (!workQueueChannel.hasSubscribers) return;
    this.#publish('retry', { item, key: this.keyOf(item), reasons: [], priority: 0 });
  }

  #counts() {
    return {
      workqueue_depth: this.#dirty.size,
      workqueue_adds_total: this.#adds,
      workqueue_retries_total: this.#retries,
    };
  }

  #publish(event: WorkQueueMessage['event'], entry: QueueEntry<K>, measure: Partial<WorkQueueMessage> = {}): void {
    const resourceVersion = latestResourceVersion(entry.reasons);
    const message: WorkQueueMessage = {
      name: this.name,
      event,
      key: entry.key,
      resourceVersion,
      ...this.#counts(),
      ...measure,
    };
    workQueueChannel.publish(message);
  }
}

/** The resource version of the latest of `reasons` that has one. */
export function latestResourceVersion(reasons: readonly Reason[]): string | undefined {
  return reasons.findLast(({ resourceVersion }) => resourceVersion !== undefined)?.resourceVersion;
}

function addReason(reasons: Reason[], reason: Reason): void {
  if (reasons.length === maxReasons) reasons.shift();
  reasons.push(reason);
}

/** Throws a `KubeInformerError` unless `value` is a finite number, of any sign. */
export function requireFinite(name: string, value: number): void {
  if (Number.isFinite(value)) return;
  throw new KubeInformerError('InvalidOption', `${name} must be a finite number, got ${String(value)}`, {
    hint: `Give a number as ${name}; higher ones come first.`,
  });
}

function requireString(item: unknown): string {
  if (typeof item === 'string') return item;
  throw new KubeInformerError('InvalidOption', 'items of a work queue are strings unless it has keyOf', {
    hint: 'Give keyOf, which makes equal texts of equal items.',
  });
}
