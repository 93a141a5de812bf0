import type { Clock } from '../runtime/index.ts';

/** Milliseconds of work with what was read, before the event loop gets its turn. */
const slice = 5;

/**
 * Gives the event loop its turn while a body is read. Node reads a socket up to 32 times before it looks at anything else; when data comes
 * faster than it is decoded, that alone would hold the loop for tens of milliseconds.
 */
export class Pace {
  readonly #clock: Clock;
  #busy = 0;
  #handedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A piece is being handed to the reader. */
  handing(): void {
    this.#handedAt = this.#clock.monotonic();
  }

  /** The reader is done with it. @returns a promise to wait for before the next piece, if it is time. */
  handed(): Promise<void> | undefined {
    this.#busy += this.#clock.monotonic() - this.#handedAt;
    if (this.#busy < slice) return undefined;
    this.#busy = 0;
    return new Promise((resolve) => void setImmediate(resolve));
  }
}
