import * as http from 'node:http';
import * as https from 'node:https';
import type { Credentials } from './credentials.ts';
import type { Connection } from './exchange.ts';
import { Http1Connection } from './http1.ts';

/** Milliseconds of silence after which the operating system probes a connection. Below the idle limits of common load balancers. */
const tcpKeepAliveDelay = 30_000;

/** The kept connections of one client. Requests with the same TLS content share them; when it changes, the old ones run out. */
export class Connections {
  readonly #origin: URL;
  #current: { readonly tlsId: string; readonly connection: Connection } | undefined;
  readonly #all = new Set<Connection>();

  constructor(origin: URL) {
    this.#origin = origin;
  }

  for(credentials: Credentials): Connection {
    if (this.#current?.tlsId === credentials.tlsId) return this.#current.connection;
    this.#current?.connection.retire();
    const connection = this.#open(credentials);
    this.#all.add(connection);
    this.#current = { tlsId: credentials.tlsId, connection };
    return connection;
  }

  destroy(): void {
    for (const connection of this.#all) connection.destroy();
    this.#all.clear();
  }

  #open(credentials: Credentials): Connection {
    const kept = { keepAlive: true, keepAliveMsecs: tcpKeepAliveDelay, noDelay: true };
    const agent =
      this.#origin.protocol === 'https:' ? new https.Agent({ ...kept, ...credentials.tls }) : new http.Agent(kept);
    return new Http1Connection(this.#origin, agent);
  }
}
