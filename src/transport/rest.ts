import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../runtime/index.ts';

/** Milliseconds. At this, 64 KiB in the system's buffers are 13 MB/s, and they hold more where more comes. */
const duration = 5;

/**
 * Leaves for a while in the buffers of the operating system what comes over a connection, so that many small reads become a few: to be told of a read costs
 * more than to read.
 *
 * It pauses the socket below the protocol. A stream of HTTP/2 that is paused has its session read on, and Node's parser of HTTP/1.1 reads on until its own
 * buffers are full. Sockets that are opened with `readInto` stop at once, and others go on by themselves if pausing does nothing to them.
 */
export class Rest {
  readonly #socket: Duplex;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(socket: Duplex, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  /** Reads nothing for five milliseconds from now, or since it was called last if that is not as long ago. */
  begin(): void {
    if (this.#timer || this.#socket.destroyed) return;
    this.#socket.pause();
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.#socket.resume();
    }, duration);
  }
}
