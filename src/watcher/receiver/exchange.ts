import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HeaderReader } from './verify.ts';

/** A request, wherever it comes from. */
export interface Incoming {
  readonly method: string;
  readonly header: HeaderReader;
  readonly headerNames: Iterable<string>;
  readonly body: AsyncIterable<Uint8Array>;
  /** The common name of the client's certificate, if an authority that the server believes has signed it. */
  readonly sender: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Why, in words. */
  readonly text?: string;
}

export function ofRequest(request: Request): Incoming {
  return {
    method: request.method,
    header: (name) => request.headers.get(name) ?? undefined,
    headerNames: request.headers.keys(),
    body: request.body ?? empty(),
    sender: undefined,
  };
}

export function toResponse({ status, headers, text }: Answer): Response {
  const type = text === undefined ? undefined : { 'content-type': 'text/plain; charset=utf-8' };
  return new Response(text ?? null, { status, headers: { ...type, ...headers } });
}

export function ofMessage(request: IncomingMessage): Incoming {
  return {
    method: request.method ?? '',
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    headerNames: Object.keys(request.headers),
    body: request,
    sender: senderOf(request.socket),
  };
}

function senderOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name = socket.getPeerCertificate().subject?.CN;
  return Array.isArray(name) ? name[0] : name;
}

export function writeAnswer(response: ServerResponse, { status, headers, text }: Answer): void {
  const type = text === undefined ? undefined : { 'content-type': 'text/plain; charset=utf-8' };
  // What was not read of a request stands in the way of the next one.
  const rest = response.req.complete ? undefined : { connection: 'close' };
  response.writeHead(status, { ...type, ...rest, ...headers }).end(text);
}

/**
 * The whole body, or `undefined` if it is longer than `limit` bytes. What is over is still read, up to eight times that much, since a sender that is cut off does not hear
 * the answer.
 */
export async function readBody({ header, body }: Incoming, limit: number): Promise<string | undefined> {
  if (Number(header('content-length') ?? 0) > 8 * limit) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length <= limit) chunks.push(chunk);
    if (length > 8 * limit) return undefined;
  }
  return length > limit ? undefined : Buffer.concat(chunks).toString('utf8');
}

async function* empty(): AsyncIterable<Uint8Array> {}
