import { ItemEnd } from './item-end.ts';
import type { ObjectReader } from './object.ts';
import { type Fields, select } from './selection.ts';
import type { SharedStrings } from './shared-strings.ts';
import type { Sharing } from './sharing.ts';

/**
 * Makes objects that have nothing but what is selected, of bytes of which the rest is never parsed: what is selected is copied side by side
 * and parsed together. What is written in an odd way, or too large to be copied, is parsed and selected from then.
 *
 * Invariants:
 * - If the bytes are JSON, then the result equals `select` of what `JSON.parse` makes of them: duplicate keys, spaces and escapes included.
 * - If they are not, then reading fails, unless the flaw lies inside of a value that is skipped: there only the ends of strings and the
 *   balance of brackets are looked at.
 */
export class SelectingReader implements ObjectReader {
  object: unknown;
  readonly #selection: Fields;
  readonly #strings: SharedStrings;
  readonly #sharing: Sharing;
  readonly #itemEnd = new ItemEnd();

  constructor(selection: Fields, strings: SharedStrings, sharing: Sharing) {
    this.#selection = selection;
    this.#strings = strings;
    this.#sharing = sharing;
  }

  read(head: string, buffer: Buffer, start: number, end: number): unknown {
    const object = this.#sharing.read(head, buffer, start, end) ?? this.#readWhole(head, buffer, start, end);
    this.#itemEnd.learn(buffer, start, end);
    return object;
  }

  /** A guess that is wrong is no object: only the whole item is one from its opening brace on. */
  next(head: string, buffer: Buffer, start: number, end: number): number {
    const stop = this.#itemEnd.guess(buffer, start, end);
    if (stop === -1) return -1;
    try {
      this.object = this.read(head, buffer, start, stop);
      return stop;
    } catch {
      this.#itemEnd.refuse();
      return -1;
    }
  }

  reduce(object: unknown): unknown {
    const selected = select(object, this.#selection);
    this.#strings.share(selected);
    return selected;
  }

  #readWhole(head: string, buffer: Buffer, start: number, end: number): unknown {
    const text = buffer.toString('utf8', start, end);
    return this.reduce(JSON.parse(head === '' ? text : head + text.slice(1)));
  }
}
