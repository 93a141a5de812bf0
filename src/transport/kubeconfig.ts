import type { RequestOptions as HttpsRequestOptions } from 'node:https';

/** The cluster of a kubeconfig, as far as a request needs it. */
export interface ClusterLike {
  readonly name: string;
  /** May carry a path prefix and a slash at its end. `http:` is allowed, and then nothing is encrypted. */
  readonly server: string;
  readonly skipTLSVerify?: boolean | undefined;
  readonly tlsServerName?: string | undefined;
  /** `http:`, `https:` or `socks[4|4a|5|5h]:`. */
  readonly proxyUrl?: string | undefined;
  /** Base64 of PEM. */
  readonly caData?: string | undefined;
  readonly caFile?: string | undefined;
}

export interface UserLike {
  readonly name: string;
}

export interface ContextLike {
  readonly name: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string | undefined;
}

/**
 * What this library needs of a kubeconfig. `KubeConfig` of `@kubernetes/client-node` 1.4 and 2.x fits; so does anything
 * else with these methods. It is asked anew on every request, so that rotated credentials are used at once.
 */
export interface KubeConfigLike {
  getCurrentCluster(): ClusterLike | null;
  getCurrentUser?(): UserLike | null;
  getCurrentContext?(): string;
  getContextObject?(name: string): ContextLike | null;
  /**
   * Fills in what authenticates a request. Read from it: `ca`, `cert`, `key`, `pfx`, `passphrase`, `rejectUnauthorized`,
   * `servername`, `headers`, `auth`. An `agent` is ignored, because connections are kept here.
   */
  applyToHTTPSOptions(options: HttpsRequestOptions): Promise<void>;
  /** Called after a 401: the next `applyToHTTPSOptions` must obtain credentials anew instead of from a cache. */
  invalidateCredentials?(): void;
}
