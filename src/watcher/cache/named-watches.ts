import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../index.ts';
import type { WatchSpec } from '../config/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { Kinds } from './kinds.ts';
import { NamedWatch } from './named-watch.ts';
import { refusal } from './refusal.ts';

/** The watches that have names: those of the configuration, and those made at run time. */
export class NamedWatches {
  readonly #options: { readonly kinds: Kinds; readonly catalogue: Catalogue; readonly clock: Clock };
  readonly #watches = new Map<string, NamedWatch>();

  constructor(options: { readonly kinds: Kinds; readonly catalogue: Catalogue; readonly clock: Clock }) {
    this.#options = options;
  }

  all(): NamedWatch[] {
    return [...this.#watches.values()];
  }

  /** @throws ApiStatusError 404 */
  get(name: string): NamedWatch {
    const watch = this.#watches.get(name);
    if (!watch) throw refusal(404, 'NotFound', `watches "${name}" not found`, { name, kind: 'watches' });
    return watch;
  }

  /**
   * Adds a watch and begins it; that its kind is not served yet, or may not be watched, is no error here but one of the watch.
   *
   * @throws ApiStatusError 409 if the name is taken
   */
  async add(spec: WatchSpec, origin: NamedWatch['origin']): Promise<NamedWatch> {
    const { name } = spec;
    if (this.#watches.has(name)) {
      throw refusal(409, 'AlreadyExists', `watches "${name}" already exists`, { name, kind: 'watches' });
    }
    const watch = new NamedWatch(spec, { ...this.#options, origin });
    this.#watches.set(name, watch);
    await watch.start();
    return watch;
  }

  /**
   * Puts another spec in the place of one. Where both are the same cache, it goes on; but one that is to hold something else of its objects begins anew.
   *
   * @throws ApiStatusError 404; 403 for one of the configuration
   */
  async replace(spec: WatchSpec): Promise<NamedWatch> {
    return this.#replace(this.#changeable(spec.name), spec);
  }

  /** Ends a watch that was made at run time. @throws ApiStatusError 404; 403 for one of the configuration */
  remove(name: string): NamedWatch {
    const watch = this.#changeable(name);
    this.#watches.delete(name);
    watch.stop();
    return watch;
  }

  /** `replace` for a watch of the configuration, when that changed. */
  reconfigure(spec: WatchSpec): Promise<NamedWatch> {
    return this.#replace(this.get(spec.name), spec);
  }

  /** Ends a watch, whoever asked for it; one that is not there has ended. */
  drop(name: string): void {
    this.#watches.get(name)?.stop();
    this.#watches.delete(name);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
  }

  async #replace(old: NamedWatch, spec: WatchSpec): Promise<NamedWatch> {
    if (isDeepStrictEqual(old.spec, spec)) return old;
    const { origin } = old;
    const watch = new NamedWatch(spec, { ...this.#options, origin, instead: old });
    this.#watches.set(spec.name, watch);
    const { drop, maxObjects } = old.spec;
    const isOther = !isDeepStrictEqual([drop, maxObjects], [spec.drop, spec.maxObjects]);
    if (isOther) old.stop();
    await watch.start();
    old.stop();
    return watch;
  }

  #changeable(name: string): NamedWatch {
    const watch = this.get(name);
    if (watch.origin !== 'config') return watch;
    throw refusal(403, 'Forbidden', `watches "${name}" is one of the configuration: change it there`, {
      name,
      kind: 'watches',
    });
  }
}
