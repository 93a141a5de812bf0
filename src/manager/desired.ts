import type { Registry } from './registry.ts';
import type { WatchPlan } from './request.ts';
import type { Watch } from './watch.ts';
import type { Watches } from './watches.ts';

/**
 * What owners are to have watched, as a whole: what is missing is added, what is too much is stopped, after what was added has synced.
 *
 * Invariant: of two calls for one owner the later one holds, however long the earlier one takes.
 */
export class DesiredSets {
  readonly #watches: Watches;
  readonly #registry: Registry;
  /** The keys that each owner wants, by its key, while a call is under way. */
  readonly #wanted = new Map<string, ReadonlySet<string>>();

  constructor(watches: Watches, registry: Registry) {
    this.#watches = watches;
    this.#registry = registry;
  }

  async apply(ownerKey: string, plans: readonly WatchPlan[]): Promise<readonly Watch[]> {
    const wanted = new Set(plans.map(({ key }) => key));
    this.#wanted.set(ownerKey, wanted);
    const before = this.#registry.ofOwner(ownerKey);
    const watches = plans.map((plan) => {
      const watch = this.#watches.obtain(plan);
      watch.claims++;
      return watch;
    });
    const surplus = before.filter(({ plan }) => !wanted.has(plan.key));
    if (surplus.length > 0) {
      await this.#watches.whenSynced(watches);
      // Somebody may have asked for it again in the meantime.
      const unwanted = surplus.filter(({ plan }) => !this.#wanted.get(ownerKey)?.has(plan.key));
      await Promise.all(unwanted.map((watch) => this.#watches.remove(watch)));
    }
    if (this.#wanted.get(ownerKey) === wanted) this.#wanted.delete(ownerKey);
    return watches;
  }
}
