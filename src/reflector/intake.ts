import { type KubeObject, keyOf } from '../kubernetes/index.ts';
import { asKubeInformerError, KubeInformerError, type Turns } from '../runtime/index.ts';

export interface IntakeOptions<T> {
  readonly name: string;
  readonly transform: ((object: T) => T) | undefined;
  readonly maxObjects: number | undefined;
  readonly onSkip: ((error: KubeInformerError) => void) | undefined;
  readonly turns: Turns;
}

/**
 * The gate between the wire and the store: what has no key, or makes the user's transform throw, is reported and stays outside.
 */
export class Intake<T extends KubeObject> {
  readonly #options: IntakeOptions<T>;
  /** Objects and events that stayed outside, since the start. */
  skipped = 0;

  constructor(options: IntakeOptions<T>) {
    this.#options = options;
  }

  /** The key of `object`; `undefined` if it has none, which is reported. */
  keyOf(object: T): string | undefined {
    try {
      return keyOf(object);
    } catch (thrown) {
      this.#skip(asKubeInformerError(thrown, 'InvalidObject', this.#options.name, 'See the cause.'));
      return undefined;
    }
  }

  /** `object` transformed; `undefined` if that failed, which is reported. */
  transform(object: T): T | undefined {
    const { transform, name } = this.#options;
    if (!transform) return object;
    try {
      return transform(object);
    } catch (thrown) {
      const hint = 'The transform must accept every object of the resource; this one is left as the cache has it.';
      this.#skip(asKubeInformerError(thrown, 'TransformFailed', `the transform of ${name} threw`, hint));
      return undefined;
    }
  }

  /**
   * The items of a page that can be used, transformed. Keys of those that could not be transformed are added to `kept`. Done in place
   * and in slices: a list of a hundred thousand objects must not hold the event loop.
   */
  async page(items: T[], kept: Set<string>): Promise<readonly T[]> {
    let read = 0;
    let written = 0;
    await this.#options.turns.run((turn) => {
      while (read < items.length) {
        const item = items[read++]!;
        const key = this.keyOf(item);
        const object = key === undefined ? undefined : this.transform(item);
        if (object !== undefined) items[written++] = object;
        else if (key !== undefined) kept.add(key);
        if (read % 64 === 0 && turn.over) return true;
      }
      return false;
    });
    items.length = written;
    return items;
  }

  /** @throws KubeInformerError `CacheLimitExceeded` if `count` objects are more than allowed: better than running out of memory. */
  checkCount(count: number): void {
    const { maxObjects, name } = this.#options;
    if (maxObjects === undefined || count <= maxObjects) return;
    throw new KubeInformerError('CacheLimitExceeded', `${name} has more than maxObjects = ${maxObjects} objects`, {
      hint: 'Raise maxObjects, or narrow what is watched: namespaces, selectors, metadata only.',
    });
  }

  #skip(error: KubeInformerError): void {
    this.skipped++;
    this.#options.onSkip?.(error);
  }
}
