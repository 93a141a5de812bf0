import type { OnReadOpts } from 'node:net';

/** What all connections are read into, one after the other; as long as what Node reads at a time by itself. */
let shared: Buffer | undefined;

/**
 * Has a socket that is opened with this be read into one buffer, the same for all. By itself Node allocates one for every read, which costs about as much
 * as reading, and has the collector mark all of the heap again and again. Such a socket can also be paused at once, see `Rest`.
 *
 * Invariant: `read` has copied what it needs when it returns.
 */
export function readInto(read: (piece: Buffer) => void): OnReadOpts {
  shared ??= Buffer.allocUnsafeSlow(64 * 1024);
  const buffer = shared;
  return {
    buffer,
    callback(length) {
      read(buffer.subarray(0, length));
      return true;
    },
  };
}

/** Whether what is read next overwrites `piece`. */
export function isReadInto(piece: Buffer): boolean {
  return piece.buffer === shared?.buffer;
}
