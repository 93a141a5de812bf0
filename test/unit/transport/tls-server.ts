import type { RequestListener } from 'node:http';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import type { KubeConfigLike } from '../../../src/transport/index.ts';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate for 127.0.0.1 and localhost, its own authority. */
export async function certificate(commonName = 'test'): Promise<Pair> {
  const pair = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: 'localhost' },
        ],
      },
    ],
  });
  return { cert: pair.cert, key: pair.private };
}

export interface TlsServer extends AsyncDisposable {
  readonly url: string;
  readonly authority: string;
  readonly requests: string[];
  /** Common names of the client certificates, one for each connection; `''` for none. */
  readonly clients: string[];
  /** The connections that are open now. */
  readonly sockets: Set<Socket>;
  readonly sessions: Set<ServerHttp2Session>;
  readonly port: number;
}

export interface TlsServerOptions {
  /** Default: both, and HTTP/2 wins. */
  readonly protocol?: 'http/1.1';
  readonly clientAuthority?: string;
  readonly maxConcurrentStreams?: number;
}

/** A server with TLS that speaks HTTP/2 and HTTP/1.1. */
export async function serveTls(
  handler: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
  options: TlsServerOptions = {},
): Promise<TlsServer> {
  const pair = await certificate();
  const requests: string[] = [];
  const clients: string[] = [];
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const tls = {
    ...pair,
    ...(options.clientAuthority && { requestCert: true, rejectUnauthorized: false, ca: options.clientAuthority }),
  };
  const listener = (request: Http2ServerRequest, response: Http2ServerResponse) => {
    requests.push(`${request.httpVersion} ${request.method} ${request.url}`);
    handler(request, response);
  };
  const server =
    options.protocol === 'http/1.1'
      ? // The handlers of the tests use only what both kinds of requests have.
        createHttpsServer(tls, listener as unknown as RequestListener)
      : createSecureServer(
          { ...tls, allowHTTP1: true, settings: { maxConcurrentStreams: options.maxConcurrentStreams ?? 100 } },
          listener,
        );
  server.on('secureConnection', (socket: TLSSocket) => {
    clients.push(String(socket.getPeerCertificate()?.subject?.CN ?? ''));
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on('error', () => {});
    session.on('close', () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    authority: pair.cert,
    requests,
    clients,
    sockets,
    sessions,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A kubeconfig for a server with TLS. `client` may be replaced while it is in use. */
export function tlsConfig(
  server: { readonly url: string; readonly authority: string },
  more: { client?: Pair; proxyUrl?: string } = {},
): KubeConfigLike {
  return {
    getCurrentCluster: () => ({ name: 'tls', server: server.url, proxyUrl: more.proxyUrl }),
    async applyToHTTPSOptions(options) {
      options.ca = server.authority;
      if (more.client) Object.assign(options, more.client);
    },
  };
}

/** Passes bytes on between clients and a server, until it is frozen: then it takes them in and keeps silent, as a broken network does. */
export async function relay(port: number): Promise<{ url: string; freeze(): void } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze() {
      for (const socket of sockets) socket.unpipe().resume();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
