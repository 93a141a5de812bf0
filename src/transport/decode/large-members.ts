/** Bytes of JSON: to keep less than that as text saves nothing. */
const leastBytes = 256;

/** More than so many would make the heads of objects long; nobody has them. */
const mostMembers = 8;

/** What everybody reads. */
const metadata = 'metadata';

/**
 * Learns from the first objects of a kind which members need not be parsed before somebody reads them: the objects and arrays at the end of each, behind
 * which nothing else comes, so that their order stays; all but the metadata; if they are large enough to be worth it.
 */
export class LargeMembers {
  readonly #excluded: ReadonlySet<string>;
  /** The bytes of all values of a member that was at the end. */
  readonly #sizes = new Map<string, number>();
  /** Was followed by something else, once at least. */
  readonly #followed = new Set<string>();
  #seen = 0;

  /** @param pruned paths that are cut out: what they lead through is parsed at once. */
  constructor(pruned: readonly (readonly string[])[]) {
    this.#excluded = new Set([metadata, '__proto__', ...pruned.map(([first]) => first ?? '')]);
  }

  take(object: unknown): void {
    this.#seen++;
    if (typeof object !== 'object' || object === null || Array.isArray(object)) return;
    let isEnd = true;
    for (const [key, value] of Object.entries(object).reverse()) {
      isEnd &&= typeof value === 'object' && value !== null && !this.#excluded.has(key) && isPlain(key);
      if (!isEnd) this.#followed.add(key);
      else if (this.#sizes.has(key) || this.#sizes.size < mostMembers * 2) {
        this.#sizes.set(key, (this.#sizes.get(key) ?? 0) + JSON.stringify(value).length);
      }
    }
  }

  /** The names of those members, in no order; none if it would not pay. */
  keys(): readonly string[] {
    let bytes = 0;
    const keys: string[] = [];
    for (const [key, size] of this.#sizes) {
      if (this.#followed.has(key)) continue;
      keys.push(key);
      bytes += size;
    }
    return bytes < leastBytes * this.#seen || keys.length > mostMembers ? [] : keys;
  }
}

/** Whether a key is written in one way only, but for needless escapes. */
function isPlain(key: string): boolean {
  return /^[A-Za-z_][\w./-]*$/.test(key);
}
