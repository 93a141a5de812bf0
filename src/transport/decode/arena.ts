import { skipValue } from './scan.ts';
import { scannerModule } from './scanner-module.ts';
import type { Fields } from './selection.ts';
import { selectionTable } from './selection-table.ts';

/** What is larger is read where it is: memory of this kind never shrinks. */
const largest = 256 * 1024;

/** What the scanner reads along with the end of an object: a zero, at which everything ends, and anything. */
const padding = 16;

/** Where in the memory selections begin, and behind them what was selected: see scanner.wat. */
const tablesAt = 0x44_000;
export const selectedAt = 0x4c_000;

/** Bytes that the beginning of what is selected may have, beside what is in the object. */
const longestHead = 4_096;

/** See scanner.wat. */
interface Scanner {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly skip: (from: number, end: number) => number;
  readonly check: (from: number) => number;
  readonly project: (end: number, table: number, to: number, isBegun: 0 | 1) => number;
  readonly written: () => number;
}

/** What is used of it: the types of Node know it by its name only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Scanner };
}

/**
 * Memory for one object at a time, in which JSON is gone through 16 bytes at once, by what is in `scanner.wat`. To copy an object there costs much less
 * than to go through it byte by byte.
 *
 * Where there is no WebAssembly (Node's `--jitless`) it is ordinary memory, and as fast as that.
 */
export class Arena {
  /** What was loaded, from 0 on. Empty before the first `load`. */
  bytes: Buffer = Buffer.alloc(0);
  #scanner: Scanner | undefined;
  /** Where the table of each selection is, by its content: one that is used again is there already. */
  readonly #tables = new Map<string, number>();
  #tablesEnd = tablesAt;

  /** Whether there is a scanner: without it `checkedEnd` and `project` never find anything. */
  get hasScanner(): boolean {
    this.#begin();
    return this.#scanner !== undefined;
  }

  /** @returns whether there is room for it. It is valid until the next call. */
  load(buffer: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (length > largest) return false;
    this.#begin();
    this.bytes.set(buffer.subarray(start, end));
    this.bytes[length] = 0;
    return true;
  }

  /** As `load`, of bytes that were kept as the letters of a string. */
  loadLetters(letters: string): boolean {
    const { length } = letters;
    if (length > largest) return false;
    this.#begin();
    this.bytes.write(letters, 0, 'latin1');
    this.bytes[length] = 0;
    return true;
  }

  /** As `skipValue`, for what was loaded. */
  skipValue(from: number, end: number): number {
    const first = this.bytes[from]!;
    // Braces and brackets differ by one bit.
    if (this.#scanner && (first | 0x20) === 0x7b) return this.#scanner.skip(from, end);
    return skipValue(this.bytes, from, end);
  }

  /**
   * The position behind the value that begins at `from`, if the parser would accept it; -1 if not, and where nothing can be said without the parser:
   * more than 64 levels deep.
   */
  checkedEnd(from: number): number {
    return this.#scanner ? this.#scanner.check(from) : -1;
  }

  /** Has `project` know a selection. @returns its number; `undefined` if there is no room for it, or no scanner. */
  place(selection: Fields): number | undefined {
    this.#begin();
    const content = JSON.stringify(selection);
    const known = this.#tables.get(content);
    if (known !== undefined || !this.#scanner) return known;
    const at = this.#tablesEnd;
    const table = selectionTable(selection, at);
    if (at + table.length > selectedAt) return undefined;
    this.bytes.set(table, at);
    this.#tables.set(content, at);
    // The numbers in it are read fastest where they are aligned.
    this.#tablesEnd = at + Math.ceil(table.length / 4) * 4;
    return at;
  }

  /**
   * Selects from the object that was loaded, of `length` bytes.
   *
   * @param head takes the place of the opening brace, if it is not empty
   * @returns the position behind the object; -1 if it can't be read this way.
   */
  project(selection: number, length: number, head: string): number {
    if (head.length > longestHead || !this.#scanner) return -1;
    if (head === '') return this.#scanner.project(length, selection, selectedAt, 0);
    // The comma at its end is written before the next member, if there is one.
    const written = this.bytes.write(head, selectedAt) - 1;
    return this.#scanner.project(length, selection, selectedAt + written, 1);
  }

  /** What the last `project` has selected is in `bytes`, from `selectedAt` to here, as JSON. Valid until the next call of `project`. */
  get selectedEnd(): number {
    return this.#scanner?.written() ?? selectedAt;
  }

  #begin(): void {
    if (this.bytes.length > 0) return;
    const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
    if (api) {
      this.#scanner = new api.Instance(new api.Module(Buffer.from(scannerModule, 'base64'))).exports;
      this.bytes = Buffer.from(this.#scanner.memory.buffer);
    } else this.bytes = Buffer.allocUnsafeSlow(largest + padding);
  }
}

/** That of all readers: each is done with it before the next begins. */
export const arena = new Arena();
