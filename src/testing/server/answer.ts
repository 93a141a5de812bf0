import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { ApiStatusError } from '../../kubernetes/index.ts';
import { goJson } from './json.ts';
import { type Outlet, StreamOutlet } from './outlet.ts';

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;
export type Headers = Readonly<Record<string, string>>;

/** Bodies up to this size are sent with a Content-Length, longer ones in chunks, as Go's server does. */
const bufferedBody = 2048;

/** The answer to one request: the head once, then bytes. */
export class Answer {
  readonly #response: Response;
  readonly #auditId: string;
  readonly #onStatus: (status: number) => void;
  readonly #wrap: (outlet: Outlet) => Outlet;

  constructor(
    response: Response,
    options: {
      readonly auditId: string;
      readonly onStatus: (status: number) => void;
      readonly wrap?: (outlet: Outlet) => Outlet;
    },
  ) {
    this.#response = response;
    this.#auditId = options.auditId;
    this.#onStatus = options.onStatus;
    this.#wrap = options.wrap ?? ((outlet) => outlet);
  }

  get started(): boolean {
    return this.#response.headersSent;
  }

  /** Sends the head and gives the outlet for the body. */
  stream(status: number, headers: Headers): Outlet {
    const response = this.#response;
    this.#head(status, headers);
    // Types of HTTP/2 responses lack flushHeaders at the level where both agree.
    if ('flushHeaders' in response) response.flushHeaders();
    else response.writeHead(status);
    return this.#wrap(new StreamOutlet(response, () => this.reset()));
  }

  /** Sends a whole answer. */
  send(status: number, headers: Headers, body: string | Buffer): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const length: Headers = bytes.length <= bufferedBody ? { 'Content-Length': String(bytes.length) } : {};
    this.#head(status, { ...headers, ...length });
    const outlet = this.#wrap(new StreamOutlet(this.#response, () => this.reset()));
    outlet.write(bytes);
    outlet.end();
  }

  json(status: number, body: string | Buffer, headers: Headers = {}): void {
    this.send(status, { 'Content-Type': 'application/json', ...headers }, body);
  }

  failure({ status }: ApiStatusError): void {
    const code = status.code ?? 500;
    const seconds = status.details?.retryAfterSeconds;
    const headers: Record<string, string> = {};
    if (seconds !== undefined) headers['Retry-After'] = String(seconds);
    if (code === 403) headers['X-Content-Type-Options'] = 'nosniff';
    // What can't be negotiated is answered for people to read.
    this.json(code, code === 406 ? goJson(status, 2) : `${goJson(status)}\n`, headers);
  }

  text(status: number, text: string, headers: Headers = {}): void {
    const plain = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };
    this.send(status, { ...plain, ...headers }, text);
  }

  /** Adds a warning for each problem to the answer that is to come. */
  warn(problems: readonly string[]): void {
    this.#response.setHeader(
      'Warning',
      problems.map((problem) => `299 - ${JSON.stringify(problem)}`),
    );
  }

  notModified(headers: Headers): void {
    this.#head(304, headers);
    this.#response.end();
  }

  /** Breaks the connection without another byte. */
  reset(): void {
    const response = this.#response;
    if ('stream' in response) response.stream.close(0x2);
    else if (response.socket && 'resetAndDestroy' in response.socket) response.socket.resetAndDestroy();
  }

  #head(status: number, headers: Headers): void {
    this.#onStatus(status);
    const all = { 'Audit-Id': this.#auditId, 'Cache-Control': 'no-cache, private', ...headers };
    const response = this.#response;
    response.statusCode = status;
    for (const [name, value] of Object.entries(all)) response.setHeader(name, value);
  }
}
