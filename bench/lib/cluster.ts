import { mkdir, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import path from 'node:path';
import type { KubeConfigLike } from '../../src/index.ts';

/** What the benchmarks build and write on the way; not in git. */
export const cache = path.join(import.meta.dirname, '..', '..', '.cache', 'bench');

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

/** As kubectl, client-node and other peers read it: JSON is YAML. */
export function kubeConfigText({ url, ca, token }: Cluster): string {
  // client-node refuses http unless told not to verify.
  const trust = ca
    ? { 'certificate-authority-data': Buffer.from(ca).toString('base64') }
    : { 'insecure-skip-tls-verify': true };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server: url, ...trust } }],
    users: [{ name: 'bench', user: token ? { token } : {} }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  });
}

/** The path of a file with it. */
export async function kubeConfigFile(cluster: Cluster): Promise<string> {
  await mkdir(cache, { recursive: true });
  const file = path.join(cache, `kubeconfig-${new URL(cluster.url).port}`);
  await writeFile(file, kubeConfigText(cluster), { mode: 0o600 });
  return file;
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
