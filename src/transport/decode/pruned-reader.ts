import type { ObjectReader } from './object.ts';
import { Pruner } from './prune.ts';
import type { SharedParts } from './shared-parts.ts';
import type { SharedStrings } from './shared-strings.ts';
import type { Sharing } from './sharing.ts';

/** Bytes of the beginning of an object that are worth remembering. */
const longestBeginning = 300;

const metadataKey = Buffer.from('"metadata":{');

/** How far into an object its metadata may begin for a separator to be made of what is before. */
const separatorLimit = 300;

/** Parses all of an object but what is pruned. */
export class PrunedReader implements ObjectReader {
  object: unknown;
  readonly #pruner: Pruner;
  readonly #strings: SharedStrings;
  readonly #sharing: Sharing | undefined;
  /** What lies between two objects of a list: `unknown` until one was read, `undefined` if there is no telling. */
  #separator: Buffer | 'unknown' | undefined = 'unknown';
  #separatorWanted = false;

  /**
   * @param sharing without it objects have nothing but strings in common.
   * @throws KubeInformerError `InvalidOption`
   */
  constructor(prune: readonly string[], strings: SharedStrings, sharing: Sharing | undefined) {
    this.#strings = strings;
    this.#sharing = sharing;
    this.#pruner = new Pruner(prune);
  }

  read(head: string, buffer: Buffer, start: number, end: number): unknown {
    const object = this.#parse(head, buffer, start, end);
    if (this.#separatorWanted) {
      this.#separator = separatorAfter(buffer, start, end);
      this.#separatorWanted = false;
    }
    return object;
  }

  /** Tries to find the end of the object by what the next one begins with. */
  next(head: string, buffer: Buffer, start: number, end: number): number {
    const separator = this.#separator;
    if (separator === 'unknown') this.#separatorWanted = true;
    if (separator === undefined || separator === 'unknown') return -1;
    const brace = buffer.indexOf(separator, start);
    if (brace === -1 || brace >= end) return -1;
    try {
      // Only the whole item is an object from its opening brace on; no other guess can be parsed.
      this.object = this.#parse(head, buffer, start, brace + 1);
    } catch {
      this.#separator = undefined;
      return -1;
    }
    return brace + 1;
  }

  reduce(object: unknown): unknown {
    this.#pruner.drop(object);
    this.#strings.share(object);
    return object;
  }

  #parse(head: string, buffer: Buffer, start: number, end: number): unknown {
    const sharing = this.#sharing;
    if (sharing?.parts) {
      const object = this.#parseShared(sharing, sharing.parts, head, buffer, start, end);
      if (object !== undefined) return object;
    }
    const object = this.#parseAlone(head, buffer, start, end);
    if (sharing && !sharing.parts) sharing.teach(object);
    return object;
  }

  /** @returns `undefined` if it can't be read this way. */
  #parseShared(
    sharing: Sharing,
    parts: SharedParts,
    head: string,
    buffer: Buffer,
    start: number,
    end: number,
  ): unknown {
    const text = parts.cut(buffer, start, end);
    if (text === undefined) return undefined;
    // If nothing is left of an object there is no member that the head could go before.
    if (head !== '' && /^\{\s*\}/.test(text)) return undefined;
    const object: unknown = JSON.parse(head === '' ? text : head + text.slice(1));
    this.reduce(object);
    parts.restore(object, sharing.parseMember);
    return object;
  }

  #parseAlone(head: string, buffer: Buffer, start: number, end: number): unknown {
    const pruner = this.#pruner;
    let object: unknown = pruner.lastMember?.parse(head, buffer, start, end);
    if (object !== undefined) return this.reduce(object);
    const text = pruner.text(buffer, start, end);
    object = JSON.parse(head === '' ? text : head + text.slice(1));
    const { lastMember, parentOpen } = pruner;
    if (parentOpen !== -1 && parentOpen - start < longestBeginning) lastMember?.learn(buffer, start, parentOpen);
    return this.reduce(object);
  }
}

/** The closing brace of an item, the comma, and the next one up to its metadata, if it is like this one. */
function separatorAfter(buffer: Buffer, start: number, end: number): Buffer | undefined {
  const head = buffer.subarray(start, Math.min(end, start + separatorLimit));
  const metadata = head.indexOf(metadataKey);
  if (metadata === -1) return undefined;
  return Buffer.concat([Buffer.from('},'), head.subarray(0, metadata + metadataKey.length)]);
}
