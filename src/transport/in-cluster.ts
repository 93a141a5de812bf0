import type { RequestOptions as HttpsRequestOptions } from 'node:https';
import { join } from 'node:path';
import { KubeInformerError, messageOf } from '../runtime/index.ts';
import type { ClusterLike, ContextLike, KubeConfigLike, UserLike } from './kubeconfig.ts';
import { WatchedFile } from './watched-file.ts';

export interface InClusterOptions {
  /** Where `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` are read. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The folder with `token`, `ca.crt` and `namespace`. Default: `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly directory?: string;
}

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The configuration of a pod: the service account that is mounted into it. Token and certificate authority are looked at before each
 * request and read again when their files have changed, so that neither the expiry of a bound token nor a new authority needs a
 * restart.
 *
 * @throws KubeInformerError `NotInCluster`, naming every variable and file that is missing
 */
export async function inClusterConfig(options: InClusterOptions = {}): Promise<KubeConfigLike> {
  const env = options.env ?? process.env;
  const directory = options.directory ?? serviceAccountDirectory;
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  const token = new WatchedFile(join(directory, 'token'));
  const authority = new WatchedFile(join(directory, 'ca.crt'));
  const missing: string[] = [];
  if (!host) missing.push('the variable KUBERNETES_SERVICE_HOST is not set');
  if (!port) missing.push('the variable KUBERNETES_SERVICE_PORT is not set');
  for (const file of [token, authority]) {
    try {
      const text = await file.read();
      if (text.trim() === '') missing.push(`the file ${file.path} is empty`);
    } catch (thrown) {
      missing.push(`the file ${file.path} can't be read (${messageOf(thrown)})`);
    }
  }
  if (!host || !port || missing.length > 0) {
    throw new KubeInformerError(
      'NotInCluster',
      `this process is in no pod with a service account: ${missing.join('; ')}`,
      {
        hint: 'Outside of a cluster use a kubeconfig; inside, do not set automountServiceAccountToken to false.',
      },
    );
  }
  const namespace = await new WatchedFile(join(directory, 'namespace')).read().catch(() => '');
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new InClusterConfig(server, token, authority, namespace.trim());
}

class InClusterConfig implements KubeConfigLike {
  readonly #cluster: ClusterLike;
  readonly #user: UserLike = { name: 'in-cluster' };
  readonly #context: ContextLike;
  readonly #token: WatchedFile;
  readonly #authority: WatchedFile;

  constructor(server: string, token: WatchedFile, authority: WatchedFile, namespace: string) {
    this.#cluster = { name: 'in-cluster', server, skipTLSVerify: false, caFile: authority.path };
    this.#context = { name: 'in-cluster', cluster: 'in-cluster', user: 'in-cluster', ...(namespace && { namespace }) };
    this.#token = token;
    this.#authority = authority;
  }

  getCurrentCluster(): ClusterLike {
    return this.#cluster;
  }

  getCurrentUser(): UserLike {
    return this.#user;
  }

  getCurrentContext(): string {
    return this.#context.name;
  }

  getContextObject(name: string): ContextLike | null {
    return name === this.#context.name ? this.#context : null;
  }

  async applyToHTTPSOptions(options: HttpsRequestOptions): Promise<void> {
    const token = (await this.#token.read()).trim();
    options.ca = await this.#authority.read();
    options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
  }

  invalidateCredentials(): void {
    this.#token.forget();
  }
}
