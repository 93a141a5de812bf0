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
  /** What each owner wants at last, by its key, as long as a call for it is under way. */
  readonly #wishes = new Map<string, { keys: ReadonlySet<string>; calls: number }>();

  constructor(watches: Watches, registry: Registry) {
    this.#watches = watches;
    this.#registry = registry;
  }

  async apply(ownerKey: string, plans: readonly WatchPlan[]): Promise<readonly Watch[]> {
    const wish = this.#wishes.get(ownerKey) ?? { keys: new Set(), calls: 0 };
    wish.keys = new Set(plans.map(({ key }) => key));
    wish.calls++;
    this.#wishes.set(ownerKey, wish);
    const before = this.#registry.ofOwner(ownerKey);
    const watches = plans.map((plan) => {
      const watch = this.#watches.obtain(plan);
      watch.claims++;
      return watch;
    });
    const surplus = before.filter(({ plan }) => !wish.keys.has(plan.key));
    if (surplus.length > 0) {
      await this.#watches.whenSynced(watches);
      // It may be wanted again by now.
      const unwanted = surplus.filter(({ plan }) => !wish.keys.has(plan.key));
      await Promise.all(unwanted.map((watch) => this.#watches.remove(watch)));
    }
    if (--wish.calls === 0) this.#wishes.delete(ownerKey);
    return watches;
  }
}
