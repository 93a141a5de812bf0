import type { EventType } from './resource-type.ts';
import { SortedObjects } from './sorted-objects.ts';
import type { StoredObject } from './stored-object.ts';

/** One change of a collection. */
export interface Change {
  readonly type: EventType;
  /** The new state; of a deletion, the last state under the resource version of the deletion. */
  readonly object: StoredObject;
  /** The state before; `undefined` for an addition. */
  readonly previous: StoredObject | undefined;
  readonly revision: number;
}

/** The objects of one resource over all namespaces and served versions, with the recent past. */
export class Collection {
  readonly #historyLimit: number;
  readonly #objects = new SortedObjects();
  /** In order of revision. */
  #history: Change[] = [];
  /** The past up to and with this revision is forgotten: a watch may start at it, and not before it. */
  #forgottenUpTo: number;
  /** Full states by revision, so that the pages of one list agree. Oldest first, a few at most. */
  readonly #snapshots = new Map<number, readonly StoredObject[]>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #unheard: Change[] = [];
  #notifying = false;

  constructor(options: { readonly historyLimit: number; readonly createdAt: number }) {
    this.#historyLimit = options.historyLimit;
    this.#forgottenUpTo = options.createdAt;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  objects(): readonly StoredObject[] {
    return this.#objects.snapshot();
  }

  apply(change: Change): void {
    if (change.type === 'DELETED') this.#objects.delete(change.object.key);
    else this.#objects.set(change.object);
    this.#history.push(change);
    // Trimmed in large steps, so that a write costs no more than its own work.
    if (this.#history.length >= this.#historyLimit * 2) this.#trim(this.#history.length - this.#historyLimit);
    this.#unheard.push(change);
    this.#notify();
  }

  /** A listener may write itself; everybody still hears of the changes in their order. */
  #notify(): void {
    if (this.#notifying) return;
    this.#notifying = true;
    try {
      for (let change = this.#unheard.shift(); change; change = this.#unheard.shift()) {
        for (const listener of this.#listeners) listener(change);
      }
    } finally {
      this.#notifying = false;
    }
  }

  /** Every later change goes to `listener`, in order. Returns the function that ends it. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The oldest revision that a watch may start from. */
  get oldestRevision(): number {
    return this.#forgottenUpTo;
  }

  /** The changes after `revision`; `undefined` if some of them are forgotten. */
  changesSince(revision: number): readonly Change[] | undefined {
    if (revision < this.#forgottenUpTo) return undefined;
    return this.#history.slice(this.#firstAfter(revision));
  }

  /** The state at `revision`; `undefined` if it can no longer be known. `current` is the revision of the whole server. */
  snapshotAt(revision: number, current: number): readonly StoredObject[] | undefined {
    const kept = this.#snapshots.get(revision);
    if (kept) return kept;
    const changes = this.changesSince(revision);
    if (!changes || revision > current) return undefined;
    let snapshot = this.#objects.snapshot();
    if (changes.length > 0) {
      const past = new SortedObjects(snapshot.slice());
      for (const change of changes.toReversed()) {
        if (change.previous) past.set(change.previous);
        else past.delete(change.object.key);
      }
      snapshot = past.snapshot();
    }
    this.#snapshots.set(revision, snapshot);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > 16 && oldest !== undefined) this.#snapshots.delete(oldest);
    return snapshot;
  }

  /** Forgets the past up to and with `revision`. */
  compact(revision: number): void {
    this.#trim(this.#firstAfter(revision));
    this.#forgottenUpTo = Math.max(this.#forgottenUpTo, revision);
    this.#snapshots.clear();
  }

  #trim(count: number): void {
    const last = this.#history[count - 1];
    if (!last) return;
    this.#forgottenUpTo = last.revision;
    this.#history = this.#history.slice(count);
  }

  #firstAfter(revision: number): number {
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#history[middle] as Change).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
