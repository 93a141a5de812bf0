const metadataKey = Buffer.from('"metadata":{');

/** How far into an item its metadata may begin for a separator to be made of what is before. */
const separatorLimit = 300;

/**
 * Finds where an item of a list ends by what the next one begins with, which is much quicker than going through it.
 *
 * - `unknown`: nobody has asked yet
 * - `wanted`: the next item that is read whole will tell
 * - a separator, from the closing brace of an item up to the next one's metadata
 * - `none`: items differ, or something else looks like it
 */
export class ItemEnd {
  #separator: Buffer | 'unknown' | 'wanted' | 'none' = 'unknown';

  /** The position where the item that begins at `start` seems to end; -1 if there is no telling. */
  guess(buffer: Buffer, start: number, end: number): number {
    const separator = this.#separator;
    if (separator === 'unknown') this.#separator = 'wanted';
    if (typeof separator === 'string') return -1;
    const brace = buffer.indexOf(separator, start);
    return brace === -1 || brace >= end ? -1 : brace + 1;
  }

  /** An item was in `buffer[start, end)`. */
  learn(buffer: Buffer, start: number, end: number): void {
    if (this.#separator === 'wanted') this.#separator = separatorAfter(buffer, start, end);
  }

  /** A guess was wrong. */
  refuse(): void {
    this.#separator = 'none';
  }
}

/** The closing brace of an item, the comma, and the next one up to its metadata, if it is like this one. */
function separatorAfter(buffer: Buffer, start: number, end: number): Buffer | 'none' {
  const head = buffer.subarray(start, Math.min(end, start + separatorLimit));
  const metadata = head.indexOf(metadataKey);
  if (metadata === -1) return 'none';
  return Buffer.concat([Buffer.from('},'), head.subarray(0, metadata + metadataKey.length)]);
}
