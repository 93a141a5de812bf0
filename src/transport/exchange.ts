import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** One request, ready to be written to a connection. */
export interface WireRequest {
  readonly method: string;
  /** With the path prefix of the server and the query. */
  readonly path: string;
  /** Names in lower case. */
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
  /** Not decompressed. Destroying it ends the exchange; it has to be read or destroyed. */
  readonly body: Readable;
  /** Once the body has ended: whether it had come to its end, or the connection just went away. */
  isComplete(): boolean;
}

/** What requests are sent over: the kept connections of one protocol to one server with one TLS content. */
export interface Connection {
  /** Rejects with the error of the socket, or with the reason of the signal. */
  send(request: WireRequest): Promise<WireResponse>;
  /** Refuses further requests, and closes each connection when its last exchange has ended. */
  retire(): void;
  /** Ends everything at once. */
  destroy(): void;
}

/** Node calls for a listener on streams whose errors are read in other ways, through an iterator or a callback. */
export function ignoreErrorEvent(): void {}
