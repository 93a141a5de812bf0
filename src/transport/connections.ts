import type { PeerCertificate } from 'node:tls';
import type { HttpsProxyAgent } from 'https-proxy-agent';
import type { SocksProxyAgent } from 'socks-proxy-agent';
import { KubeInformerError } from '../runtime/index.ts';
import type { Credentials } from './credentials.ts';
import { type DialOptions, dialTls, hostOf, tcpKeepAliveDelay } from './dial.ts';
import { type Connection, closedError, type WireRequest, type WireResponse } from './exchange.ts';
import { createAgent, Http1Connection } from './http1.ts';
import { Http2Connection, ProtocolChanged } from './http2.ts';
import { nodeModules } from './node-modules.ts';

export interface ConnectionsOptions extends Omit<DialOptions, 'tls' | 'closing'> {
  /** `auto`: the server chooses, over TLS and without a proxy; HTTP/1.1 otherwise. */
  readonly http2: 'auto' | 'never';
}

/**
 * The kept connections of one client to one server. Requests with the same TLS content share them; when it changes, the old ones
 * run out.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  #current: { readonly tlsId: string; readonly connection: Connection } | undefined;
  readonly #all = new Set<Connection>();
  readonly #closing = new AbortController();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  for(credentials: Credentials): Connection {
    if (this.#current?.tlsId === credentials.tlsId) return this.#current.connection;
    const old = this.#current?.connection;
    old?.retire(() => this.#all.delete(old));
    const connection = this.#create({ ...this.#options, tls: credentials.tls, closing: this.#closing.signal });
    this.#all.add(connection);
    this.#current = { tlsId: credentials.tlsId, connection };
    return connection;
  }

  destroy(): void {
    this.#closing.abort();
    for (const connection of this.#all) connection.destroy();
    this.#all.clear();
  }

  #create(options: DialOptions): Connection {
    if (options.proxyUrl) return new DeferredConnection(() => throughProxy(options, options.proxyUrl!));
    if (this.#options.http2 === 'never' || options.origin.protocol === 'http:') {
      return new Http1Connection(options, createAgent(options));
    }
    return new DeferredConnection(() => negotiate(options));
  }
}

/** A connection whose kind shows only when it is made: on the first request, and again if that failed. */
class DeferredConnection implements Connection {
  readonly #make: () => Promise<Connection>;
  #chosen: Promise<Connection> | undefined;
  #made: Connection | undefined;
  #sending = 0;
  #destroyed = false;
  #onClosed: (() => void) | undefined;

  constructor(make: () => Promise<Connection>) {
    this.#make = make;
  }

  async send(request: WireRequest): Promise<WireResponse> {
    this.#sending++;
    try {
      const connection = await this.#choose();
      request.signal?.throwIfAborted();
      return await connection.send(request);
    } catch (thrown) {
      if (!(thrown instanceof ProtocolChanged)) throw thrown;
      this.#made?.destroy();
      this.#chosen = undefined;
      return await (await this.#choose()).send(request);
    } finally {
      this.#sending--;
      this.#retireIfIdle();
    }
  }

  retire(onClosed: () => void): void {
    this.#onClosed = onClosed;
    this.#retireIfIdle();
  }

  destroy(): void {
    this.#destroyed = true;
    this.#made?.destroy();
  }

  #choose(): Promise<Connection> {
    this.#chosen ??= this.#make().then(
      (made) => {
        this.#made = made;
        if (this.#destroyed) {
          made.destroy();
          throw closedError();
        }
        return made;
      },
      (thrown) => {
        this.#chosen = undefined;
        throw thrown;
      },
    );
    return this.#chosen;
  }

  #retireIfIdle(): void {
    if (!this.#onClosed || this.#sending > 0) return;
    const onClosed = this.#onClosed;
    this.#onClosed = undefined;
    if (this.#made) this.#made.retire(onClosed);
    else onClosed();
  }
}

async function negotiate(options: DialOptions): Promise<Connection> {
  const socket = await dialTls(options, ['h2', 'http/1.1']);
  if (socket.alpnProtocol === 'h2') return new Http2Connection(options, socket);
  return new Http1Connection(options, createAgent(options, socket));
}

async function throughProxy(options: DialOptions, proxyUrl: string): Promise<Connection> {
  const kept = { keepAlive: true, keepAliveMsecs: tcpKeepAliveDelay, noDelay: true };
  const scheme = /^(https?|socks)/.exec(proxyUrl)?.[1];
  if (scheme === undefined) {
    throw new KubeInformerError('InvalidKubeConfig', 'the proxy-url of the cluster is of no known kind', {
      hint: 'Write it as http://, https:// or socks5://host:port.',
    });
  }
  if (scheme === 'socks') {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    return new Http1Connection(options, checkingName(new SocksProxyAgent(proxyUrl, kept), options));
  }
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new Http1Connection(options, checkingName(new HttpsProxyAgent(proxyUrl, kept), options));
}

/**
 * Agents for proxies do not tell TLS the address of a server without a name, and it would check for "localhost". The check is put
 * here because an agent never uses a connection twice if the requests bring one along.
 */
function checkingName<A extends HttpsProxyAgent<string> | SocksProxyAgent>(agent: A, options: DialOptions): A {
  const name = options.tls.servername ?? hostOf(options.origin);
  const connect: A['connect'] = agent.connect.bind(agent);
  const check = {
    checkServerIdentity: (_host: string, peer: PeerCertificate) => nodeModules.tls.checkServerIdentity(name, peer),
  };
  // The options are the agent's own copy for this connection.
  agent.connect = (request, how) => connect(request, Object.assign(how, check));
  return agent;
}
