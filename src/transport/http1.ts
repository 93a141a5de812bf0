import * as http from 'node:http';
import * as https from 'node:https';
import { type Connection, ignoreErrorEvent, type WireRequest, type WireResponse } from './exchange.ts';

/** HTTP/1.1 over kept connections, as many as there are exchanges at a time. */
export class Http1Connection implements Connection {
  readonly #origin: URL;
  readonly #agent: http.Agent;
  readonly #open = new Set<http.ClientRequest>();
  #retired = false;

  constructor(origin: URL, agent: http.Agent) {
    this.#origin = origin;
    this.#agent = agent;
  }

  async send(request: WireRequest): Promise<WireResponse> {
    // A kept connection may have been closed by the server while it lay idle, which shows only now. Every try uses up one of those.
    for (;;) {
      const sent = { reused: false };
      try {
        return await this.#try(request, sent);
      } catch (thrown) {
        const isIdempotent = request.method === 'GET' || request.method === 'HEAD';
        if (!sent.reused || !isIdempotent || !isReset(thrown) || request.signal?.aborted) throw thrown;
      }
    }
  }

  retire(): void {
    this.#retired = true;
    if (this.#open.size === 0) this.#agent.destroy();
  }

  destroy(): void {
    this.#retired = true;
    for (const request of this.#open) request.destroy(new Error('the client was closed'));
    this.#agent.destroy();
  }

  #try(request: WireRequest, sent: { reused: boolean }): Promise<WireResponse> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      const outgoing = (this.#origin.protocol === 'https:' ? https : http).request({
        agent: this.#agent,
        protocol: this.#origin.protocol,
        host: hostOf(this.#origin),
        port: portOf(this.#origin),
        method: request.method,
        path: request.path,
        headers:
          request.body === undefined ? request.headers : { ...request.headers, 'content-length': request.body.length },
      });
      this.#open.add(outgoing);
      const onAbort = () => {
        outgoing.destroy();
        reject(signal?.reason);
      };
      outgoing.once('close', () => {
        this.#open.delete(outgoing);
        signal?.removeEventListener('abort', onAbort);
        if (this.#retired && this.#open.size === 0) this.#agent.destroy();
      });
      outgoing.on('error', (error) => {
        sent.reused = outgoing.reusedSocket;
        reject(error);
      });
      outgoing.once('response', (incoming) => {
        incoming.on('error', ignoreErrorEvent);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          httpVersion: '1.1',
          body: incoming,
          isComplete: () => incoming.complete,
        });
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      outgoing.end(request.body);
    });
  }
}

/** The host without the brackets that a URL puts around an IPv6 address. */
export function hostOf(origin: URL): string {
  return origin.hostname.replace(/^\[|\]$/g, '');
}

export function portOf(origin: URL): number {
  if (origin.port !== '') return Number(origin.port);
  return origin.protocol === 'https:' ? 443 : 80;
}

function isReset(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
