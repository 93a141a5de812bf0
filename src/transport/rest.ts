import type { Duplex } from 'node:stream';
import { systemClock, type Timer } from '../runtime/index.ts';

/**
 * Milliseconds: a rest is as long as it takes for `wanted` to come, within these bounds. It begins with few.
 *
 * From a real API server less than that comes in the longest; rests of a quarter of it cost an informer a tenth to a seventh more processor time. From one that is faster it has come much
 * sooner, and then fills the buffers of the system and waits: so long a rest would be lost time.
 */
const longest = 20;
const shortest = 1;
const first = 5;

/** Bytes. */
const wanted = 1024 * 1024;

/** Where so many bytes came since a reader waited last, there is no need to rest. */
const plenty = 64 * 1024;

/**
 * Leaves for a while in the buffers of the operating system what comes over a connection, so that many small reads become a few: to be told of a read costs
 * more than to read.
 *
 * It pauses the socket below the protocol. A stream of HTTP/2 that is paused has its session read on, and Node's parser of HTTP/1.1 reads on until its own
 * buffers are full. Sockets that are opened with `readInto` stop at once; of others, those of proxies, Node reads a little more. See decision 012.
 *
 * It goes by the clock of the process and not by the one that is injected: else a test whose clock stands still would not get a large state, now and then.
 */
export class Rest {
  readonly #socket: Duplex;
  #timer: Timer | undefined;
  #duration = first;
  /** Bytes that were read since the last rest began. */
  #read = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /**
   * Reads nothing for a while from now, if it does not rest already and that is worth it.
   *
   * @param read bytes that came since a reader waited last.
   */
  begin(read: number): void {
    this.#read += read;
    if (read >= plenty || this.#timer || this.#socket.destroyed) return;
    const factor = Math.min(2, Math.max(0.5, wanted / this.#read));
    this.#read = 0;
    this.#duration = Math.min(longest, Math.max(shortest / 2, this.#duration * factor));
    if (this.#duration < shortest) return;
    this.#socket.pause();
    this.#timer = systemClock.setTimer(() => {
      this.#timer = undefined;
      this.#socket.resume();
    }, this.#duration);
  }
}
