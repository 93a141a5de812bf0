import { type DeepReadonly, type Keyed, keyOf } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';
import { Index, type IndexFunction } from './object-index.ts';

/** The index that every indexer has: objects by namespace, cluster-scoped ones under `''`. */
export const NAMESPACE_INDEX = 'namespace';

export type Indexers<T, Name extends string = string> = Readonly<Record<Name, IndexFunction<DeepReadonly<T>>>>;

export interface IndexerOptions<T, Name extends string> {
  /** Further indexes, beside the one by namespace. */
  readonly indexers?: Indexers<T, Name>;
  /**
   * Told when an index function throws, after the change is complete. Default: nobody is; the object is then simply not found in that index.
   */
  readonly onError?: (error: KubeInformerError) => void;
}

/**
 * Objects by key, and by whatever indexes are declared. What comes out is what went in: the same references, shared by
 * all readers, read-only.
 *
 * Invariants: every operation is synchronous and leaves objects and indexes in agreement, so that no reader ever sees one
 * without the other; there is one object for a key; iterables are views of the present state and are to be
 * used up before the next `await`.
 *
 * @example
 * const pods = new Indexer<Pod, 'node'>({ indexers: { node: (pod) => [pod.spec?.nodeName ?? ''] } });
 * pods.put(pod);
 * for (const neighbour of pods.byIndex('node', 'worker-1')) console.log(neighbour.metadata.name);
 */
export class Indexer<T extends Keyed, Name extends string = never> {
  readonly #onError: (error: KubeInformerError) => void;
  #objects = new Map<string, DeepReadonly<T>>();
  #indexes = new Map<string, Index<DeepReadonly<T>>>();
  #resourceVersion = '';

  constructor({ indexers, onError = () => {} }: IndexerOptions<T, Name> = {}) {
    this.#onError = onError;
    const byNamespace: IndexFunction<DeepReadonly<T>> = (object) => [(object as Keyed).metadata?.namespace ?? ''];
    this.#indexes.set(NAMESPACE_INDEX, new Index(NAMESPACE_INDEX, byNamespace));
    if (indexers) this.addIndexers(indexers);
  }

  /** How many objects there are. */
  get size(): number {
    return this.#objects.size;
  }

