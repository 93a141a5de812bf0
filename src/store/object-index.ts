import { asKubeInformerError, KubeInformerError } from '../runtime/index.ts';

/**
 * Computes the values under which an object is found in an index. None, one or several; duplicates count once. They may depend on nothing but
 * the object.
 */
export type IndexFunction<T> = (object: T) => readonly string[];

const noKeys: ReadonlySet<string> = new Set();
const none: readonly string[] = [];

/**
 * One index: value → keys of the objects that have it.
 *
 * Invariants: a key stands under exactly the values that the index function gave for its present object; a value without keys
 * is not kept, or an index over ever-new values would only grow.
 */
export class Index<T> {
  readonly name: string;
  readonly #valuesOf: IndexFunction<T>;
  readonly #keys = new Map<string, Set<string>>();

  constructor(name: string, valuesOf: IndexFunction<T>) {
    this.name = name;
    this.#valuesOf = valuesOf;
  }

  /** An empty index with the same name and function. */
  empty(): Index<T> {
    return new Index(this.name, this.#valuesOf);
  }

  /** The keys of the objects that have `value`, at present. */
  keys(value: string): ReadonlySet<string> {
    return this.#keys.get(value) ?? noKeys;
  }

  /** All values that some object has. */
  values(): IterableIterator<string> {
    return this.#keys.keys();
  }

  /**
   * Moves `key` from the values of `old` to those of `object`. Costs as much as the object has values.
   *
   * @returns what the index function threw for `object`, which then has no values here.
   */
  update(key: string, old: T | undefined, object: T | undefined): KubeInformerError | undefined {
    // If the function throws for the old object, it did so when that came in; then it was reported.
    const before = old === undefined ? none : valuesIn(this.#compute(old));
    const computed = object === undefined ? none : this.#compute(object);
    const after = valuesIn(computed);
    if (before.length === 1 && after.length === 1 && before[0] === after[0]) return undefined;
    for (const value of before) {
      const keys = this.#keys.get(value);
      if (keys?.delete(key) && keys.size === 0) this.#keys.delete(value);
    }
    for (const value of after) {
      const keys = this.#keys.get(value);
      if (keys) keys.add(key);
      else this.#keys.set(value, new Set([key]));
    }
    return computed instanceof KubeInformerError ? computed : undefined;
  }

  #compute(object: T): readonly string[] | KubeInformerError {
    try {
      const values: unknown = this.#valuesOf(object);
      if (Array.isArray(values)) return values;
      throw new TypeError(`it returned ${typeof values}, not an array`);
    } catch (thrown) {
      const hint =
        'An index function must return an array for every object of its resource: [] for those without the value.';
      return asKubeInformerError(thrown, 'IndexFailed', `index function "${this.name}" failed`, hint);
    }
  }
}

function valuesIn(computed: readonly string[] | KubeInformerError): readonly string[] {
  return computed instanceof KubeInformerError ? none : computed;
}
