import type { TLSSocket } from 'node:tls';
import { connectTimeoutError, type DialOptions, dialTls } from './dial.ts';
import { type Connection, closedError, type WireRequest, type WireResponse } from './exchange.ts';
import { Http2Session } from './http2-session.ts';
import { nodeModules } from './node-modules.ts';

/** Bytes that the server may send before they are read, for a stream and for all of a session. Node's own 64 KiB halve the throughput. */
const windowSize = 16 * 1024 * 1024;

/** Megabytes that a session may hold. Node's own 10 are less than one window. */
const sessionMemory = 512;

/** How often a request is sent anew that the server says it has not touched. */
const maxRefusals = 5;

/** The server took another protocol than the first time. */
export class ProtocolChanged extends Error {}

/**
 * HTTP/2: all exchanges over one session. A further one is opened when the server allows no more streams on those there are, or has
 * said that it goes away.
 */
export class Http2Connection implements Connection {
  readonly #options: DialOptions;
  readonly #sessions = new Set<Http2Session>();
  #opening: Promise<void> | undefined;
  #first: TLSSocket | undefined;
  #destroyed = false;
  #onClosed: (() => void) | undefined;

  constructor(options: DialOptions, first: TLSSocket) {
    this.#options = options;
    // Until it is used it keeps no process alive.
    this.#first = first.unref();
  }

  async send(request: WireRequest): Promise<WireResponse> {
    for (let refusals = 0; ; ) {
      if (this.#destroyed) throw closedError();
      request.signal?.throwIfAborted();
      const session = this.#free();
      if (!session) {
        await this.#open();
        continue;
      }
      try {
        return await session.send(request);
      } catch (thrown) {
        if (!session.hasRefused(thrown) || ++refusals > maxRefusals) throw thrown;
      }
    }
  }

  retire(onClosed: () => void): void {
    this.#onClosed = onClosed;
    for (const session of this.#sessions) session.close();
    this.#closeIfDone();
  }

  destroy(): void {
    this.#destroyed = true;
    this.#first?.destroy();
    for (const session of this.#sessions) session.destroy(closedError());
  }

  #free(): Http2Session | undefined {
    for (const session of this.#sessions) if (session.hasRoom) return session;
    return undefined;
  }

  #open(): Promise<void> {
    this.#opening ??= this.#openSession().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openSession(): Promise<void> {
    const first = this.#first;
    this.#first = undefined;
    const socket = first?.writable ? first.ref() : await dialTls(this.#options, ['h2', 'http/1.1']);
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      throw new ProtocolChanged('the server speaks HTTP/2 no longer');
    }
    const session = await this.#start(socket);
    if (this.#destroyed) session.destroy(closedError());
    this.#sessions.add(session);
    session.onClosed(() => {
      this.#sessions.delete(session);
      this.#closeIfDone();
    });
  }

  /** Resolves once the server has said how many streams it allows. */
  #start(socket: TLSSocket): Promise<Http2Session> {
    const { origin, clock, connectTimeout } = this.#options;
    return new Promise((resolve, reject) => {
      const session = nodeModules.http2.connect(origin, {
        createConnection: () => socket,
        settings: { initialWindowSize: windowSize, enablePush: false },
        maxSessionMemory: sessionMemory,
      });
      const timer = clock.setTimer(() => session.destroy(connectTimeoutError(this.#options)), connectTimeout);
      session.once('error', reject);
      session.once('close', () => {
        timer.cancel();
        reject(new Error('the server closed the connection before it was set up'));
      });
      session.once('remoteSettings', () => {
        timer.cancel();
        session.setLocalWindowSize(windowSize);
        resolve(new Http2Session(session, socket, this.#options));
      });
    });
  }

  #closeIfDone(): void {
    if (!this.#onClosed || this.#sessions.size > 0) return;
    this.#onClosed();
    this.#onClosed = undefined;
  }
}
