import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Clock } from '../runtime/index.ts';
import type { AnswerGuard } from './answer-guard.ts';
import { connectionError, truncatedError } from './connection-error.ts';
import { ignoreErrorEvent, type WireResponse } from './exchange.ts';
import { nodeModules } from './node-modules.ts';
import { Pace } from './pace.ts';
import { type Haste, Pieces } from './pieces.ts';

/**
 * The body of an answer, decompressed, in pieces as they arrive. It can be read once: in a loop, which ends the exchange when it is left, or
 * with `take` and `more`, which cost less where pieces are small and many.
 *
 * All of them throw the reason of the signal when that is aborted, and `ConnectionFailed` when the connection breaks before the end.
 *
 * @example
 * const { body } = await client.request({ path: '/version' });
 * let bytes = 0;
 * do {
 *   for (let piece = body.take(); piece; piece = body.take()) bytes += piece.length;
 * } while (await body.more());
 * console.log(bytes > 0);
 */
export interface ResponseBody extends AsyncIterable<Buffer> {
  /** The next piece, if it is here and the event loop need not have its turn before. If there is none, ask `more`. */
  take(): Buffer | undefined;
  /**
   * Resolves with `true` when it is worth while to `take`, and with `false` at the end. Ask again only after that.
   *
   * @param haste `patient`: perhaps up to 20 ms later, for more at a time. Default `soon`.
   */
  more(haste?: 'soon' | 'patient'): Promise<boolean>;
}

/** The body of the answer of a connection. Its exchange ends when it has been read, when reading fails, and with `end`. */
export class StreamedBody implements ResponseBody {
  readonly #answer: WireResponse;
  readonly #guard: AnswerGuard;
  readonly #what: string;
  readonly #pace: Pace;
  #pieces: Pieces | undefined;
  /** Whether the reader is at work with what it has taken: that ends when it asks again, by `take` or by `more`. */
  #isWorking = false;
  #ended = false;

  /** @param what names the request in errors */
  constructor(answer: WireResponse, guard: AnswerGuard, what: string, clock: Clock) {
    this.#answer = answer;
    this.#guard = guard;
    this.#what = what;
    this.#pace = new Pace(clock);
  }

  /** Ends the exchange: nothing more is given. Idempotent. */
  end(): void {
    this.#ended = true;
    this.#guard.end();
    this.#pieces?.close();
    this.#answer.cancel();
  }

  take(): Buffer | undefined {
    this.#rested();
    this.#guard.signal.throwIfAborted();
    const piece = this.#pace.wait() ? undefined : this.#open()?.take();
    this.#isWorking = true;
    this.#pace.handing();
    return piece;
  }

  async more(haste?: Haste): Promise<boolean> {
    this.#rested();
    try {
      const isMore = await this.#open()?.more(haste);
      for (let turn = this.#pace.wait(); turn; turn = this.#pace.wait()) await turn;
      this.#guard.signal.throwIfAborted();
      // It may have been ended meanwhile.
      if (this.#ended) return false;
      if (isMore) return true;
      if (!this.#answer.isComplete()) throw truncatedError(this.#what);
      this.end();
      return false;
    } catch (thrown) {
      this.end();
      this.#guard.signal.throwIfAborted();
      throw connectionError(this.#what, thrown);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      do {
        for (let piece = this.take(); piece; piece = this.take()) yield piece;
      } while (await this.more());
    } finally {
      this.end();
    }
  }

  /** `undefined` once it has ended: it begins to be read when it is first asked, and never again. */
  #open(): Pieces | undefined {
    if (!this.#ended) this.#pieces ??= this.#begin();
    return this.#pieces;
  }

  #begin(): Pieces {
    const { body, headers } = this.#answer;
    return new Pieces(unzipped(body, headers), (read) => this.#answer.rest(read));
  }

  #rested(): void {
    if (!this.#isWorking) return;
    this.#isWorking = false;
    this.#guard.heard();
    this.#pace.handed();
  }
}

function unzipped(raw: Readable, headers: IncomingHttpHeaders): Readable {
  if (headers['content-encoding'] !== 'gzip') return raw;
  const gunzip = nodeModules.zlib.createGunzip({ chunkSize: 64 * 1024 });
  gunzip.on('error', ignoreErrorEvent);
  raw.on('error', (error) => gunzip.destroy(error));
  raw.on('close', () => {
    if (!raw.readableEnded) gunzip.destroy(new Error('the connection broke before the answer was complete'));
  });
  return raw.pipe(gunzip);
}
