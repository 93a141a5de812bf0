/**
 * Keeps requests from a receiver that answers none.
 *
 * ```text
 *           `threshold` failures in a row            `interval` is over, one may try
 *  closed ────────────────────────────────► open ────────────────────────────────► probing
 *    ▲                                        ▲                                        │
 *    │                                        └───────────────── failure ──────────────┤
 *    └───────────────────────────────────────────────────────── success ───────────────┘
 * ```
 */
export class Breaker {
  readonly #threshold: number;
  readonly #interval: number;
  readonly #now: () => number;
  #failures = 0;
  /** When one may try; `undefined` while closed. */
  #probeAt: number | undefined;
  #probing = false;

  /** @param interval milliseconds between two attempts while open. */
  constructor(threshold: number, interval: number, now: () => number) {
    this.#threshold = threshold;
    this.#interval = interval;
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#probeAt !== undefined;
  }

  /** Milliseconds until one may try; `undefined` while anyone may, or one does. */
  get probeIn(): number | undefined {
    if (this.#probeAt === undefined || this.#probing) return undefined;
    return Math.max(0, this.#probeAt - this.#now());
  }

  /** Whether a request may go out now. What was admitted must `succeed`, `fail` or `abstain`. */
  admit(): boolean {
    if (this.#probeAt === undefined) return true;
    if (this.#probing || this.#now() < this.#probeAt) return false;
    this.#probing = true;
    return true;
  }

  succeed(): void {
    this.#failures = 0;
    this.#probeAt = undefined;
    this.#probing = false;
  }

  /** No request went out after all. */
  abstain(): void {
    this.#probing = false;
  }

  fail(): void {
    this.#failures++;
    if (this.#failures < this.#threshold) return;
    this.#probing = false;
    this.#probeAt = this.#now() + this.#interval;
  }
}
