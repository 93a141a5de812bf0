import type * as http2 from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../runtime/index.ts';
import type { DialOptions } from './dial.ts';
import { ignoreErrorEvent, type WireRequest, type WireResponse } from './exchange.ts';
import { Rest } from './rest.ts';

/** Milliseconds without a byte from the server after which it is asked whether it is there. */
const pingAfter = 30_000;

/** Milliseconds it has for the answer; then the session is dead, and its streams with it. */
const pongWithin = 15_000;

/** A request that is given up after this many milliseconds without a byte from the server says something about the session. */
const doubtAfter = 1_000;

/** Error codes of RFC 9113, section 7. */
const codes = { noError: 0, refusedStream: 7, cancel: 8 } as const;

/** The server has not begun with the request, so that it may be sent anew. */
class RefusedStream extends Error {}

/** One HTTP/2 session and the streams on it. While it has none, it neither pings nor keeps the process alive. */
export class Http2Session {
  readonly #session: http2.ClientHttp2Session;
  readonly #socket: TLSSocket;
  readonly #rest: Rest;
  readonly #clock: Clock;
  readonly #authority: string;
  #streams = 0;
  /** No new streams: we want to close, or the server goes away. */
  #draining = false;
  /** A request was given up on it in vain: it may be dead, and gets no new streams. */
  #doubtful = false;
  #timer: Timer | undefined;
  /** What `#socket` had read when the running timer was set. */
  #bytesRead = 0;

  constructor(session: http2.ClientHttp2Session, socket: TLSSocket, options: DialOptions) {
    this.#session = session;
    this.#socket = socket;
    this.#rest = new Rest(socket);
    this.#clock = options.clock;
    this.#authority = options.origin.host;
    session.on('error', ignoreErrorEvent);
    session.on('goaway', () => {
      this.#draining = true;
    });
    session.on('close', () => {
      this.#draining = true;
      this.#timer?.cancel();
    });
    session.unref();
  }

  /** Whether a further stream may be opened. */
  get hasRoom(): boolean {
    if (this.#draining || this.#doubtful || this.#session.closed || this.#session.destroyed) return false;
    return this.#streams < (this.#session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY);
  }

  onClosed(callback: () => void): void {
    if (this.#session.destroyed) callback();
    else this.#session.once('close', callback);
  }

  /** Closes when the last stream has ended. */
  close(): void {
    this.#draining = true;
    this.#session.close();
  }

  destroy(error: Error): void {
    this.#session.destroy(error);
  }

  hasRefused(thrown: unknown): boolean {
    return thrown instanceof RefusedStream;
  }

  send(request: WireRequest): Promise<WireResponse> {
    const { signal, body } = request;
    return new Promise((resolve, reject) => {
      let stream: http2.ClientHttp2Stream;
      try {
        stream = this.#session.request(
          { ...request.headers, ':method': request.method, ':path': request.path, ':authority': this.#authority },
          { endStream: body === undefined },
        );
      } catch (thrown) {
        // The session went away between the choice and now.
        reject(new RefusedStream('the session is closed', { cause: thrown }));
        return;
      }
      this.#opened();
      let failure: Error | undefined;
      const cancel = () => {
        if (!stream.closed) stream.close(codes.cancel);
        stream.destroy();
      };
      const openedAt = this.#clock.monotonic();
      const readBefore = this.#socket.bytesRead;
      const onAbort = () => {
        // Else those who give up before the ping does would be sent to a dead session again and again.
        const silence = this.#clock.monotonic() - openedAt;
        if (this.#socket.bytesRead === readBefore && silence >= doubtAfter) this.#doubtful = true;
        cancel();
        reject(signal?.reason);
      };
      stream.on('error', (error) => {
        failure = error;
      });
      stream.once('close', () => {
        signal?.removeEventListener('abort', onAbort);
        this.#ended();
        if (stream.rstCode === codes.refusedStream) reject(new RefusedStream('the server refused the stream'));
        // A server that is killed leaves no error, only a stream without an answer.
        else reject(failure ?? reset());
      });
      stream.once('response', (headers) => {
        resolve({
          status: headers[':status'] ?? 0,
          headers,
          httpVersion: '2',
          body: stream,
          rest: (read) => this.#rest.begin(read),
          isComplete: () => stream.rstCode === codes.noError && !stream.aborted && failure === undefined,
          cancel,
        });
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      if (body !== undefined) stream.end(body);
    });
  }

  #opened(): void {
    if (this.#streams++ > 0) return;
    this.#session.ref();
    this.#watchSilence();
  }

  #ended(): void {
    if (--this.#streams > 0) return;
    this.#timer?.cancel();
    if (this.#doubtful) this.#session.destroy();
    else if (!this.#session.destroyed) this.#session.unref();
  }

  #watchSilence(): void {
    this.#bytesRead = this.#socket.bytesRead;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(() => {
      if (this.#socket.bytesRead !== this.#bytesRead) this.#watchSilence();
      else this.#ping();
    }, pingAfter);
  }

  #ping(): void {
    const dead = this.#clock.setTimer(() => {
      const error = new Error(`the server has not answered a ping for ${pongWithin / 1000} s`);
      this.#session.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    }, pongWithin);
    this.#timer = dead;
    this.#session.ping((error) => {
      // Streams may have ended in the meantime, and others begun with a timer of their own.
      if (error || this.#timer !== dead || this.#streams === 0) dead.cancel();
      else this.#watchSilence();
    });
  }
}

function reset(): Error {
  return Object.assign(new Error('the connection was closed before an answer'), { code: 'ECONNRESET' });
}
