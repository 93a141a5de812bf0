/**
 * Whether everything that was waiting right after the first `replace` has been processed. An element counts as processed when
 * the consumer asks for the next one. A queue that got anything before a `replace` has nothing to wait for.
 *
 * Invariant: `synced` never goes back.
 */
export class InitialPopulation {
  /** `undefined`: nothing came in yet. Else how many of the initial elements are not yet processed. */
  #left: number | undefined;
  /** Whether the element handed out last still counts as being processed. */
  #processing = false;

  get synced(): boolean {
    return this.#left === 0;
  }

  /** A change came in. */
  changed(): void {
    this.#left ??= 0;
  }

  /** A whole state came in; now `waiting` elements are in the queue. */
  replaced(waiting: number): void {
    this.#left ??= waiting + (this.#processing ? 1 : 0);
  }

  /** The consumer asks for an element: it is done with the one before. */
  asked(): void {
    if (this.#processing && this.#left !== undefined && this.#left > 0) this.#left--;
    this.#processing = false;
  }

  handedOut(): void {
    this.#processing = true;
  }
}
