import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** One request, ready to be written to a connection. */
export interface WireRequest {
  readonly method: string;
  /** With the path prefix of the server and the query. */
  readonly path: string;
  /** Names in lower case; without the host. */
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array | undefined;
  /** Ends the request, and later the body of its answer. */
  readonly signal: AbortSignal | undefined;
}

/** The answer to a request: its head, and its body as it arrives. */
export interface WireResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: '1.1' | '2';
  /** Not decompressed. It has to be read to its end, or `cancel` called. */
  readonly body: Readable;
  /**
   * May read nothing more of the connection for some milliseconds, so that more is read at a time then. Other exchanges over the same connection
   * wait, too.
   *
   * @param read bytes that came since a reader waited last.
   */
  rest(read: number): void;
  /** Once the body has ended: whether it had come to its end, or the connection just went away. */
  isComplete(): boolean;
  /** Ends the exchange. Idempotent. */
  cancel(): void;
}

/** What requests are sent over: the kept connections of one protocol to one server with one TLS content. */
export interface Connection {
  /** Rejects with the error of the socket, or with the reason of the signal. */
  send(request: WireRequest): Promise<WireResponse>;
  /** No further request will come: closes when the last exchange has ended, and then calls `onClosed`. */
  retire(onClosed: () => void): void;
  /** Ends everything at once. */
  destroy(): void;
}

/** Node calls for a listener on streams whose errors are read in other ways, through an iterator or a callback. */
export function ignoreErrorEvent(): void {}

/** The reason of exchanges that end because their client is closed. */
export function closedError(): Error {
  return new Error('the client was closed');
}
