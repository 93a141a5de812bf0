import type { Clock } from '../runtime/index.ts';

/** Milliseconds of work with what was read, before the event loop gets its turn. */
const slice = 5;

/** Right after sockets are read, the first `setImmediate` comes before any timer does. */
function wholeTurn(callback: () => void): void {
  setImmediate(() => void setImmediate(callback));
}

/** What all bodies that are read have taken of the present turn of the event loop. */
export class LoopShare {
  readonly #yieldToLoop: (callback: () => void) => void;
  #busy = 0;
  #next: Promise<void> | undefined;

  /** @param yieldToLoop calls back after the event loop has had its turn. Default `wholeTurn`. */
  constructor(yieldToLoop: (callback: () => void) => void = wholeTurn) {
    this.#yieldToLoop = yieldToLoop;
  }

  spend(milliseconds: number): void {
    this.#busy += milliseconds;
  }

  /** A promise for the next turn, if this one is used up. */
  get next(): Promise<void> | undefined {
    if (this.#busy < slice) return undefined;
    this.#next ??= new Promise((resolve) =>
      this.#yieldToLoop(() => {
        this.#busy = 0;
        this.#next = undefined;
        resolve();
      }),
    );
    return this.#next;
  }
}

/** That of the process. */
const sharedLoop = new LoopShare();

/**
 * Gives the event loop its turn while bodies are read. Node reads a socket up to 32 times before it looks at anything else; when data comes
 * faster than it is decoded, that alone would hold the loop for tens of milliseconds, and as long again for each further connection.
 *
 * Invariant: with any number of bodies the loop is held for one slice, and the last piece that was begun in it.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #loop: LoopShare;
  #handedAt = 0;

  constructor(clock: Clock, loop: LoopShare = sharedLoop) {
    this.#clock = clock;
    this.#loop = loop;
  }

  /** A promise to wait for before the next piece is handed out, if there is no time left; then it is to be asked for again. */
  wait(): Promise<void> | undefined {
    return this.#loop.next;
  }

  /** A piece is being handed to the reader. */
  handing(): void {
    this.#handedAt = this.#clock.monotonic();
  }

  /** The reader is done with it. */
  handed(): void {
    this.#loop.spend(this.#clock.monotonic() - this.#handedAt);
  }
}
