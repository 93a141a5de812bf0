/**
 * Holds something back until certain lanes have told all of the state that a subscription began with. What else comes up in them meanwhile is not waited for.
 */
export class Barrier {
  readonly #lanes: Set<string>;
  readonly #isInitial: (lane: string) => boolean;
  readonly #onPassed: () => void;

  /** @param onPassed called once, now if there is nothing to wait for. */
  constructor(lanes: Iterable<string>, isInitial: (lane: string) => boolean, onPassed: () => void) {
    this.#isInitial = isInitial;
    this.#onPassed = onPassed;
    this.#lanes = new Set(lanes).add(none);
    for (const lane of [...this.#lanes]) this.check(lane);
  }

  /** To be called when anything of a lane was settled. */
  check(lane: string): void {
    if (this.#isInitial(lane) || !this.#lanes.delete(lane)) return;
    if (this.#lanes.size === 0) this.#onPassed();
  }
}

/** A lane that is none, so that something is waited for until all others are known. */
const none = '';
