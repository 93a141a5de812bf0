import type { Registry } from './registry.ts';
import type { Watch } from './watch.ts';

/** Which watch is pinned under which name. */
export class Pins {
  readonly #registry: Registry;
  readonly #keys = new Map<string, string>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /**
   * Gives a name to the watch with that key: at once, so that who comes meanwhile takes the place of it, and not of the one before.
   *
   * @param pin makes the watch, in the place of `old`. If it fails `old` goes on, and the name stays with it.
   */
  async put<T>(name: string, key: string, pin: (old: Watch | undefined) => Promise<T>): Promise<T> {
    const old = this.#registry.get(this.#keys.get(name) ?? '');
    this.#keys.set(name, key);
    try {
      return await pin(old);
    } catch (thrown) {
      if (this.#keys.get(name) === key) {
        if (old) this.#keys.set(name, old.plan.key);
        else this.#keys.delete(name);
      }
      throw thrown;
    }
  }
}
