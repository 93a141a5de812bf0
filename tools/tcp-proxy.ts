import { once } from 'node:events';
import net from 'node:net';
import { type Clock, sleep, systemClock } from '../src/index.ts';

/**
 * A TCP proxy on loopback that can do to connections what networks do. Bytes, and so TLS, pass through untouched.
 *
 * @example
 * await using proxy = await TcpProxy.listen({ host: '127.0.0.1', port: 6443 });
 * for (const connection of proxy.connections) connection.reset();
 */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  /** Connections that were accepted since the start. */
  accepted = 0;
  readonly #server: net.Server;
  readonly #connections = new Set<ProxiedConnection>();
  #refusing = false;
  #delay = 0;

  private constructor(server: net.Server, target: { readonly host: string; readonly port: number }, clock: Clock) {
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    server.on('connection', (client) => {
      if (this.#refusing) {
        client.on('error', () => {}).resetAndDestroy();
        return;
      }
      this.accepted++;
      const upstream = net.connect({ ...target, allowHalfOpen: true, noDelay: true });
      const connection = new ProxiedConnection(client, upstream, clock);
      connection.delay = this.#delay;
      this.#connections.add(connection);
      void connection.closed.then(() => this.#connections.delete(connection));
    });
  }

  /** Listens on a free port, and passes every connection on to `target`. */
  static async listen(
    target: { readonly host: string; readonly port: number },
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ): Promise<TcpProxy> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target, clock);
  }

  /** Those that are open now. */
  get connections(): readonly ProxiedConnection[] {
    return Array.from(this.#connections);
  }

  /** Milliseconds by which each piece of data is late, on these connections and on later ones. */
  set delay(milliseconds: number) {
    this.#delay = milliseconds;
    for (const connection of this.#connections) connection.delay = milliseconds;
  }

  /** Whether new connections are reset at once, as by a host without the service. */
  set refusing(refusing: boolean) {
    this.#refusing = refusing;
  }

  /** Breaks all connections with a reset. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** Resets what is open. Resolves when the port is free. */
  async close(): Promise<void> {
    this.#refusing = true;
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** One connection through the proxy. */
export class ProxiedConnection {
  /** Resolves when both sides are closed. */
  readonly closed: Promise<void>;
  /** Milliseconds by which each piece of data is late. */
  delay = 0;
  readonly #client: net.Socket;
  readonly #upstream: net.Socket;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  /** Bytes that the client may still get before the connection is cut. */
  #allowance = Number.POSITIVE_INFINITY;
  /** While it is there, nothing passes in either direction. */
  #stall: PromiseWithResolvers<void> | undefined;

  constructor(client: net.Socket, upstream: net.Socket, clock: Clock) {
    this.#client = client;
    this.#upstream = upstream;
    this.#clock = clock;
    const closed = [client, upstream].map((socket) => new Promise<void>((resolve) => socket.once('close', resolve)));
    this.closed = Promise.all(closed).then(() => undefined);
    // A side that breaks takes the other along, in the same manner.
    for (const socket of [client, upstream]) socket.on('error', () => this.reset());
    void this.#pass(client, upstream, (chunk) => chunk);
    void this.#pass(upstream, client, (chunk) => this.#allowed(chunk));
  }

  /** Breaks it with RST on both sides. */
  reset(): void {
    this.#over.abort();
    this.#stall?.resolve();
    for (const socket of [this.#client, this.#upstream]) if (!socket.destroyed) socket.resetAndDestroy();
  }

  /** Lets nothing pass any more and closes nothing, as a network that drops packets does. */
  stall(): void {
    this.#stall ??= Promise.withResolvers<void>();
  }

  /** Ends a stall: what came meanwhile passes. */
  release(): void {
    this.#stall?.resolve();
    this.#stall = undefined;
  }

  /** Closes the direction to the client in good order (FIN), however much the server still has to say. The other stays open. */
  halfClose(): void {
    this.#allowance = 0;
    this.#client.end();
  }

  /** Lets `bytes` more pass to the client, then resets the connection. */
  truncate(bytes: number): void {
    this.#allowance = bytes;
  }

  #allowed(chunk: Buffer): Buffer {
    const allowed = chunk.subarray(0, this.#allowance);
    this.#allowance -= allowed.length;
    return allowed;
  }

  async #pass(from: net.Socket, to: net.Socket, allowed: (chunk: Buffer) => Buffer): Promise<void> {
    const { signal } = this.#over;
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#stall?.promise;
        if (this.delay > 0) await sleep(this.#clock, this.delay, signal);
        if (signal.aborted) return;
        // What comes after a half-close is lost on the way.
        if (to.writableEnded) continue;
        const part = allowed(chunk);
        const room = to.write(part);
        if (part.length < chunk.length) {
          // What was written has to arrive before the reset overtakes it.
          if (!room) await once(to, 'drain', { signal });
          setImmediate(() => this.reset());
          return;
        }
        if (!room) await once(to, 'drain', { signal });
      }
      if (!to.writableEnded) to.end();
    } catch {
      // The socket broke, or the wait for it was ended by a reset: either way nothing can pass any more.
      this.reset();
    }
  }
}
