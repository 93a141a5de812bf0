import { nodeModules } from '../node-modules.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACKET } from './scan.ts';

/**
 * Cuts an array that is the last member of a member of the root, as servers write `metadata.managedFields`, without going through what
 * is before it: the way is checked by parsing alone.
 *
 * The text before the cut is parsed as an object of its own. That succeeds only if the cut begins directly in the object that opens
 * where the remembered beginning of all these objects ends. The rest is parsed with a placeholder for it:
 * were the bracket that is taken for the end of the array part of a string, the rest would have an odd number of quotation marks.
 */
export class LastMemberCut {
  /** Stands for the member that is parsed apart. Nobody can guess it and put it into an object. */
  readonly #placeholder = nodeModules.crypto.randomBytes(6).toString('hex');
  readonly #parent: string;
  readonly #needle: Buffer;
  /** How the objects begin, up to and with the brace that opens the parent; empty until one was seen. */
  #beginning: Buffer = Buffer.alloc(0);
  #head = '';
  /** What comes before the rest: the beginning, under `#head`, and the placeholder. */
  #opening = '';

  constructor(parent: string, key: string) {
    this.#parent = parent;
    this.#needle = Buffer.from(`,${JSON.stringify(key)}:[`);
  }

  /** Remembers how an object begins whose structure is known: `parentOpen` is the brace of the parent, a member of the root. */
  learn(buffer: Buffer, start: number, parentOpen: number): void {
    this.#beginning = Buffer.from(buffer.subarray(start, parentOpen + 1));
    this.#open('');
  }

  #open(head: string): void {
    const before = this.#beginning.toString('utf8', 0, this.#beginning.length - 1);
    this.#head = head;
    this.#opening = `${head === '' ? before : head + before.slice(1)}"${this.#placeholder}"`;
  }

  /** The object in `buffer[start, end)` without the array, or `undefined` if it is not to be had this way. See `parsePruned` for `head`. */
  parse(head: string, buffer: Buffer, start: number, end: number): Record<string, unknown> | undefined {
    const beginning = this.#beginning;
    const length = beginning.length;
    if (length === 0 || end - start <= length) return undefined;
    for (let at = 0; at < length; at++) if (beginning[at] !== buffer[start + at]) return undefined;
    const inner = start + length;
    const found = buffer.subarray(inner, end).indexOf(this.#needle);
    if (found === -1) return undefined;
    const cut = inner + found;
    const value = cut + this.#needle.length;
    const close = buffer.indexOf(CLOSE_BRACKET, value);
    if (close === -1 || close + 1 >= end || buffer[close + 1] !== CLOSE_BRACE) return undefined;
    if (buffer.subarray(value, close).includes(OPEN_BRACKET)) return undefined;
    if (head !== this.#head) this.#open(head);
    try {
      const parent: unknown = JSON.parse(`{${buffer.toString('utf8', inner, cut)}}`);
      const object = JSON.parse(this.#opening + buffer.toString('utf8', close + 2, end));
      // A second member of the same name would win.
      if (object[this.#parent] !== this.#placeholder) return undefined;
      object[this.#parent] = parent;
      return object;
    } catch {
      // The general way finds out whether it is the guess that is wrong, or the JSON.
      return undefined;
    }
  }
}
