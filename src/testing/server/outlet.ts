import type { Writable } from 'node:stream';

/** Where the bytes of one answer go. Faults put themselves between the server and the socket by wrapping it. */
export interface Outlet {
  readonly closed: boolean;
  /** `true` when enough bytes wait; wait for `drained` before writing more. Writing anyway is allowed. */
  readonly congested: boolean;
  /** @param written told when nobody reads `chunk` any longer, so that other bytes may take its place; perhaps never. */
  write(chunk: Buffer, written?: () => void): void;
  /** Resolves when bytes may be written again, and when the outlet is closed. */
  drained(): Promise<void>;
  /** Ends the answer in good order. */
  end(): void;
  /** Breaks the connection (HTTP/1.1) or the stream (HTTP/2). */
  reset(): void;
  onClose(callback: () => void): void;
}

/** A chunk is at most about this long, so that nobody holds the event loop for long. */
const chunkBytes = 128 * 1024;

export class StreamOutlet implements Outlet {
  readonly #stream: Writable;
  readonly #reset: () => void;
  readonly #callbacks: (() => void)[] = [];
  #closed = false;
  #congested = false;
  #wake: (() => void) | undefined;

  constructor(stream: Writable, reset: () => void) {
    this.#stream = stream;
    this.#reset = reset;
    stream.on('drain', () => {
      this.#congested = false;
      this.#wake?.();
    });
    stream.on('close', () => this.#close());
    stream.on('error', () => this.#close());
  }

  get closed(): boolean {
    return this.#closed;
  }

  get congested(): boolean {
    return this.#congested;
  }

  write(chunk: Buffer, written?: () => void): void {
    if (!this.#closed && !this.#stream.write(chunk, written)) this.#congested = true;
  }

  drained(): Promise<void> {
    if (this.#closed || !this.#congested) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  end(): void {
    if (!this.#closed) this.#stream.end();
  }

  reset(): void {
    this.#reset();
    this.#close();
  }

  onClose(callback: () => void): void {
    if (this.#closed) callback();
    else this.#callbacks.push(callback);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.();
    for (const callback of this.#callbacks) callback();
  }
}

/** What chunks are put together in. To allocate one for each costs the server more than all the rest of a list. */
const freeRooms: Buffer[] = [];
const roomBytes = 2 * chunkBytes;
const mostFreeRooms = 8;

/** Shorter chunks get memory of their own, which Node has ready for them. */
const shortest = chunkBytes / 8;

function freeRoom(room: Buffer): void {
  if (freeRooms.length < mostFreeRooms) freeRooms.push(room);
}

/** Collects small pieces into chunks and keeps to the pace of the outlet. */
export class ChunkWriter {
  readonly #outlet: Outlet;
  #pieces: Buffer[] = [];
  #size = 0;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** `true` when `flush` is due. */
  get full(): boolean {
    return this.#size >= chunkBytes;
  }

  add(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      this.#pieces.push(piece);
      this.#size += piece.length;
    }
  }

  /** Sends what was collected; resolves when more may be sent, after a turn of the event loop. */
  async flush(): Promise<void> {
    this.send();
    if (this.#outlet.congested) await this.#outlet.drained();
    else await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Sends what was collected, without waiting. */
  send(): void {
    const pieces = this.#pieces;
    const size = this.#size;
    if (size === 0) return;
    this.#pieces = [];
    this.#size = 0;
    if (size < shortest || size > roomBytes) {
      this.#outlet.write(Buffer.concat(pieces, size));
      return;
    }
    const room = freeRooms.pop() ?? Buffer.allocUnsafeSlow(roomBytes);
    let at = 0;
    for (const piece of pieces) at += piece.copy(room, at);
    this.#outlet.write(room.subarray(0, size), () => freeRoom(room));
  }
}
