import type { StoredObject } from './stored-object.ts';

/**
 * The objects of a collection in the order of their keys. Snapshots are free: the array is copied only when it is changed
 * after it was handed out.
 */
export class SortedObjects {
  #objects: StoredObject[];
  #shared = false;

  constructor(objects: StoredObject[] = []) {
    this.#objects = objects;
  }

  /** The objects as they are now. Never changes afterwards. */
  snapshot(): readonly StoredObject[] {
    this.#shared = true;
    return this.#objects;
  }

  get size(): number {
    return this.#objects.length;
  }

  get(key: string): StoredObject | undefined {
    const found = this.#objects[indexOfKey(this.#objects, key)];
    return found?.key === key ? found : undefined;
  }

  set(object: StoredObject): void {
    this.#own();
    const last = this.#objects[this.#objects.length - 1];
    if (!last || last.key < object.key) {
      this.#objects.push(object);
      return;
    }
    const index = indexOfKey(this.#objects, object.key);
    if (this.#objects[index]?.key === object.key) this.#objects[index] = object;
    else this.#objects.splice(index, 0, object);
  }

  delete(key: string): void {
    const index = indexOfKey(this.#objects, key);
    if (this.#objects[index]?.key !== key) return;
    this.#own();
    this.#objects.splice(index, 1);
  }

  #own(): void {
    if (!this.#shared) return;
    this.#objects = this.#objects.slice();
    this.#shared = false;
  }
}

/** The first index whose key is not less than `key`. */
export function indexOfKey(objects: readonly StoredObject[], key: string): number {
  let low = 0;
  let high = objects.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((objects[middle] as StoredObject).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of `objects` that lies in one namespace; all of them for `''`. */
export function rangeOfNamespace(objects: readonly StoredObject[], namespace: string): { start: number; end: number } {
  if (namespace === '') return { start: 0, end: objects.length };
  // `0` is the character after `/`.
  return { start: indexOfKey(objects, `${namespace}/`), end: indexOfKey(objects, `${namespace}0`) };
}
