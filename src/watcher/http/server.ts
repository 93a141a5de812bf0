import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { KubeInformerError } from '../../index.ts';
import type { ServerConfig } from '../config/index.ts';
import type { ControlPlane } from './control-plane.ts';
import { type DataPlane, isDataRequest } from './data-plane.ts';
import type { Streams } from './streams.ts';

export interface HttpServerOptions {
  readonly config: ServerConfig;
  readonly data: DataPlane;
  readonly control: ControlPlane;
  readonly streams: Streams;
  /** Told of what goes wrong with the listening; it goes on. */
  readonly onError: (error: KubeInformerError) => void;
}

/** Streams may have nothing to send for hours: whether anybody is still there, the system finds out. */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 60_000 };

/** The listener: one port, two planes, one gate. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;

  /** @throws KubeInformerError `InvalidConfig` if a certificate can't be read */
  constructor(options: HttpServerOptions) {
    this.#options = options;
    const control = getRequestListener(options.control.fetch);
    const listener: RequestListener = (request, response) => {
      if (isDataRequest(request.url!)) return options.data.handle(request, response);
      void control(request, response);
    };
    const { tls } = options.config;
    this.#server = tls
      ? createTlsServer({ ...tlsOptions(tls), ...keepAlive }, listener)
      : createServer(keepAlive, listener);
  }

  /** Where it listens; a port of 0 is the one that was taken. */
  get url(): string {
    const { host, tls } = this.#options.config;
    const { port } = this.#server.address() as AddressInfo;
    return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** @throws KubeInformerError `ConnectionFailed` if the address is taken or none of this machine */
  async listen(): Promise<void> {
    const { host, port } = this.#options.config;
    const failed = (what: string, cause: NodeJS.ErrnoException, hint: string) =>
      new KubeInformerError('ConnectionFailed', `${what} ${host}:${port}: ${cause.code}`, { cause, hint });
    const listening = Promise.withResolvers<void>();
    let report = (cause: NodeJS.ErrnoException) =>
      listening.reject(
        failed("can't listen on", cause, 'Choose another server.host or server.port; 0 takes a free port.'),
      );
    // For as long as it lives: an error that nobody listens for would end the process.
    this.#server.on('error', (cause) => report(cause));
    this.#server.listen(port, host, listening.resolve);
    await listening.promise;
    report = (cause) =>
      this.#options.onError(failed("can't take a connection on", cause, 'EMFILE: allow the process more open files.'));
  }

  /** No request is taken any more; what is under way is ended. */
  close(): Promise<void> {
    this.#options.data.close();
    this.#options.streams.close();
    return new Promise((resolve) => {
      if (!this.#server.listening) return resolve();
      this.#server.close(() => resolve());
      // Streams end in good order in this turn; whoever keeps a connection for the next request is not waited for.
      setImmediate(() => this.#server.closeAllConnections());
    });
  }
}

function tlsOptions({ certFile, keyFile, clientCaFile }: NonNullable<ServerConfig['tls']>) {
  return {
    cert: read(certFile),
    key: read(keyFile),
    ...(clientCaFile !== undefined && { ca: read(clientCaFile), requestCert: true, rejectUnauthorized: true }),
  };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const hint = 'Check server.tls of the configuration, and who may read the file.';
    throw new KubeInformerError('InvalidConfig', `server.tls: ${file} can't be read: ${code}`, { cause, hint });
  }
}
