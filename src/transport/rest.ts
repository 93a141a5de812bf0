import type { Duplex } from 'node:stream';
import { systemClock, type Timer } from '../runtime/index.ts';

/**
 * Milliseconds. A quarter of this costs an informer that reads from a real API server a tenth to a seventh more processor time. The system's buffers grow with what comes, so that reading does not fall behind.
 */
const duration = 20;

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

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Reads nothing for `duration` from now, or from when it was called last if that has not passed yet. */
  begin(): void {
    if (this.#timer || this.#socket.destroyed) return;
    this.#socket.pause();
    this.#timer = systemClock.setTimer(() => {
      this.#timer = undefined;
      this.#socket.resume();
    }, duration);
  }
}
