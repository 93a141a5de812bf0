import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Clock } from '../runtime/index.ts';
import type { AnswerGuard } from './answer-guard.ts';
import { connectionError, truncatedError } from './connection-error.ts';
import { ignoreErrorEvent, type WireResponse } from './exchange.ts';
import { nodeModules } from './node-modules.ts';
import { Pace } from './pace.ts';
import { Pieces } from './pieces.ts';

/** An answer whose head has arrived. */
export interface KubeResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: '1.1' | '2';
  /**
   * The body, decompressed, in pieces as they arrive. It can be read once. Leaving the loop early ends the exchange; a body that is
   * not wanted must be ended with `discard`.
   *
   * It throws the reason of the signal when that is aborted, and `ConnectionFailed` when the connection breaks before the end.
   */
  readonly body: AsyncIterable<Buffer>;
  /** Ends the exchange. Idempotent. */
  discard(): void;
}

/** The answer of a connection, as it is handed to callers. `what` names the request in errors. */
export class StreamedResponse implements KubeResponse {
  readonly #answer: WireResponse;
  readonly #guard: AnswerGuard;
  readonly #what: string;
  readonly #pace: Pace;
  #pieces: Pieces | undefined;
  #discarded = false;

  constructor(answer: WireResponse, guard: AnswerGuard, what: string, clock: Clock) {
    this.#answer = answer;
    this.#guard = guard;
    this.#what = what;
    this.#pace = new Pace(clock);
  }

  get status(): number {
    return this.#answer.status;
  }

  get headers(): IncomingHttpHeaders {
    return this.#answer.headers;
  }

  get httpVersion(): '1.1' | '2' {
    return this.#answer.httpVersion;
  }

  get body(): AsyncIterable<Buffer> {
    return this.#read();
  }

  discard(): void {
    this.#discarded = true;
    this.#guard.end();
    this.#pieces?.close();
    this.#answer.cancel();
  }

  async *#read(): AsyncGenerator<Buffer> {
    const pieces = new Pieces(unzipped(this.#answer.body, this.headers));
    this.#pieces = pieces;
    try {
      for (;;) {
        const piece = pieces.take() ?? (await pieces.next());
        for (let turn = this.#pace.wait(); turn; turn = this.#pace.wait()) await turn;
        // It may have been ended meanwhile.
        this.#guard.signal.throwIfAborted();
        if (this.#discarded) return;
        if (!piece) break;
        this.#pace.handing();
        yield piece;
        this.#guard.heard();
        this.#pace.handed();
      }
      if (!this.#answer.isComplete()) throw truncatedError(this.#what);
    } catch (thrown) {
      this.#guard.signal.throwIfAborted();
      throw connectionError(this.#what, thrown);
    } finally {
      this.discard();
    }
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
