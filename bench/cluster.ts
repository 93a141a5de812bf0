import { get, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import type { KubeConfigLike } from '../src/index.ts';

/** Where the server of a run is, and who we are to it. */
export interface Cluster {
  readonly url: string;
  /** For a server with TLS. */
  readonly ca?: string;
  readonly token?: string;
}

/** As an informer takes it; client-node stays out of the process, or its 1,228 modules would be measured too. */
export function kubeConfigOf({ url, ca, token }: Cluster): KubeConfigLike {
  return {
    getCurrentCluster: () => ({ name: 'bench', server: url, skipTLSVerify: false }),
    getCurrentContext: () => 'bench',
    applyToHTTPSOptions: async (options) => {
      if (ca) options.ca = ca;
      if (token) options.headers = { ...options.headers, authorization: `Bearer ${token}` };
    },
  };
}

/** One plain request. Returns what ends it. */
export function request(cluster: Cluster, path: string, onResponse: (response: IncomingMessage) => void): () => void {
  const { url, ca, token } = cluster;
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const sent = ca
    ? getTls(`${url}${path}`, { ca, headers }, onResponse)
    : get(`${url}${path}`, { headers }, onResponse);
  return () => void sent.destroy();
}
