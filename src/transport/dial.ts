import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../runtime/index.ts';
import type { TlsMaterial } from './credentials.ts';
import { closedError, ignoreErrorEvent } from './exchange.ts';
import { nodeModules } from './node-modules.ts';
import { readInto } from './read-buffer.ts';

/** How connections to a server are opened. */
export interface DialOptions {
  readonly origin: URL;
  readonly tls: TlsMaterial;
  readonly clock: Clock;
  /** Milliseconds until a connection that does not come about is given up. */
  readonly connectTimeout: number;
  readonly proxyUrl: string | undefined;
  /** Aborted when the client is closed: connections that are being opened are given up. */
  readonly closing: AbortSignal;
}

/** Milliseconds of silence after which the operating system probes a connection. Below the idle limits of common load balancers. */
export const tcpKeepAliveDelay = 30_000;

/** The host without the brackets that a URL puts around an IPv6 address. */
export function hostOf(origin: URL): string {
  return origin.hostname.replace(/^\[|\]$/g, '');
}

export function portOf(origin: URL): number {
  if (origin.port !== '') return Number(origin.port);
  return origin.protocol === 'https:' ? 443 : 80;
}

/** The error of a connection that did not come about in time. Its code is that of the operating system for the same. */
export function connectTimeoutError(options: DialOptions): Error {
  const seconds = options.connectTimeout / 1000;
  return Object.assign(new Error(`no connection to ${options.origin.host} within ${seconds} s`), { code: 'ETIMEDOUT' });
}

/** Opens a TLS connection that offers `protocols`; `alpnProtocol` of the socket tells which one the server took. */
export function dialTls(options: DialOptions, protocols: readonly string[]): Promise<TLSSocket> {
  const host = hostOf(options.origin);
  return new Promise((resolve, reject) => {
    const onread = readInto((piece) => {
      // What comes before a session of HTTP/2 takes the socket over waits in it; from then on the session reads by itself.
      if (socket.alpnProtocol === 'h2') socket.push(Buffer.from(piece));
      else socket.emit('data', piece);
    });
    // Its types do not know that `onread` is passed on to the socket, like all options of a connection.
    const settings = {
      ...options.tls,
      onread,
      host,
      port: portOf(options.origin),
      ...(options.tls.servername === undefined && isIP(host) === 0 && { servername: host }),
      ALPNProtocols: [...protocols],
    };
    const socket: TLSSocket = nodeModules.tls.connect(settings);
    const timer = options.clock.setTimer(() => fail(connectTimeoutError(options)), options.connectTimeout);
    const onClosing = () => fail(closedError());
    const settle = () => {
      timer.cancel();
      options.closing.removeEventListener('abort', onClosing);
    };
    const fail = (error: Error) => {
      settle();
      socket.destroy();
      reject(error);
    };
    options.closing.addEventListener('abort', onClosing, { once: true });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, tcpKeepAliveDelay);
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      settle();
      socket.off('error', fail);
      // Until a protocol takes the socket over, its end shows in `destroyed`.
      socket.on('error', ignoreErrorEvent);
      resolve(socket);
    });
  });
}
