import { KubeInformerError, requireAtLeast } from '../runtime/index.ts';
import { unreadLength } from '../transport/index.ts';

/** How much a cache may hold; what is `undefined` has no limit. */
export interface TallyLimits {
  /** Shows up in the error. */
  readonly name: string;
  readonly maxObjects: number | undefined;
  /** See `bytesOf`. */
  readonly maxBytes: number | undefined;
}

/**
 * What a cache holds, held against its limits: how many objects, and how many bytes they have. Without limits it counts nothing and costs nothing.
 *
 * Invariant: what it has counted is not more than the limits allow, but for the middle of a change that was checked as a whole.
 */
export class Tally {
  readonly #limits: TallyLimits;
  /** Bytes of each object, by key; 0 where there is no limit on bytes. `undefined` without limits. */
  readonly #sizes: Map<string, number> | undefined;
  #bytes = 0;

  /** @throws KubeInformerError `InvalidOption` */
  constructor(limits: TallyLimits) {
    const { maxObjects, maxBytes } = limits;
    requireAtLeast('maxObjects', maxObjects ?? 0, 0);
    requireAtLeast('maxBytes', maxBytes ?? 0, 0);
    this.#limits = limits;
    this.#sizes = maxObjects === undefined && maxBytes === undefined ? undefined : new Map();
  }

  /** Nothing yet, with the same limits: for a state that is to take the place of this one. */
  empty(): Tally {
    return new Tally(this.#limits);
  }

  /**
   * The cache is about to have `object` under `key`.
   *
   * @throws KubeInformerError `CacheLimitExceeded` if that would be more than is allowed: better than running out of memory.
   */
  put(key: string, object: object): void {
    if (!this.#sizes) return;
    const size = this.#measured(object);
    this.#refuse(this.#sizes.has(key) ? 0 : 1, size - (this.#sizes.get(key) ?? 0));
    this.#set(key, size);
  }

  /** As `put`, of what was checked before: together with what else changes, and in the middle of that it may be too much. */
  set(key: string, object: object): void {
    if (this.#sizes) this.#set(key, this.#measured(object));
  }

  /** What `before` holds under `key` stays; it may be nothing, if the cache has not got what the server has. Throws like `put`. */
  keep(key: string, before: Tally): void {
    if (!this.#sizes) return;
    const size = before.#sizes?.get(key) ?? 0;
    this.#refuse(this.#sizes.has(key) ? 0 : 1, size);
    this.#set(key, size);
  }

  /** The cache no longer has an object under `key`. */
  delete(key: string): void {
    const size = this.#sizes?.get(key);
    if (size === undefined) return;
    this.#bytes -= size;
    this.#sizes!.delete(key);
  }

  /** By how many bytes it grows with `object` under `key`; less than 0 if it shrinks. Without an object: if what is there goes. */
  growth(key: string, object: object | undefined): number {
    const before = this.#sizes?.get(key) ?? 0;
    return (object === undefined ? 0 : this.#measured(object)) - before;
  }

  /** Throws like `put` if it can't grow by so many. */
  check(objects: number, bytes: number): void {
    if (this.#sizes) this.#refuse(objects, bytes);
  }

  #set(key: string, size: number): void {
    this.#bytes += size - (this.#sizes!.get(key) ?? 0);
    this.#sizes!.set(key, size);
  }

  #measured(object: object): number {
    return this.#limits.maxBytes === undefined ? 0 : bytesOf(object);
  }

  #refuse(moreObjects: number, moreBytes: number): void {
    const { maxObjects = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = this.#limits;
    if (moreObjects > 0 && this.#sizes!.size + moreObjects > maxObjects) {
      throw this.#tooMuch(`maxObjects = ${maxObjects} objects`);
    }
    if (moreBytes > 0 && this.#bytes + moreBytes > maxBytes) {
      throw this.#tooMuch(`maxBytes = ${maxBytes} bytes of objects`);
    }
  }

  #tooMuch(what: string): KubeInformerError {
    return new KubeInformerError('CacheLimitExceeded', `${this.#limits.name} has more than ${what}`, {
      hint: `Raise ${what.split(' ')[0]}, or narrow what is watched: namespaces, selectors, a projection, metadata only.`,
    });
  }
}

/**
 * About as many bytes as the JSON of `value` has, without making it: letters count as one byte, escapes as none, numbers as four. Some
 * microseconds for a pod. What nobody has read yet counts as it came, and is not parsed for that.
 */
export function bytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 4;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const element of value) bytes += bytesOf(element) + 1;
    return bytes;
  }
  for (const key in value) {
    const unread = unreadLength(value, key);
    bytes += key.length + 4 + (unread ?? bytesOf((value as Record<string, unknown>)[key]));
  }
  return bytes;
}
