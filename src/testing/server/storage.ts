import type { Clock } from '../../runtime/index.ts';
import { Collection } from './collection.ts';
import type { JsonObject } from './json.ts';
import type { ResourceType } from './resource-type.ts';
import { StoredObject } from './stored-object.ts';

/** All collections under one counter of revisions. Nothing here is asynchronous: a write is over when it returns. */
export class Storage {
  readonly #clock: Clock;
  readonly #historyLimit: number;
  readonly #collections = new Map<string, Collection>();
  readonly #waiting = new Set<{ readonly revision: number; readonly wake: () => void }>();
  #revision = 1;
  #compactedAt = 0;

  constructor(options: { readonly clock: Clock; readonly historyLimit: number }) {
    this.#clock = options.clock;
    this.#historyLimit = options.historyLimit;
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedAt(): number {
    return this.#compactedAt;
  }

  collection(type: { readonly group: string; readonly resource: string }): Collection {
    const key = `${type.group}/${type.resource}`;
    let collection = this.#collections.get(key);
    if (!collection) {
      collection = new Collection({ historyLimit: this.#historyLimit, createdAt: this.#compactedAt });
      this.#collections.set(key, collection);
    }
    return collection;
  }

  collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  /** Stores a new state of `object`, which must have complete metadata. */
  put(type: ResourceType, object: JsonObject, previous: StoredObject | undefined): StoredObject {
    const stored = StoredObject.encode(type, object, this.#revision + 1);
    this.putStored(type, stored, previous);
    return stored;
  }

  putStored(type: ResourceType, stored: StoredObject, previous: StoredObject | undefined): void {
    this.#advance(stored.revision);
    const change = previous ? 'MODIFIED' : 'ADDED';
    this.collection(type).apply({ type: change, object: stored, previous, revision: stored.revision });
  }

  remove(type: ResourceType, previous: StoredObject): StoredObject {
    const revision = this.#revision + 1;
    this.#advance(revision);
    const last = previous.withRevision(revision);
    this.collection(type).apply({ type: 'DELETED', object: last, previous, revision });
    return last;
  }

  /** Moves the revision without a change of any object, as writes to other resources do. */
  skipRevision(): void {
    this.#advance(this.#revision + 1);
  }

  compact(revision = this.#revision): void {
    this.#compactedAt = Math.max(this.#compactedAt, revision);
    for (const collection of this.#collections.values()) collection.compact(revision);
  }

  /** Waits until the server has reached `revision`, at most `limit` milliseconds. `false` if it has not. */
  waitForRevision(revision: number, limit: number, signal: AbortSignal): Promise<boolean> {
    if (revision <= this.#revision) return Promise.resolve(true);
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (reached: boolean) => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(entry);
        resolve(reached);
      };
      const onAbort = () => end(false);
      const entry = { revision, wake: () => end(true) };
      const timer = this.#clock.setTimer(onAbort, limit);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(entry);
    });
  }

  #advance(revision: number): void {
    this.#revision = revision;
    for (const entry of this.#waiting) if (entry.revision <= revision) entry.wake();
  }
}
