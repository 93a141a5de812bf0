/** Below this much the buffer is kept for the next value; a single giant is not paid for ever after. */
const keptCapacity = 1 << 20;

/** The beginning of a value whose end has not arrived yet. It grows by doubling, so that a value in many chunks is copied about twice. */
export class Carry {
  buffer: Buffer = Buffer.alloc(0);
  length = 0;

  append(chunk: Uint8Array, from: number, to: number): void {
    const length = this.length + to - from;
    if (length > this.buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, this.buffer.length * 2, 16 * 1024));
      grown.set(this.buffer.subarray(0, this.length));
      this.buffer = grown;
    }
    this.buffer.set(chunk.subarray(from, to), this.length);
    this.length = length;
  }

  clear(): void {
    this.length = 0;
    if (this.buffer.length > keptCapacity) this.buffer = Buffer.alloc(0);
  }
}
