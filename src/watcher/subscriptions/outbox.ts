import { collapse } from './collapse.ts';
import { type AnyNotice, isChange, laneOf } from './notice.ts';

/** A notice on its way. */
export interface Entry {
  readonly notice: AnyNotice;
  /** How often its delivery was tried. */
  readonly attempts: number;
  /** Whether the receiver may have heard of that object since it came: once it was tried, whatever the outcome seemed to be, or in an earlier run. */
  readonly mayBeKnown: boolean;
  /** Monotonic milliseconds since which the receiver waits for it. */
  readonly since: number;
}

export interface OutboxOptions {
  /** `latest`: of each object the newest state alone. `every`: all notices, as long as there are fewer than `bound`. */
  readonly mode: 'latest' | 'every';
  /** Notices that `every` keeps; with more, it goes on as `latest` does. */
  readonly bound: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A lane has something to deliver, and nothing of it is on its way. */
  readonly onReady: (lane: string) => void;
}

interface Lane {
  readonly waiting: Entry[];
  taken: Entry | undefined;
}

/**
 * What is still to be delivered, in a lane for each object (by name: one that replaces another waits for its end), and one for each type of what the service
 * tells of itself.
 *
 * ```text
 *            file                    take                      done
 *  (none) ─────────► ready ─────────────────────► in flight ─────────► ready, or (none)
 *                      ▲                              │ again
 *                      └──────────────────────────────┘ (what came meanwhile is collapsed with it)
 * ```
 *
 * Invariants:
 * - At most one entry of a lane is in flight, the first: the order in a lane is that of the changes.
 * - Of what the service tells of itself one entry of a lane waits.
 * - `latest`: at most two entries of a lane wait, and two only if the first is a `DELETED`. So it is bounded by the number of names.
 * - `every`: the same once `bound` notices wait; what is lost by that is counted in `lost`.
 * - A lane without entries is forgotten.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<string, Lane>();
  #size = 0;
  #objects = 0;
  #lost = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Notices that wait or are in flight. */
  get size(): number {
    return this.#size;
  }

  /** Objects, by name, with something to deliver. */
  get objects(): number {
    return this.#objects;
  }

  /** States that `every` was to tell and could not keep. Only grows. */
  get lost(): number {
    return this.#lost;
  }

  /** Monotonic milliseconds since which the oldest notice waits. */
  get oldestSince(): number | undefined {
    let oldest: number | undefined;
    for (const { taken, waiting } of this.#lanes.values()) {
      const since = (taken ?? waiting[0])?.since;
      if (since !== undefined && (oldest === undefined || since < oldest)) oldest = since;
    }
    return oldest;
  }

  /** Whether there is anything to deliver for an object. */
  has(lane: string): boolean {
    return this.#lanes.has(lane);
  }

  /** Whether the next thing to deliver of an object is of the state that the subscription began with. */
  isInitial(lane: string): boolean {
    const { taken, waiting } = this.#lanes.get(lane) ?? {};
    const next = (taken ?? waiting?.[0])?.notice;
    return next !== undefined && isChange(next) && next.initial;
  }

  /** @param mayBeKnown whether the receiver may have heard of the object in an earlier run. */
  file(notice: AnyNotice, mayBeKnown = false): void {
    const key = laneOf(notice);
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = { waiting: [], taken: undefined };
      this.#lanes.set(key, lane);
      if (isChange(notice)) this.#objects++;
    }
    const wasReady = lane.waiting.length > 0;
    const entry: Entry = { notice, attempts: 0, mayBeKnown, since: this.#options.now() };
    if (this.#options.mode === 'every' && isChange(notice) && this.#size < this.#options.bound) {
      lane.waiting.push(entry);
      this.#size++;
    } else this.#collapse(lane, entry);
    this.#forget(notice, lane);
    if (!wasReady && !lane.taken && lane.waiting.length > 0) this.#options.onReady(key);
  }

  /** Takes the first entry of a lane, to be settled by `done` or `again`; `undefined` if there is none, or one is in flight. */
  take(key: string): Entry | undefined {
    const lane = this.#lanes.get(key);
    if (!lane || lane.taken) return undefined;
    const first = lane.waiting.shift();
    if (first) lane.taken = { ...first, attempts: first.attempts + 1, mayBeKnown: true };
    return lane.taken;
  }

  /** What was taken needs no delivery any more. */
  done(key: string): void {
    const lane = this.#lanes.get(key);
    if (!lane?.taken) return;
    const { notice } = lane.taken;
    lane.taken = undefined;
    this.#size--;
    this.#forget(notice, lane);
    if (lane.waiting.length > 0) this.#options.onReady(key);
  }

  /** What was taken is to be tried again. The lane is not announced: when to take from it is known to whoever failed. */
  again(key: string): void {
    const lane = this.#lanes.get(key);
    if (!lane?.taken) return;
    const later = lane.waiting.splice(0);
    const { notice } = lane.taken;
    lane.waiting.push(lane.taken);
    lane.taken = undefined;
    if (this.#options.mode === 'every' && isChange(notice)) lane.waiting.push(...later);
    else {
      this.#size -= later.length;
      for (const entry of later) this.#collapse(lane, entry);
    }
  }

  clear(): void {
    this.#lanes.clear();
    this.#size = 0;
    this.#objects = 0;
  }

  #collapse(lane: Lane, entry: Entry): void {
    const before = lane.waiting.length;
    collapse(lane.waiting, entry);
    const grown = lane.waiting.length - before;
    this.#size += grown;
    if (this.#options.mode === 'every' && isChange(entry.notice)) this.#lost += 1 - grown;
  }

  #forget(notice: AnyNotice, lane: Lane): void {
    if (lane.taken || lane.waiting.length > 0) return;
    this.#lanes.delete(laneOf(notice));
    if (isChange(notice)) this.#objects--;
  }
}
