import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { ApiServer } from '../../../src/testing/index.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into arbitrary JSON.
  readonly json: any;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function open(
  server: ApiServer,
  path: string,
  { method = 'GET', headers = {}, body }: Sent = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const content: Record<string, string> =
      bytes === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(bytes)) };
    const all = { 'User-Agent': 'rig/1.0', Accept: 'application/json', ...content, ...headers };
    const sent = request(`${server.url}${path}`, { method, headers: all, agent: false }, resolve);
    sent.on('error', reject);
    sent.end(bytes);
  });
}

/** Sends a request and reads the whole answer. */
export async function send(server: ApiServer, path: string, sent?: Sent): Promise<Reply> {
  const message = await open(server, path, sent);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString();
  const isJson =
    /json/.test(message.headers['content-type'] ?? '') && message.headers['content-encoding'] === undefined;
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text,
    json: isJson && text !== '' && sent?.method !== 'HEAD' ? parseOrNothing(text) : undefined,
  };
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A stream of lines that a test reads one after another. */
export class Lines {
  readonly status: number;
  readonly #message: IncomingMessage;
  readonly #chunks: Buffer[] = [];
  #buffer = '';
  #ended = false;
  error: Error | undefined;

  constructor(message: IncomingMessage) {
    this.#message = message;
    this.status = message.statusCode ?? 0;
    message.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    message.on('end', () => {
      this.#ended = true;
    });
    message.on('error', (error) => {
      this.error = error;
    });
  }

  get chunks(): readonly Buffer[] {
    return this.#chunks;
  }

  /** Whether the stream has ended in good order. */
  get ended(): boolean {
    return this.#ended;
  }

  get rest(): string {
    return this.#buffer;
  }

  /** Waits for `count` more lines. */
  async take(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) {
      const at = this.#buffer.indexOf('\n');
      if (at >= 0) {
        lines.push(this.#buffer.slice(0, at));
        this.#buffer = this.#buffer.slice(at + 1);
        continue;
      }
      if (!this.#pull() && (this.#ended || this.error || this.#message.destroyed)) {
        throw new Error(`the stream ended after ${lines.length} of ${count} lines: ${lines.join('\n')}`);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return lines;
  }

  /** Waits for `count` more events, as `TYPE name@resourceVersion`. */
  async events(count: number): Promise<string[]> {
    return (await this.take(count)).map(summary);
  }

  /** Waits for the end and gives the lines that are left. */
  async toEnd(): Promise<string[]> {
    if (!this.#ended && !this.error && !this.#message.destroyed) {
      await Promise.race([once(this.#message, 'end'), once(this.#message, 'close')]).catch(() => {});
    }
    this.#pull();
    const lines = this.#buffer.split('\n');
    this.#buffer = lines.pop() ?? '';
    return lines;
  }

  close(): void {
    this.#message.destroy();
  }

  #pull(): boolean {
    if (this.#chunks.length === 0) return false;
    this.#buffer += Buffer.concat(this.#chunks.splice(0)).toString();
    return true;
  }
}

export function summary(line: string): string {
  const { type, object } = JSON.parse(line);
  const mark = object.metadata?.annotations?.['k8s.io/initial-events-end'] === 'true' ? ' end' : '';
  if (type === 'BOOKMARK') return `BOOKMARK @${object.metadata.resourceVersion}${mark}`;
  if (type === 'ERROR') return `ERROR ${object.code} ${object.reason}`;
  return `${type} ${object.metadata?.name}@${object.metadata?.resourceVersion}`;
}

export async function watch(
  server: ApiServer,
  path: string,
  headers?: Readonly<Record<string, string>>,
): Promise<Lines> {
  return new Lines(await open(server, path, headers === undefined ? {} : { headers }));
}

export function configMap(name: string, namespace = 'demo', extra: object = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...extra }, data: { k: 'v' } };
}
