import { skipValue } from './scan.ts';
import { skipModule } from './skip-module.ts';

const pageSize = 65_536;

/** What the scanner reads along with the end of an object: a zero, at which `check` ends, and anything. */
const padding = 16;

/** Memory of this kind never shrinks: what is larger is read where it is. */
const largest = 1 << 20;

interface Scanner {
  readonly memory: Memory;
  /** See skip.wat. */
  readonly skip: (from: number, end: number) => number;
  readonly check: (from: number) => number;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What is used of it: the types of Node know it by its name only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Scanner };
}

/**
 * Memory for one object at a time, in which the ends of values are found 16 bytes at once, by the function in `skip.wat`. To copy an object
 * there costs much less than to go through it byte by byte.
 *
 * Where there is no WebAssembly (Node's `--jitless`) it is ordinary memory, and as fast as that.
 */
export class Arena {
  /** What was loaded, from 0 on. Another buffer after each `load`, at times. */
  bytes: Buffer = Buffer.alloc(0);
  #scanner: Scanner | undefined;

  /** Whether `checkedEnd` can say anything. */
  get canCheck(): boolean {
    if (!this.#scanner) this.#grow(pageSize - padding);
    return this.#scanner !== undefined;
  }

  /** @returns whether there is room for it. It is valid until the next call. */
  load(buffer: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (!this.#makeRoom(length)) return false;
    this.bytes.set(buffer.subarray(start, end));
    this.bytes[length] = 0;
    return true;
  }

  /** As `load`, of bytes that were kept as the letters of a string. */
  loadLetters(letters: string): boolean {
    if (!this.#makeRoom(letters.length)) return false;
    this.bytes.write(letters, 0, 'latin1');
    this.bytes[letters.length] = 0;
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
   * more than 64 levels deep, without WebAssembly.
   */
  checkedEnd(from: number): number {
    return this.#scanner ? this.#scanner.check(from) : -1;
  }

  #makeRoom(length: number): boolean {
    if (length > largest) return false;
    if (length + padding > this.bytes.length) this.#grow(length + padding);
    return true;
  }

  #grow(length: number): void {
    const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
    if (!api) {
      this.bytes = Buffer.allocUnsafeSlow(length * 2);
      return;
    }
    this.#scanner ??= new api.Instance(new api.Module(Buffer.from(skipModule, 'base64'))).exports;
    const { memory } = this.#scanner;
    const missing = length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageSize));
    this.bytes = Buffer.from(memory.buffer);
  }
}

/** That of all readers: each is done with it before the next begins. */
export const arena = new Arena();
