import type { KubeInformerError } from '../runtime/index.ts';
import { asKubeInformerError } from '../runtime/index.ts';

/** Computes the values under which an object is found in an index. None, one or several; duplicates count once. */
export type IndexFunction<T> = (object: T) => readonly string[];

const noKeys: ReadonlySet<string> = new Set();

/**
 * One index: value → keys of the objects that have it.
 *
 * Invariants: a key stands under exactly the values that the index function gave for its present object; a value without keys
 * is not kept, or an index over ever-new values would only grow.
 */
export class Index<T> {
  readonly name: string;
  readonly #valuesOf: IndexFunction<T>;
  readonly #onError: (error: KubeInformerError) => void;
  readonly #keys = new Map<string, Set<string>>();

  constructor(name: string, valuesOf: IndexFunction<T>, onError: (error: KubeInformerError) => void) {
    this.name = name;
    this.#valuesOf = valuesOf;
    this.#onError = onError;
  }

  /** An empty index with the same name and function. */
  empty(): Index<T> {
    return new Index(this.name, this.#valuesOf, this.#onError);
  }

  /** The keys of the objects that have `value`. Live: it changes with the index. */
  keys(value: string): ReadonlySet<string> {
    return this.#keys.get(value) ?? noKeys;
  }

  /** All values that some object has. */
  values(): IterableIterator<string> {
    return this.#keys.keys();
  }

  /**
   * Moves `key` from the values of `old` to those of `object`. Costs as much as the object has values.
   * A function that throws is reported, and the object has no values here.
   */
  update(key: string, old: T | undefined, object: T | undefined): void {
    const before = old === undefined ? [] : this.valuesOf(old, false);
    const after = object === undefined ? [] : this.valuesOf(object, true);
    if (before.length === 1 && after.length === 1 && before[0] === after[0]) return;
    for (const value of before) {
      const keys = this.#keys.get(value);
      if (keys?.delete(key) && keys.size === 0) this.#keys.delete(value);
    }
    for (const value of after) {
      const keys = this.#keys.get(value);
      if (keys) keys.add(key);
      else this.#keys.set(value, new Set([key]));
    }
  }

  valuesOf(object: T, report = true): readonly string[] {
    try {
      return this.#valuesOf(object);
    } catch (thrown) {
      // The same object threw when it came in; then it was reported.
      if (report) {
        const hint =
          'An index function must accept every object of its resource; return [] for those without the value.';
        this.#onError(asKubeInformerError(thrown, 'IndexFailed', `index function "${this.name}" threw`, hint));
      }
      return [];
    }
  }
}
