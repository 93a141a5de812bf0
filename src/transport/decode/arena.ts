import { skipSpace } from './scan.ts';
import { scannerModule } from './scanner-module.ts';
import type { SelectionTable } from './selection-table.ts';

/** Where in the memory a selection is, the notes of parts, and what was loaded: see scanner.wat. */
export const tableAt = 16;
const notesAt = 0x8_000;
const inputAt = 0xc_000;

/** Numbers of a note. */
const noteLength = 4;

/** There is room for an object of so many bytes from the beginning. It grows for larger ones and never shrinks, so the largest have to do without. */
const leastCapacity = 256 * 1024;
const largest = 2 * 1024 * 1024;

/** Bytes that the beginning of what is selected may have, beside what is in the object. */
const longestHead = 4_096;

/** What is selected, and its parts, may each be longer than the object by so much: the head, and what ends parts or stands for them. */
const margin = 0x4_000;

const pageSize = 0x1_0000;

/** See scanner.wat. */
interface Scanner {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly project: (from: number, end: number, to: number, parts: number, isBegun: 0 | 1, mayLeave: 0 | 1) => number;
  readonly written: () => number;
  readonly parts: () => number;
}

/** What is used of it: the types of Node do not have it. */
declare const WebAssembly:
  | {
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: Scanner };
    }
  | undefined;

/**
 * Memory for one object at a time, from which `scanner.wat` selects, 16 bytes at once. To copy an object there costs much less than to go through it
 * byte by byte.
 *
 * Where there is no WebAssembly (Node's `--jitless`), or none that is fit for it, nothing can be loaded.
 */
export class Arena {
  /** All of the memory. Another one after a `load`. */
  bytes: Buffer = Buffer.alloc(0);
  #scanner: Scanner | 'unknown' | 'none' = 'unknown';
  #capacity = leastCapacity;
  /** The selection that is in memory. */
  #table: SelectionTable | undefined;
  /** Of the parts of what was selected: the index of the spot, from where to where it is, and where its number is. */
  #notes: Int32Array = new Int32Array(0);
  #inputEnd = inputAt;
  /** The end of what was selected. */
  #end = 0;
  /** Of what was selected. */
  partCount = 0;

  /** @returns whether there is room for it. It is valid until the next call. */
  load(buffer: Buffer, start: number, end: number): boolean {
    if (!this.#makeRoom(end - start)) return false;
    buffer.copy(this.bytes, inputAt, start, end);
    return true;
  }

  /** As `load`, of bytes that were kept as the letters of a string. */
  loadLetters(letters: string): boolean {
    if (!this.#makeRoom(letters.length)) return false;
    this.bytes.write(letters, inputAt, 'latin1');
    return true;
  }

  /** Whether `project` can go by it. */
  hasRoomFor(table: SelectionTable): boolean {
    return table.bytes.length <= notesAt - tableAt;
  }

  /**
   * Selects from the object that was loaded. What stays is `text`; in the place of each part there it has the index of the part.
   *
   * @param head takes the place of the opening brace, if it is not empty.
   * @param leaving whether members are left for later. They are parts, too, but not in the text.
   * @returns `odd` if it can't be read this way; `followed` if it can but for something that comes behind what is left for later.
   */
  project(table: SelectionTable, head: string, leaving: boolean): 'done' | 'odd' | 'followed' {
    const scanner = this.#begin();
    if (head.length > longestHead || !scanner) return 'odd';
    if (this.#table !== table) {
      if (!this.hasRoomFor(table)) return 'odd';
      this.bytes.set(table.bytes, tableAt);
      this.#table = table;
    }
    const textAt = this.#textAt;
    const partsAt = textAt + this.#capacity + margin;
    const end = this.#inputEnd;
    // The comma at its end is written before the next member, if there is one.
    const begun = head === '' ? textAt : textAt + this.bytes.write(head, textAt) - 1;
    const stop = scanner.project(inputAt, end, begun, partsAt, head === '' ? 0 : 1, leaving ? 1 : 0);
    this.#end = scanner.written();
    this.partCount = scanner.parts();
    if (stop === -2) return 'followed';
    return stop !== -1 && skipSpace(this.bytes, stop, end) === end ? 'done' : 'odd';
  }

  /** Of which spot the part is, by its index in the table. */
  spotOf(part: number): number {
    return this.#notes[part * noteLength]!;
  }

  /** Where its bytes begin. */
  fromOf(part: number): number {
    return this.#notes[part * noteLength + 1]!;
  }

  /** Where they end. */
  toOf(part: number): number {
    return this.#notes[part * noteLength + 2]!;
  }

  /** Whether it is left for later, and so not in the text. */
  isLate(part: number): boolean {
    return this.#notes[part * noteLength + 3] === 0;
  }

  /** Puts the bytes of a part in the place of its number. Those that come before it are to be put back after it. */
  putBack(part: number): void {
    const { bytes } = this;
    const from = this.fromOf(part);
    const to = this.toOf(part);
    const at = this.#notes[part * noteLength + 3]!;
    const behind = at + digitsOf(part);
    bytes.copyWithin(at + to - from, behind, this.#end);
    bytes.copyWithin(at, from, to);
    this.#end += to - from - (behind - at);
  }

  /** What the last `project` has selected. */
  get text(): string {
    return this.bytes.toString('utf8', this.#textAt, this.#end);
  }

  /** Behind what was loaded. */
  get #textAt(): number {
    return inputAt + this.#capacity + margin;
  }

  #makeRoom(length: number): boolean {
    const scanner = this.#begin();
    if (length > largest || !scanner) return false;
    if (length > this.#capacity && !this.#grow(length, scanner)) return false;
    this.#inputEnd = inputAt + length;
    // At it everything ends.
    this.bytes[this.#inputEnd] = 0;
    return true;
  }

  #grow(length: number, scanner: Scanner): boolean {
    let capacity = this.#capacity;
    while (length > capacity) capacity *= 2;
    const pages = Math.ceil((inputAt + 3 * (capacity + margin) - this.bytes.length) / pageSize);
    try {
      scanner.memory.grow(pages);
    } catch {
      // There is not so much. It is parsed whole, as what is larger still.
      return false;
    }
    this.#capacity = capacity;
    this.#view(scanner);
    return true;
  }

  #begin(): Scanner | undefined {
    if (this.#scanner === 'unknown') {
      this.#scanner = scannerIfAny() ?? 'none';
      if (this.#scanner !== 'none') this.#view(this.#scanner);
    }
    return this.#scanner === 'none' ? undefined : this.#scanner;
  }

  #view({ memory: { buffer } }: Scanner): void {
    this.bytes = Buffer.from(buffer);
    this.#notes = new Int32Array(buffer, notesAt, (inputAt - notesAt) / 4);
  }
}

/** None without WebAssembly, and on a processor that does not look at 16 bytes at once. */
function scannerIfAny(): Scanner | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(scannerModule, 'base64'))).exports;
  } catch {
    return undefined;
  }
}

function digitsOf(number: number): number {
  if (number < 10) return 1;
  return number < 100 ? 2 : 3;
}

/** That of all readers: each is done with it before the next begins. */
export const arena = new Arena();
