import { type DroppedObject, type KubeObject, keyOf } from '../kubernetes/index.ts';
import { asKubeInformerError, KubeInformerError, messageOf, type Turns } from '../runtime/index.ts';
import { Tally, type TallyLimits } from './tally.ts';

export interface IntakeOptions<T> extends TallyLimits {
  readonly transform: ((object: T) => T) | undefined;
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
  /** Of what the store holds. */
  #tally: Tally;

  constructor(options: IntakeOptions<T>) {
    this.#options = options;
    this.#tally = new Tally(options);
  }

  /** For a state that is being collected. */
  newTally(): Tally {
    return this.#tally.empty();
  }

  /** The store holds `key` as it was, whatever the server has there now. Throws like `Tally.put`. */
  keep(key: string, tally: Tally): void {
    tally.keep(key, this.#tally);
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
   * The items of a page that can be used, transformed, and counted in `tally`. Keys of those that could not be transformed are added to
   * `kept`. Done in slices: a list of a hundred thousand objects must not hold the event loop.
   *
   * @throws KubeInformerError `CacheLimitExceeded`
   */
  async page(items: readonly T[], kept: Set<string>, tally: Tally): Promise<readonly T[]> {
    const usable: T[] = [];
    let read = 0;
    await this.#options.turns.run((turn) => {
      while (read < items.length) {
        const item = items[read++]!;
        const key = this.keyOf(item);
        const object = key === undefined ? undefined : this.transform(item, key);
        if (object !== undefined) {
          tally.put(key!, object);
          usable.push(object);
        } else if (key !== undefined) {
          this.keep(key, tally);
          kept.add(key);
        }
        if (read % 64 === 0 && turn.over) return true;
      }
      return false;
    });
    return usable;
  }

  /** The store now holds what `tally` has counted. */
  remember(tally: Tally): void {
    this.#tally = tally;
  }

  /** The store is about to get this object. Throws like `Tally.put`. */
  admit(key: string, object: T): void {
    this.#tally.put(key, object);
  }

  /** The store no longer has an object with this key. */
  forget(key: string): void {
    this.#tally.delete(key);
  }

  #skip(error: KubeInformerError): void {
    this.skipped++;
    this.#options.onSkip?.(error);
  }
}
