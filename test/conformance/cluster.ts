import { isIP } from 'node:net';
import { type KubeConfigLike, loadKubeConfig } from '../../src/index.ts';
import { ApiServer } from '../../src/testing/index.ts';

/** The path of a kubeconfig: the suite then runs against that cluster, and against an embedded server else. */
const variable = 'CONFORMANCE_KUBECONFIG';

/** What the suite is run against. */
export interface Cluster extends AsyncDisposable {
  /** Of somebody who may do everything. */
  kubeConfig(): KubeConfigLike;
  /** Of somebody who is known and may do nothing. */
  powerless(): KubeConfigLike;
  /**
   * Has the cluster forget the past where it can be told to. No cluster remembers what was before a resource was defined, so tests
   * ask for that.
   */
  forget(): void;
  /** A watch with this `timeoutSeconds` is sent a bookmark before it ends. */
  readonly bookmarkSeconds: number;
}

/** Opens the cluster that the environment names. */
export async function openCluster(): Promise<Cluster> {
  const path = process.env[variable];
  return path ? new GivenCluster(await loadKubeConfig({ path })) : EmbeddedCluster.start();
}

/** Any cluster with a kubeconfig; its user must be allowed to impersonate. */
class GivenCluster implements Cluster {
  readonly bookmarkSeconds = 20;
  readonly #config: KubeConfigLike;

  constructor(config: KubeConfigLike) {
    this.#config = config;
  }

  kubeConfig(): KubeConfigLike {
    return this.#config;
  }

  powerless(): KubeConfigLike {
    return withHeaders(this.#config, { 'Impersonate-User': 'conformance-nobody' });
  }

  forget(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

class EmbeddedCluster implements Cluster {
  readonly bookmarkSeconds = 3;
  readonly #server: ApiServer;

  private constructor(server: ApiServer) {
    this.#server = server;
  }

  static async start(): Promise<EmbeddedCluster> {
    const server = await ApiServer.start({
      tls: true,
      tokens: { admin: 'admin', nobody: 'nobody' },
      authorize: ({ user }) => user.name === 'admin',
    });
    return new EmbeddedCluster(server);
  }

  kubeConfig(): KubeConfigLike {
    return this.#server.kubeConfig();
  }

  powerless(): KubeConfigLike {
    return withHeaders(this.kubeConfig(), { Authorization: 'Bearer nobody' });
  }

  forget(): void {
    this.#server.compact();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close();
  }
}

/** `config`, with more headers on each request. */
function withHeaders(config: KubeConfigLike, headers: Readonly<Record<string, string>>): KubeConfigLike {
  return {
    getCurrentCluster: () => config.getCurrentCluster(),
    async applyToHTTPSOptions(options) {
      await config.applyToHTTPSOptions(options);
      options.headers = { ...(options.headers as Record<string, string>), ...headers };
    },
  };
}

/** The same server with a token that `token` gives, which may change, in place of all other credentials. */
export function withToken(config: KubeConfigLike, token: () => string): KubeConfigLike {
  return {
    getCurrentCluster: () => config.getCurrentCluster(),
    async applyToHTTPSOptions(options) {
      const own = { ...options };
      await config.applyToHTTPSOptions(own);
      if (own.ca) options.ca = own.ca;
      if (own.servername) options.servername = own.servername;
      options.headers = { Authorization: `Bearer ${token()}` };
    },
  };
}

/** The same server by way of a port of this machine. */
export function via(config: KubeConfigLike, port: number): KubeConfigLike {
  return {
    getCurrentCluster() {
      const cluster = config.getCurrentCluster();
      if (!cluster) return null;
      const { protocol, hostname } = new URL(cluster.server);
      const tlsServerName = cluster.tlsServerName ?? (isIP(hostname) === 0 ? hostname : undefined);
      return { ...cluster, server: `${protocol}//127.0.0.1:${port}`, tlsServerName };
    },
    applyToHTTPSOptions: (options) => config.applyToHTTPSOptions(options),
  };
}

/** Where the server of `config` listens. */
export function addressOf(config: KubeConfigLike): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(config.getCurrentCluster()!.server);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (protocol === 'http:' ? 80 : 443)) };
}
