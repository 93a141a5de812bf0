import { requireAtLeast } from '../runtime/index.ts';

/** Holds a producer back from a high-water mark on, until half of it is left. */
export class BackPressure {
  readonly #highWaterMark: number;
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(highWaterMark: number) {
    requireAtLeast('highWaterMark', highWaterMark, 1);
    this.#highWaterMark = highWaterMark;
  }

  /** `undefined` if `length` leaves room, else a promise for the moment when there is some. */
  ready(length: number): Promise<void> | undefined {
    if (length < this.#highWaterMark) return undefined;
    this.#waiting ??= Promise.withResolvers<void>();
    return this.#waiting.promise;
  }

  /** Now there are `length` elements. */
  sank(length: number): void {
    if (length <= this.#highWaterMark / 2) this.release();
  }

  release(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
