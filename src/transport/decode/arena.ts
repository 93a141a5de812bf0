import { skipValue } from './scan.ts';
import { skipModule } from './skip-module.ts';

const pageSize = 65_536;

/** What may be in the memory behind an object, which the scanner reads along with its end. */
const padding = 16;

/** Memory of this kind never shrinks: what is larger is read where it is. */
const largest = 1 << 20;

type Skip = (from: number, end: number) => number;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What is used of it: the types of Node know it by its name only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: { readonly memory: Memory; readonly skip: Skip } };
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
  #memory: Memory | undefined;
  #skip: Skip | undefined;

  /** @returns whether there is room for it. It is valid until the next call. */
  load(buffer: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (length > largest) return false;
    if (length + padding > this.bytes.length) this.#grow(length + padding);
    this.bytes.set(buffer.subarray(start, end));
    return true;
  }

  /** As `skipValue`, for what was loaded. */
  skipValue(from: number, end: number): number {
    const first = this.bytes[from]!;
    // Braces and brackets differ by one bit.
    if (this.#skip && (first | 0x20) === 0x7b) return this.#skip(from, end);
    return skipValue(this.bytes, from, end);
  }

  #grow(length: number): void {
    const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
    if (!api) {
      this.bytes = Buffer.allocUnsafeSlow(length * 2);
      return;
    }
    if (!this.#memory) {
      const { memory, skip } = new api.Instance(new api.Module(Buffer.from(skipModule, 'base64'))).exports;
      this.#memory = memory;
      this.#skip = skip;
    }
    const missing = length - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageSize));
    this.bytes = Buffer.from(this.#memory.buffer);
  }
}

/** That of all readers: each is done with it before the next begins. */
export const arena = new Arena();
