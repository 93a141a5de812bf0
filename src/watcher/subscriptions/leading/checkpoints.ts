/** So many are remembered; with more, every second one is forgotten. */
const most = 64;

/**
 * Up to which version everything was delivered, found out from two things that are easy to know: the version of the cache at some moments, and since when the
 * oldest notice waits.
 *
 * Invariant: `upTo` is the version of a moment before anything was filed that still waits.
 */
export class Checkpoints {
  #taken: { readonly at: number; readonly version: string }[] = [];
  #upTo = '';

  /** The version; `''` before there is one. */
  get upTo(): string {
    return this.#upTo;
  }

  /**
   * @param at monotonic milliseconds of this moment.
   * @param version everything up to this version was filed; `undefined` if that is not known now.
   * @param oldestSince when the oldest notice that still waits was filed; `undefined` if none waits.
   */
  take(at: number, version: string | undefined, oldestSince: number | undefined): void {
    if (version !== undefined) this.#taken.push({ at, version });
    // What was filed in the same millisecond may have come before or after.
    const settled = this.#taken.findLastIndex((taken) => oldestSince === undefined || taken.at < oldestSince);
    if (settled !== -1) {
      this.#upTo = this.#taken[settled]!.version;
      this.#taken.splice(0, settled + 1);
    }
    if (this.#taken.length > most) this.#taken = this.#taken.filter((_, index) => index % 2 === 1);
  }
}
