import type { DeepReadonly, KubeObject } from '../kubernetes/index.ts';
import { coalesce } from './coalesce.ts';
import type { InformerEvent } from './events.ts';

/** What waits for a handler. `objects` become events only when their turn comes. */
type Entry<T> =
  | { readonly kind: 'events'; readonly events: readonly InformerEvent<T>[]; readonly live: boolean }
  | { readonly kind: 'objects'; readonly as: 'initial' | 'resync'; readonly objects: readonly DeepReadonly<T>[] }
  | { readonly kind: 'synced' };

type Batch<T> = Exclude<Entry<T>, { kind: 'synced' }>;

/**
 * What waits for a handler, in order: events, objects to be replayed, and the mark that ends the initial list.
 *
 * Invariants:
 * - `length` counts the events and objects that are left; `backlog` those of them that make a handler lag: neither the initial list nor a
 *   resync is a sign of slowness.
 * - While a merge is under way nothing is taken, and what comes in comes behind what is being merged.
 */
export class Line<T extends KubeObject> {
  /** Slots before `#head` are done with, and the one at `#head` up to `#cursor`. */
  #entries: (Entry<T> | undefined)[] = [];
  #head = 0;
  #cursor = 0;
  #length = 0;
  #backlog = 0;
  #resyncs = 0;
  /** What `merge` began and has not finished. */
  #merge: Generator<void, void, undefined> | undefined;

  get length(): number {
    return this.#length;
  }

  get backlog(): number {
    return this.#backlog;
  }

  /** Whether a merge is under way. */
  get merging(): boolean {
    return this.#merge !== undefined;
  }

  get empty(): boolean {
    return this.#head === this.#entries.length;
  }

  /** The array is shared with other lines. */
  events(events: readonly InformerEvent<T>[]): void {
    const [first] = events;
    if (!first) return;
    const live = !(first.type === 'add' && first.isInInitialList);
    this.#append({ kind: 'events', events, live });
  }

  /** A resync is dropped while the one before it still waits. */
  objects(as: 'initial' | 'resync', objects: readonly DeepReadonly<T>[]): void {
    if (objects.length === 0 || (as === 'resync' && this.#resyncs > 0)) return;
    this.#append({ kind: 'objects', as, objects });
  }

  mark(): void {
    this.#append({ kind: 'synced' });
  }

  /** The next event, or the mark; `undefined` if nothing waits, or a merge is under way. */
  take(): InformerEvent<T> | 'synced' | undefined {
    const entry = this.#entries[this.#head];
    if (!entry || this.#merge) return undefined;
    if (entry.kind === 'synced') {
      this.#shift();
      return 'synced';
    }
    const event = eventAt(entry, this.#cursor++);
    this.#length--;
    if (isLive(entry)) this.#backlog--;
    if (this.#cursor === countOf(entry)) {
      this.#cursor = 0;
      if (entry.kind === 'objects' && entry.as === 'resync') this.#resyncs--;
      this.#shift();
    }
    return event;
  }

  clear(): void {
    this.#merge = undefined;
    this.#empty();
  }

  #empty(): void {
    this.#entries = [];
    this.#head = 0;
    this.#cursor = 0;
    this.#length = 0;
    this.#backlog = 0;
    this.#resyncs = 0;
  }

  /**
   * Merges live events, as far as no initial objects and no mark stand between them: these keep their places, so that everything
   * initial is still handled before the mark, however fast more comes in behind it. Resyncs that wait are dropped.
   *
   * Done in steps: call it again as long as it says so.
   *
   * @returns `true` while work is left.
   */
  mergeStep(): boolean {
    this.#merge ??= this.#merged();
    if (!this.#merge.next().done) return true;
    this.#merge = undefined;
    return false;
  }

  *#merged(): Generator<void, void, undefined> {
    const entries = this.#entries.slice(this.#head) as Entry<T>[];
    const merged: Entry<T>[] = [];
    let run: Batch<T>[] = [];
    for (const [index, entry] of entries.entries()) {
      const rest = index === 0 && this.#cursor > 0 ? behind(entry, this.#cursor) : entry;
      if (rest.kind !== 'synced' && isLive(rest)) run.push(rest);
      else if (rest.kind !== 'objects' || rest.as !== 'resync') {
        yield* this.#mergeRun(run, merged);
        run = [];
        merged.push(rest);
      }
    }
    yield* this.#mergeRun(run, merged);
    // What came in meanwhile, behind all of that.
    const later = this.#entries.slice(this.#head + entries.length) as Entry<T>[];
    this.#empty();
    for (const entry of merged) this.#append(entry);
    for (const entry of later) this.#append(entry);
  }

  *#mergeRun(run: readonly Batch<T>[], merged: Entry<T>[]): Generator<void, void, undefined> {
    const events = yield* coalesce(eventsOf(run));
    if (events.length > 0) merged.push({ kind: 'events', events, live: true });
  }

  #append(entry: Entry<T>): void {
    this.#entries.push(entry);
    if (entry.kind === 'synced') return;
    if (entry.kind === 'objects' && entry.as === 'resync') this.#resyncs++;
    this.#length += countOf(entry);
    if (isLive(entry)) this.#backlog += countOf(entry);
  }

  /** `Array.shift` would move everything that waits, each time. */
  #shift(): void {
    this.#entries[this.#head++] = undefined;
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}

function isLive<T>(entry: Batch<T>): boolean {
  return entry.kind === 'events' && entry.live;
}

/** What is left of an entry of which `count` are done with. */
function behind<T>(entry: Entry<T>, count: number): Entry<T> {
  if (entry.kind === 'synced') return entry;
  if (entry.kind === 'events') return { ...entry, events: entry.events.slice(count) };
  return { ...entry, objects: entry.objects.slice(count) };
}

function* eventsOf<T>(batches: readonly Batch<T>[]): Generator<InformerEvent<T>, void, undefined> {
  for (const batch of batches) for (let at = 0; at < countOf(batch); at++) yield eventAt(batch, at);
}

function countOf<T>(entry: Batch<T>): number {
  return entry.kind === 'events' ? entry.events.length : entry.objects.length;
}

function eventAt<T>(entry: Batch<T>, at: number): InformerEvent<T> {
  if (entry.kind === 'events') return entry.events[at]!;
  const object = entry.objects[at]!;
  if (entry.as === 'initial') return { type: 'add', object, isInInitialList: true };
  return { type: 'update', object, oldObject: object, isResync: true };
}
