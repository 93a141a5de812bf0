import type { Readable } from 'node:stream';

/** So many bytes may wait for the reader before the stream is paused: a few reads of a socket, about a millisecond of decoding. */
const enough = 256 * 1024;

/** Whether a reader wants what comes soon, or rather more of it at a time: to read and to be woken costs more than to decode a small piece. */
export type Haste = 'soon' | 'patient';

/** For so many bytes the reader is woken at once; for less when the event loop has read what there is, so that he wakes once for many small pieces. */
const plenty = 64 * 1024;

/**
 * - `flowing`: the stream brings more; less than `enough` waits
 * - `held`: `enough` or more waited, and the stream is paused; it flows again when the last of that is taken
 * - `ended`: the stream has come to its end
 * - `broken`: it failed, or was closed before its end
 * - `closed`: the reader wants no more
 *
 * The first two change into each other and into any of the others; `ended` and `broken` into `closed` only, `closed` into nothing.
 */
type State = 'flowing' | 'held' | 'ended' | 'broken' | 'closed';

interface Reader {
  resolve(isMore: boolean): void;
  reject(error: Error): void;
}

/**
 * What a stream brings, piece by piece as it comes, for one reader who asks. Node's own iterator makes one copy of all that came between two
 * questions, and takes several more turns for each.
 *
 * Invariants: a reader waits only in `flowing`, and while pieces wait, too, he is about to be woken; in `closed` no piece waits; only in
 * `flowing` and `held` is the stream listened to, but for its errors, since it may have some after its end.
 */
export class Pieces {
  readonly #stream: Readable;
  readonly #rest: (read: number) => void;
  /** In the order in which they came. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #state: State = 'flowing';
  /** Why it is `broken`. */
  #error: Error | undefined;
  /** Whoever has called `more`, until that settles. */
  #reader: Reader | undefined;
  /** Bytes that came since `more` was called last. */
  #came = 0;
  /** Will wake the reader for less than `plenty`. */
  #waking: NodeJS.Immediate | undefined;

  /** @param rest is told how much came since the reader waited last, and may leave what comes next where it is for a while. */
  constructor(stream: Readable, rest: (read: number) => void) {
    this.#stream = stream;
    this.#rest = rest;
    stream.on('error', this.#onError);
    if (stream.readableEnded) this.#settle('ended');
    else if (stream.errored) this.#onError(stream.errored);
    else if (stream.destroyed) this.#onClose();
    else stream.on('end', this.#onEnd).on('close', this.#onClose).on('data', this.#onData);
  }

  /** The next piece, if it is here. */
  take(): Buffer | undefined {
    const piece = this.#waiting.shift();
    if (!piece) return undefined;
    this.#waitingBytes -= piece.length;
    if (this.#state === 'held' && this.#waitingBytes === 0) {
      this.#state = 'flowing';
      this.#stream.resume();
    }
    return piece;
  }

  /**
   * Resolves with whether there is a piece to take, as soon as that is known: not after the last one, nor after `close`. Rejects after the last
   * piece of a stream that broke. Not to be called again before it has settled.
   *
   * @param haste `patient`: some milliseconds later, perhaps. Default `soon`.
   */
  more(haste: Haste = 'soon'): Promise<boolean> {
    if (this.#waiting.length > 0) return Promise.resolve(true);
    if (this.#error) return Promise.reject(this.#error);
    if (this.#state !== 'flowing') return Promise.resolve(false);
    if (haste === 'patient') this.#rest(this.#came);
    this.#came = 0;
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  /** No more is wanted. It does nothing to the stream but not to listen any longer. Idempotent. */
  close(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#error = undefined;
    this.#settle('closed');
  }

  readonly #onData = (piece: Buffer): void => {
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    this.#came += piece.length;
    if (this.#waitingBytes >= enough && this.#state === 'flowing') {
      this.#state = 'held';
      this.#stream.pause();
    }
    if (!this.#reader) return;
    if (this.#waitingBytes >= plenty) this.#wake();
    else this.#waking ??= setImmediate(this.#wake);
  };

  readonly #wake = (): void => {
    clearImmediate(this.#waking);
    this.#waking = undefined;
    const reader = this.#reader;
    this.#reader = undefined;
    if (this.#waiting.length > 0) reader?.resolve(true);
    else if (this.#error) reader?.reject(this.#error);
    else reader?.resolve(false);
  };

  readonly #onEnd = (): void => this.#settle('ended');

  readonly #onClose = (): void => this.#onError(closedEarly());

  readonly #onError = (error: Error): void => {
    if (this.#state !== 'flowing' && this.#state !== 'held') return;
    this.#error = error;
    this.#settle('broken');
  };

  #settle(state: 'ended' | 'broken' | 'closed'): void {
    this.#state = state;
    this.#stream.off('end', this.#onEnd).off('close', this.#onClose).off('data', this.#onData);
    this.#wake();
  }
}

function closedEarly(): Error {
  const message = 'the connection was closed before the answer was complete';
  return Object.assign(new Error(message), { code: 'ECONNRESET' });
}
