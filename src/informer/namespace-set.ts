import { KubeInformerError } from '../runtime/index.ts';

/** Which namespaces are to be watched, as that changes. */
export interface NamespaceSource {
  /** `undefined` while it is not known yet: until then nothing is watched and nothing has synced. */
  readonly current: ReadonlySet<string> | undefined;
  /** Why it is not known, if something went wrong. */
  readonly lastError?: KubeInformerError | undefined;
  /** Calls `listener` after each change. @returns a function that ends this. */
  subscribe(listener: () => void): () => void;
  /**
   * Called when an informer that follows it starts, which ends with `signal`. Resolves after that, when nothing is left that was done for this
   * informer. Rejects if it can't go on to be known.
   */
  use?(signal: AbortSignal): Promise<void>;
}

/**
 * The namespaces that informers watch, to be changed while they run. Whoever is given the same set follows the same changes.
 *
 * - A namespace that joins is listed and watched; its objects are adds with `isInInitialList`.
 * - One that leaves is no longer watched; its objects leave the cache at once, as deletes with `leftScope`. What was on its way is dropped.
 * - An informer that has synced stays so: `hasSynced` does not go back while a namespace that joined is listed.
 *
 * @example
 * const teams = new NamespaceSet(['red', 'blue']);
 * const pods = factory.core.v1.pods({ namespaces: teams });
 * teams.set(['blue', 'green']);
 */
export class NamespaceSet implements NamespaceSource {
  readonly #listeners = new Set<() => void>();
  #current: ReadonlySet<string> | undefined;

  /**
   * @param names without them the set is not known until `set` is called, which is not the same as being empty.
   * @throws KubeInformerError `InvalidOption`
   */
  constructor(names?: Iterable<string>) {
    if (names) this.#current = checked(names);
  }

  get current(): ReadonlySet<string> | undefined {
    return this.#current;
  }

  /**
   * From now on it is these, and no others. Informers follow within their next turns of the event loop.
   *
   * @throws KubeInformerError `InvalidOption`: then nothing has changed.
   */
  set(names: Iterable<string>): void {
    const next = checked(names);
    const before = this.#current;
    if (before?.size === next.size && Array.from(next).every((name) => before.has(name))) return;
    this.#current = next;
    for (const listener of Array.from(this.#listeners)) listener();
  }

  subscribe(listener: () => void): () => void {
    // One for each call: the same listener may be there twice.
    const call = () => listener();
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }
}

function checked(names: Iterable<string>): ReadonlySet<string> {
  const set = new Set(names);
  for (const name of set) {
    if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) continue;
    throw new KubeInformerError('InvalidOption', `${JSON.stringify(name)} is not the name of a namespace`, {
      hint: "Name the namespaces; for all of them give '*' instead.",
    });
  }
  return set;
}
