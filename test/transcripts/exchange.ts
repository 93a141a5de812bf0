import { connect } from 'node:http2';
import { request } from 'node:https';
import type { Ask } from './model.ts';

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly ending: 'end' | 'broken' | 'left';
}

/** An answer that is still coming in. */
export interface OpenAnswer {
  readonly status: number;
  /** Complete lines so far. */
  readonly lines: number;
  leave(): void;
  readonly done: Promise<RawAnswer>;
}

/** Opens a request to a server with a certificate of its own; resolves with the head of the answer. */
export function open(server: string, ask: Ask): Promise<OpenAnswer> {
  return ask.http2 ? openHttp2(server, ask) : openHttp1(server, ask);
}

function bytesOf(ask: Ask): Buffer | undefined {
  if (ask.body === undefined) return undefined;
  return Buffer.from(typeof ask.body === 'string' ? ask.body : JSON.stringify(ask.body));
}

export function methodOf(ask: Ask): string {
  return ask.method ?? (ask.body === undefined ? 'GET' : 'POST');
}

function headersOf(ask: Ask, body: Buffer | undefined): Record<string, string> {
  const { accept = 'application/json', user = 'admin', contentType = 'application/json' } = ask;
  return {
    'user-agent': 'transcripts/1.0',
    ...(accept === null ? {} : { accept }),
    ...(user === null ? {} : { authorization: `Bearer ${user}-token` }),
    ...(body === undefined ? {} : { 'content-type': contentType, 'content-length': String(body.length) }),
    ...ask.headers,
  };
}

function flat(headers: Readonly<Record<string, string | number | readonly string[] | undefined>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join('; ') : String(value)]),
  );
}

/** Collects what comes in until it ends or is left. */
class Incoming {
  readonly #chunks: Buffer[] = [];
  lines = 0;
  #ending: RawAnswer['ending'] = 'broken';

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) this.lines++;
  }

  endAs(ending: RawAnswer['ending']): void {
    if (this.#ending === 'broken') this.#ending = ending;
  }

  finish(status: number, headers: Readonly<Record<string, string>>): RawAnswer {
    return { status, headers, body: Buffer.concat(this.#chunks), ending: this.#ending };
  }
}

function openHttp1(server: string, ask: Ask): Promise<OpenAnswer> {
  const body = bytesOf(ask);
  return new Promise((resolve, reject) => {
    const sent = request(`${server}${ask.path}`, {
      method: methodOf(ask),
      headers: headersOf(ask, body),
      agent: false,
      rejectUnauthorized: false,
    });
    sent.on('error', reject);
    sent.on('response', (message) => {
      const incoming = new Incoming();
      message.on('data', (chunk: Buffer) => incoming.add(chunk));
      message.on('end', () => incoming.endAs('end'));
      // A broken stream is a result here; `close` follows and tells it.
      message.on('error', () => {});
      const status = message.statusCode ?? 0;
      const done = new Promise<RawAnswer>((finish) => {
        message.on('close', () => finish(incoming.finish(status, flat(message.headers))));
      });
      resolve({
        status,
        get lines() {
          return incoming.lines;
        },
        leave() {
          incoming.endAs('left');
          message.destroy();
        },
        done,
      });
    });
    sent.end(body);
  });
}

function openHttp2(server: string, ask: Ask): Promise<OpenAnswer> {
  const body = bytesOf(ask);
  return new Promise((resolve, reject) => {
    const session = connect(server, { rejectUnauthorized: false });
    session.on('error', reject);
    const stream = session.request({ ':path': ask.path, ':method': methodOf(ask), ...headersOf(ask, body) });
    stream.on('error', reject);
    stream.on('response', ({ ':status': status = 0, ...headers }) => {
      const incoming = new Incoming();
      stream.on('data', (chunk: Buffer) => incoming.add(chunk));
      stream.on('end', () => incoming.endAs('end'));
      const done = new Promise<RawAnswer>((finish) => {
        stream.on('close', () => {
          session.destroy();
          finish(incoming.finish(status, flat(headers)));
        });
      });
      resolve({
        status,
        get lines() {
          return incoming.lines;
        },
        leave() {
          incoming.endAs('left');
          stream.close();
        },
        done,
      });
    });
    stream.end(body);
  });
}
