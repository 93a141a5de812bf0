import type { HandlerRegistration, ResourceEventHandler } from '../informer/index.ts';
import { type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';
import type { Lister } from '../store/index.ts';

/** What is needed of an informer that a directory follows; by its lister it is known what it holds. */
interface Followed<T extends KubeObject> {
  addEventHandler(handler: ResourceEventHandler<T>): HandlerRegistration;
  readonly lister: Lister<T>;
}

/**
 * What belongs to what: entries by key, put in by hand or kept by an informer, and read without a request. Several may enter the same key; the
 * latest of them is seen, and when it is taken back the one before it.
 *
 * @example
 * // Which widget is blue?
 * const byColour = new Directory<string, DeepReadonly<Widget>>();
 * byColour.follow(widgets, (widget) => [[widget.spec?.colour ?? '', widget]]);
 * byColour.get('blue')?.metadata.name;
 */
export class Directory<K, V> {
  /** By key, then by who entered it, the latest last. No map in it is empty. */
  readonly #entries = new Map<K, Map<unknown, V>>();

  /** How many keys there are. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    let latest: V | undefined;
    for (const value of this.#entries.get(key)?.values() ?? []) latest = value;
    return latest;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  *entries(): IterableIterator<[K, V]> {
    for (const key of this.#entries.keys()) yield [key, this.get(key)!];
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  /** Enters `value`; what was entered by hand under this key before is replaced. */
  add(key: K, value: V): void {
    this.#add(key, value, this);
  }

  /** Takes back what was entered by hand. @returns whether there was anything */
  remove(key: K): boolean {
    return this.#remove(key, this);
  }

  /**
   * Keeps the entries that `entriesOf` says of each object, as the objects come, change and go. Entries stay when the registration is removed.
   *
   * @returns the handler in its place: `ready` resolves when every object that is there has been entered.
   */
  follow<T extends KubeObject>(
    informer: Followed<T>,
    entriesOf: (object: DeepReadonly<NoInfer<T>>) => Iterable<readonly [K, V]>,
  ): HandlerRegistration {
    /** Who enters: one for each object. */
    const entered = new Map<string, { readonly keys: Set<K> }>();
    const enter = (object: DeepReadonly<T>) => {
      const name = keyOf(object as KubeObject);
      const by = entered.get(name) ?? { keys: new Set<K>() };
      // Before anything is changed, as it may throw.
      const entries = Array.from(entriesOf(object));
      entered.set(name, by);
      const keys = new Set(entries.map(([key]) => key));
      for (const key of by.keys) if (!keys.has(key)) this.#remove(key, by);
      by.keys.clear();
      for (const [key, value] of entries) {
        this.#add(key, value, by);
        by.keys.add(key);
      }
    };
    return informer.addEventHandler({
      onAdd: enter,
      onUpdate: (_old, object) => enter(object),
      onDelete: (object) => {
        const name = keyOf(object as KubeObject);
        const by = entered.get(name);
        for (const key of by?.keys ?? []) this.#remove(key, by);
        entered.delete(name);
      },
    });
  }

  #add(key: K, value: V, by: unknown): void {
    const entries = this.#entries.get(key) ?? new Map<unknown, V>();
    entries.delete(by);
    this.#entries.set(key, entries.set(by, value));
  }

  #remove(key: K, by: unknown): boolean {
    const entries = this.#entries.get(key);
    const removed = entries?.delete(by) ?? false;
    if (entries?.size === 0) this.#entries.delete(key);
    return removed;
  }
}
