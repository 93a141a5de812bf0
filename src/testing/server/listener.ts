import { createServer, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { KubeInformerError, warnUnheard } from '../../runtime/index.ts';
import type { Request, Response } from './answer.ts';
import type { Certificates } from './tls.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** With these the server speaks HTTP/2 and HTTP/1.1 over TLS, without them HTTP/1.1. */
  readonly certificates: Certificates | undefined;
  readonly http2: boolean;
  readonly onRequest: (request: Request, response: Response, connection: number) => void;
}

/** Settings of HTTP/2 as a real server announces them. */
const http2Settings = { maxConcurrentStreams: 100, initialWindowSize: 256 * 1024 };

/** The sockets of a server: listening, counting, pausing, closing. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #numbers = new WeakMap<object, number>();
  #server: Server | Http2SecureServer | undefined;
  #port = 0;
  #connectionCount = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<void> {
    if (this.#server) return;
    const server = this.#create();
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#track(socket));
    const listening = Promise.withResolvers<void>();
    let report = (cause: Error) => {
      this.#server = undefined;
      const hint = 'Choose a port that is free, or none.';
      const message = `the embedded server cannot listen on port ${this.#port}`;
      listening.reject(new KubeInformerError('ConnectionFailed', message, { cause, hint }));
    };
    // For as long as it lives: an error that nobody listens for would end the process.
    server.on('error', (cause: Error) => report(cause));
    server.listen(this.#port, this.#options.host, listening.resolve);
    await listening.promise;
    report = (cause) => {
      const hint = 'EMFILE: allow the process more open files.';
      warnUnheard(
        new KubeInformerError('ConnectionFailed', 'the embedded server cannot take a connection', { cause, hint }),
      );
    };
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Refuses new connections; those that are open stay. */
  async pause(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    // Resolves without waiting for the connections: closing a server only stops the listening at once.
    server.close();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Announces to HTTP/2 clients that they should connect anew (GOAWAY); streams that are open go on. */
  drain(): void {
    for (const session of this.#sessions) session.close();
  }

  /** Closes every connection in the middle of what it carries. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks every connection. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #create(): Server | Http2SecureServer {
    const { certificates, onRequest, http2 } = this.#options;
    const timeouts = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
    const handle = (request: Request, response: Response) => onRequest(request, response, this.#numberOf(request));
    if (!certificates) return createServer(timeouts, handle);
    const server = createSecureServer(
      {
        key: certificates.serverKey,
        cert: certificates.serverCertificate,
        ca: certificates.ca,
        requestCert: true,
        rejectUnauthorized: false,
        allowHTTP1: true,
        // Node offers HTTP/2 whatever `ALPNProtocols` says.
        ...(!http2 && { ALPNCallback: ({ protocols }) => protocols.find((protocol) => protocol === 'http/1.1') }),
        settings: http2Settings,
      },
      handle,
    );
    server.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.on('error', () => session.destroy());
      session.on('close', () => this.#sessions.delete(session));
    });
    return server;
  }

  #numberOf(request: Request): number {
    const connection = 'stream' in request ? request.stream.session : request.socket;
    if (!connection) return 0;
    let number = this.#numbers.get(connection);
    if (number === undefined) {
      number = ++this.#connectionCount;
      this.#numbers.set(connection, number);
    }
    return number;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
