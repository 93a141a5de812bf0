import { type DroppedObject, type KubeObject, keyOf } from '../kubernetes/index.ts';
import { asKubeInformerError, KubeInformerError, messageOf, type Turns } from '../runtime/index.ts';

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
  /**
   * Something came of which it can't be told which object it was about: the store may lack a change, and only a whole state can make that good.
   */
  missed = false;
  /** Keys of what the store holds; kept only if they are to be counted. */
  #keys: Set<string> | undefined;

  constructor(options: IntakeOptions<T>) {
    this.#options = options;
  }

  /** The key of `object`; `undefined` if it has none, which is reported. */
  keyOf(object: T | DroppedObject): string | undefined {
    try {
      return keyOf(object);
    } catch (thrown) {
      this.missed = true;
      this.#skip(asKubeInformerError(thrown, 'InvalidObject', this.#options.name, 'See the cause.'));
      return undefined;
    }
  }

  /** `object` transformed; `undefined` if that failed, which is reported. A transform that gives the object another key has failed. */
  transform(object: T, key: string): T | undefined {
    const { transform, name } = this.#options;
    if (!transform) return object;
    try {
      const transformed = transform(object);
      if (keyOf(transformed) === key) return transformed;
      throw new TypeError(`it made another object of ${key}: ${keyOf(transformed)}`);
    } catch (thrown) {
      const hint =
        'The transform must return an object of the same name and namespace, for every object of the resource.';
      const code = 'TransformFailed';
      this.#skip(
        new KubeInformerError(code, `the transform of ${name}: ${messageOf(thrown)}`, { cause: thrown, hint }),
      );
      return undefined;
    }
  }

  /**
   * The items of a page that can be used, transformed. Keys of those that could not be transformed are added to `kept`. Done
   * in slices: a list of a hundred thousand objects must not hold the event loop.
   */
  async page(items: readonly T[], kept: Set<string>): Promise<readonly T[]> {
    const usable: T[] = [];
    let read = 0;
    await this.#options.turns.run((turn) => {
      while (read < items.length) {
        const item = items[read++]!;
        const key = this.keyOf(item);
        const object = key === undefined ? undefined : this.transform(item, key);
        if (object !== undefined) usable.push(object);
        else if (key !== undefined) kept.add(key);
        if (read % 64 === 0 && turn.over) return true;
      }
      return false;
    });
    return usable;
  }

  /** The store now holds `objects`, and what it held under `kept`. */
  remember(objects: readonly T[], kept: ReadonlySet<string>): void {
    if (this.#options.maxObjects === undefined) return;
    this.#keys = new Set(kept);
    for (const object of objects) this.#keys.add(keyOf(object));
  }

  /** The store is about to get an object with this key. Throws like `checkCount`. */
  admit(key: string): void {
    if (!this.#keys || this.#keys.has(key)) return;
    this.checkCount(this.#keys.size + 1);
    this.#keys.add(key);
  }

  /** The store no longer has an object with this key. */
  forget(key: string): void {
    this.#keys?.delete(key);
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
