import { type GroupVersionResource, gvrText } from '../kubernetes/index.ts';
import { ownerKey, type WatchOwner } from './key.ts';
import type { Watch } from './watch.ts';

/** Which watches; everything that is given must agree. */
export interface WatchFilter {
  /** Every watch of this owner, whatever its uid. */
  readonly owner?: WatchOwner;
  readonly gvr?: GroupVersionResource;
  /** The namespace of the target. */
  readonly namespace?: string;
}

/**
 * The watches of a manager, by key, by owner, by resource and by namespace.
 *
 * Invariant: there is one watch for a key.
 */
export class Registry {
  readonly #watches = new Map<string, Watch>();
  readonly #byOwner = new Map<string, Set<Watch>>();
  readonly #byResource = new Map<string, Set<Watch>>();
  readonly #byNamespace = new Map<string, Set<Watch>>();

  get size(): number {
    return this.#watches.size;
  }

  [Symbol.iterator](): IterableIterator<Watch> {
    return this.#watches.values();
  }

  get(key: string): Watch | undefined {
    return this.#watches.get(key);
  }

  add(watch: Watch): void {
    this.#watches.set(watch.plan.key, watch);
    for (const [index, value] of this.#places(watch)) {
      const there = index.get(value);
      if (there) there.add(watch);
      else index.set(value, new Set([watch]));
    }
  }

  /** @returns whether it was here. */
  remove(watch: Watch): boolean {
    if (this.#watches.get(watch.plan.key) !== watch) return false;
    this.#watches.delete(watch.plan.key);
    for (const [index, value] of this.#places(watch)) {
      const there = index.get(value);
      if (there?.delete(watch) && there.size === 0) index.delete(value);
    }
    return true;
  }

  ofOwner(key: string): readonly Watch[] {
    return Array.from(this.#byOwner.get(key) ?? []);
  }

  list({ owner, gvr, namespace }: WatchFilter): readonly Watch[] {
    const wanted: (ReadonlySet<Watch> | undefined)[] = [];
    if (owner) wanted.push(this.#byOwner.get(ownerKey(owner)));
    if (gvr) wanted.push(this.#byResource.get(gvrText(gvr)));
    if (namespace !== undefined) wanted.push(this.#byNamespace.get(namespace));
    if (wanted.length === 0) return Array.from(this.#watches.values());
    const [fewest, ...others] = wanted.toSorted((one, other) => (one?.size ?? 0) - (other?.size ?? 0));
    return Array.from(fewest ?? []).filter((watch) => others.every((watches) => watches?.has(watch)));
  }

  #places({ plan }: Watch): readonly [Map<string, Set<Watch>>, string][] {
    return [
      [this.#byOwner, plan.ownerKey],
      [this.#byResource, gvrText(plan.collection.gvr)],
      [this.#byNamespace, plan.collection.namespace],
    ];
  }
}
