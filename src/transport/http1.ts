import type * as http from 'node:http';
import type * as https from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { connectTimeoutError, type DialOptions, hostOf, portOf, tcpKeepAliveDelay } from './dial.ts';
import { type Connection, closedError, ignoreErrorEvent, type WireRequest, type WireResponse } from './exchange.ts';
import { nodeModules } from './node-modules.ts';
import { isReadInto, readInto } from './read-buffer.ts';
import { Rest } from './rest.ts';

const kept = { keepAlive: true, keepAliveMsecs: tcpKeepAliveDelay, noDelay: true };

/** Keeps connections for HTTP/1.1; the first one may have been opened elsewhere. */
export function createAgent(options: DialOptions, first?: TLSSocket): http.Agent {
  if (options.origin.protocol === 'http:') return sharingBuffer(new nodeModules.http.Agent(kept));
  return handedOver(sharingBuffer(new nodeModules.https.Agent(kept)), first);
}

/** Has the connections of `agent` read into one buffer. Who listens to them is Node's parser alone, which copies what it keeps. */
function sharingBuffer<A extends http.Agent>(agent: A): A {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const onread = readInto((piece) => void socket?.emit('data', piece));
    // Whatever it is given it hands on to the socket.
    const socket = createConnection({ ...options, onread } as typeof options, callback);
    return socket;
  };
  return agent;
}

/** Node's parser hands on copies, and nowhere promises to: if one day a piece of the body lies in the buffer that is read into next, it is copied here. */
function owningItsPieces(body: http.IncomingMessage): http.IncomingMessage {
  const push = body.push.bind(body);
  body.push = (piece: Buffer | null) => push(piece && isReadInto(piece) ? Buffer.from(piece) : piece);
  return body;
}

/** Makes `first` the first connection of `agent`. Until it is used it keeps no process alive. */
function handedOver(agent: https.Agent, first: TLSSocket | undefined): https.Agent {
  if (!first) return agent;
  let waiting: TLSSocket | undefined = first.unref();
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (...parameters) => {
    const taken = waiting;
    waiting = undefined;
    return taken?.writable ? taken.ref() : createConnection(...parameters);
  };
  const destroy = agent.destroy.bind(agent);
  agent.destroy = () => {
    waiting?.destroy();
    destroy();
  };
  return agent;
}

/** HTTP/1.1 over kept connections, as many as there are exchanges at a time. */
export class Http1Connection implements Connection {
  readonly #options: DialOptions;
  readonly #agent: http.Agent;
  readonly #open = new Set<http.ClientRequest>();
  #onClosed: (() => void) | undefined;

  constructor(options: DialOptions, agent: http.Agent) {
    this.#options = options;
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

  retire(onClosed: () => void): void {
    this.#onClosed = onClosed;
    this.#closeIfDone();
  }

  destroy(): void {
    for (const request of this.#open) request.destroy(closedError());
    this.#agent.destroy();
  }

  #closeIfDone(): void {
    if (!this.#onClosed || this.#open.size > 0) return;
    this.#agent.destroy();
    this.#onClosed();
    this.#onClosed = undefined;
  }

  #try(request: WireRequest, sent: { reused: boolean }): Promise<WireResponse> {
    const { signal, body } = request;
    const { origin, tls, clock, connectTimeout } = this.#options;
    return new Promise((resolve, reject) => {
      const outgoing = (origin.protocol === 'https:' ? nodeModules.https : nodeModules.http).request({
        ...tls,
        agent: this.#agent,
        protocol: origin.protocol,
        host: hostOf(origin),
        port: portOf(origin),
        method: request.method,
        path: request.path,
        headers: body === undefined ? request.headers : { ...request.headers, 'content-length': body.length },
      });
      this.#open.add(outgoing);
      const timer = clock.setTimer(() => outgoing.destroy(connectTimeoutError(this.#options)), connectTimeout);
      const onAbort = () => {
        outgoing.destroy();
        reject(signal?.reason);
      };
      outgoing.once('socket', (socket) => whenConnected(socket, () => timer.cancel()));
      outgoing.once('close', () => {
        timer.cancel();
        this.#open.delete(outgoing);
        signal?.removeEventListener('abort', onAbort);
        this.#closeIfDone();
      });
      outgoing.on('error', (error) => {
        sent.reused = outgoing.reusedSocket;
        reject(error);
      });
      outgoing.once('response', (incoming) => {
        incoming.on('error', ignoreErrorEvent);
        const rest = new Rest(incoming.socket);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          httpVersion: '1.1',
          body: owningItsPieces(incoming),
          rest: (read) => rest.begin(read),
          isComplete: () => incoming.complete,
          cancel: () => void incoming.destroy(),
        });
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      outgoing.end(body);
    });
  }
}

function whenConnected(
  socket: Duplex & { connecting?: boolean; secureConnecting?: boolean },
  callback: () => void,
): void {
  if (socket.secureConnecting) socket.once('secureConnect', callback);
  else if (socket.connecting) socket.once('connect', callback);
  else callback();
}

function isReset(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