  /** The store reflects everything up to this resource version; `''` before the first list. Opaque: compare for equality only. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  get(key: string): DeepReadonly<T> | undefined {
    return this.#objects.get(key);
  }

  has(key: string): boolean {
    return this.#objects.has(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  values(): IterableIterator<DeepReadonly<T>> {
    return this.#objects.values();
  }

  entries(): IterableIterator<[string, DeepReadonly<T>]> {
    return this.#objects.entries();
  }

  /** All objects, in a new array. */
  list(): DeepReadonly<T>[] {
    return Array.from(this.#objects.values());
  }

  /**
   * The objects that have `value` in the index `name`, without a copy.
   *
   * @throws KubeInformerError `InvalidOption` if there is no such index.
   */
  byIndex(name: Name | typeof NAMESPACE_INDEX, value: string): IterableIterator<DeepReadonly<T>> {
    return objectsOf(this.#index(name).keys(value), this.#objects);
  }

  /** The keys of the objects that have `value` in the index `name`, at present. Throws like `byIndex`. */
  indexKeys(name: Name | typeof NAMESPACE_INDEX, value: string): ReadonlySet<string> {
    return this.#index(name).keys(value);
  }

  /** The values that the index `name` knows. Throws like `byIndex`. */
  indexValues(name: Name | typeof NAMESPACE_INDEX): IterableIterator<string> {
    return this.#index(name).values();
  }

  hasIndex(name: string): boolean {
    return this.#indexes.has(name);
  }

  /**
   * Adds indexes, over present objects too. All or none are added.
   *
   * @returns this indexer, typed with the new names.
   * @throws KubeInformerError `InvalidOption` if one of the names is taken.
   */
  addIndexers<More extends string>(indexers: Indexers<T, More>): Indexer<T, Name | More> {
    const added: Index<DeepReadonly<T>>[] = [];
    for (const name of Object.keys(indexers) as More[]) {
      if (this.#indexes.has(name)) {
        throw new KubeInformerError('InvalidOption', `there is an index named "${name}" already`, {
          hint: 'Choose another name; an index is added once and shared by all readers.',
        });
      }
      added.push(new Index(name, indexers[name]));
    }
    const errors: KubeInformerError[] = [];
    for (const index of added) {
      fill(index, this.#objects, errors);
      this.#indexes.set(index.name, index);
    }
    this.#report(errors);
    return this as Indexer<T, Name | More>;
  }

  /** Removes an index. @returns whether there was one. */
  removeIndexer(name: Name): boolean {
    return this.#indexes.delete(name);
  }

  /**
   * Inserts an object or takes the place of the one with its key.
   *
   * @returns the object that was there before.
   * @throws KubeInformerError `InvalidObject` if it has no name.
   */
  put(object: T | DeepReadonly<T>, key: string = keyOf(object as Keyed)): DeepReadonly<T> | undefined {
    const old = this.#objects.get(key);
    this.#objects.set(key, object as DeepReadonly<T>);
    const errors: KubeInformerError[] = [];
    for (const index of this.#indexes.values()) {
      const error = index.update(key, old, object as DeepReadonly<T>);
      if (error) errors.push(error);
    }
    this.#report(errors);
    return old;
  }

  /** Removes the object with this key. @returns it, or `undefined` if there was none. */
  delete(key: string): DeepReadonly<T> | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) index.update(key, old, undefined);
    return old;
  }

  /** Notes that the store reflects everything up to `resourceVersion`. */
  advance(resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
  }

  /** Takes the place of everything. For a large number of objects see `replacement`. */
  replace(objects: Iterable<T | DeepReadonly<T>>, resourceVersion = ''): void {
    const replacement = this.replacement();
    for (const object of objects) replacement.put(keyOf(object as Keyed), object as DeepReadonly<T>);
    replacement.commit(resourceVersion);
  }

  /**
   * Builds the next state beside the present one, over as many turns of the event loop as it takes; readers see all
   * of it at once, at `commit`. Between its start and `commit` nobody else may write (`addIndexers` may).
   */
  replacement(): Replacement<T> {
    const objects = new Map<string, DeepReadonly<T>>();
    const drafts = Array.from(this.#indexes.values(), (index) => ({ index, draft: index.empty() }));
    const errors: KubeInformerError[] = [];
    return {
      put: (key, object) => {
        const old = objects.get(key);
        objects.set(key, object);
        for (const { draft } of drafts) {
          const error = draft.update(key, old, object);
          if (error) errors.push(error);
        }
      },
      get: (key) => objects.get(key),
      commit: (resourceVersion) => {
        const draftOf = new Map(drafts.map(({ index, draft }) => [index, draft]));
        const next = new Map<string, Index<DeepReadonly<T>>>();
        for (const [name, index] of this.#indexes) {
          // An index that came while the objects were being put, perhaps under the name of one that went.
          next.set(name, draftOf.get(index) ?? fill(index.empty(), objects, errors));
        }
        this.#objects = objects;
        this.#indexes = next;
        this.#resourceVersion = resourceVersion;
        this.#report(errors);
      },
    };
  }

  #report(errors: readonly KubeInformerError[]): void {
    for (const error of errors) this.#onError(error);
  }

  #index(name: string): Index<DeepReadonly<T>> {
    const index = this.#indexes.get(name);
    if (index) return index;
    throw new KubeInformerError('InvalidOption', `there is no index named "${name}"`, {
      hint: `Declare it in indexers; there are: ${Array.from(this.#indexes.keys()).join(', ')}.`,
    });
  }
}

/** Looks up both when it is called and never again: a replacement in the middle of an iteration does not mix two states. */
function* objectsOf<T>(keys: Iterable<string>, objects: ReadonlyMap<string, T>): IterableIterator<T> {
  for (const key of keys) {
    const object = objects.get(key);
    // Only if somebody modified an object, and so moved it away from where its index has it.
    if (object !== undefined) yield object;
  }
}

function fill<T>(index: Index<T>, objects: ReadonlyMap<string, T>, errors: KubeInformerError[]): Index<T> {
  for (const [key, object] of objects) {
    const error = index.update(key, undefined, object);
    if (error) errors.push(error);
  }
  return index;
}

/** A state that is being built beside the present one. */
export interface Replacement<T> {
  put(key: string, object: DeepReadonly<T>): void;
  get(key: string): DeepReadonly<T> | undefined;
  /** Makes it the present state, in one step. To be called once, after which nothing may be put. */
  commit(resourceVersion: string): void;
}
