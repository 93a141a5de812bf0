import { readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions as HttpsRequestOptions } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { asKubeInformerError, messageOf } from '../runtime/index.ts';
import type { ClusterLike, KubeConfigLike } from './kubeconfig.ts';
import { nodeModules } from './node-modules.ts';

/** What a TLS connection to the server is made with. */
export interface TlsMaterial extends Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase'> {
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
}

/** What authenticates one request. Never logged, never part of an error. */
export interface Credentials {
  readonly headers: OutgoingHttpHeaders;
  readonly tls: TlsMaterial;
  /** A hash of `tls`: connections are shared by requests with the same one. */
  readonly tlsId: string;
  /** A hash of everything, to tell whether a refresh brought anything new. */
  readonly id: string;
}

/**
 * Asks the kubeconfig for credentials, once at a time: requests that come while it is asked share the answer, so that an
 * expired exec token starts one process and not one for each request.
 */
export class CredentialSource {
  readonly #kubeConfig: KubeConfigLike;
  #asking: Promise<Credentials> | undefined;
  #refreshing: Promise<Credentials> | undefined;

  constructor(kubeConfig: KubeConfigLike) {
    this.#kubeConfig = kubeConfig;
  }

  /** @throws KubeInformerError `AuthenticationFailed` */
  get(cluster: ClusterLike): Promise<Credentials> {
    if (this.#refreshing) return this.#refreshing;
    this.#asking ??= this.#obtain(cluster).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Credentials obtained after the call, for a request that was refused with 401. */
  refresh(cluster: ClusterLike): Promise<Credentials> {
    this.#refreshing ??= this.#refresh(cluster).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(cluster: ClusterLike): Promise<Credentials> {
    this.#kubeConfig.invalidateCredentials?.();
    return this.#obtain(cluster);
  }

  async #obtain(cluster: ClusterLike): Promise<Credentials> {
    const options: HttpsRequestOptions = { headers: {} };
    try {
      await this.#kubeConfig.applyToHTTPSOptions(options);
    } catch (thrown) {
      if (!isRefusalOfPlainHttp(cluster, thrown)) {
        throw asKubeInformerError(
          thrown,
          'AuthenticationFailed',
          `credentials for cluster ${cluster.name} could not be obtained`,
          'Check the user of the kubeconfig: its exec plugin, token file, certificate files or identity provider.',
        );
      }
    }
    const tls = await tlsMaterial(cluster, options);
    const headers = headersOf(options);
    const tlsId = hash(tls);
    return { headers, tls, tlsId, id: hash([tlsId, headers]) };
  }
}

/**
 * client-node refuses `http:` servers unless `skipTLSVerify` is set, but only after it has filled in the headers. There
 * is nothing to verify on such a connection, so the refusal protects from nothing that the URL does not already say.
 */
function isRefusalOfPlainHttp(cluster: ClusterLike, thrown: unknown): boolean {
  return cluster.server.startsWith('http:') && /HTTP protocol is not allowed/i.test(messageOf(thrown));
}

async function tlsMaterial(cluster: ClusterLike, options: HttpsRequestOptions): Promise<TlsMaterial> {
  // For a context without a user client-node fills in nothing, not even the authority of the cluster.
  const ca = options.ca ?? (await authorityOf(cluster));
  const rejectUnauthorized = options.rejectUnauthorized ?? (cluster.skipTLSVerify ? false : undefined);
  const servername = options.servername ?? cluster.tlsServerName;
  return {
    ...(ca !== undefined && { ca }),
    ...(options.cert !== undefined && { cert: options.cert }),
    ...(options.key !== undefined && { key: options.key }),
    ...(options.pfx !== undefined && { pfx: options.pfx }),
    ...(options.passphrase !== undefined && { passphrase: options.passphrase }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    ...(servername !== undefined && servername !== '' && { servername }),
  };
}

async function authorityOf(cluster: ClusterLike): Promise<Buffer | undefined> {
  if (cluster.caData) return Buffer.from(cluster.caData, 'base64');
  if (!cluster.caFile) return undefined;
  try {
    return await readFile(cluster.caFile);
  } catch (thrown) {
    throw asKubeInformerError(
      thrown,
      'InvalidKubeConfig',
      `the certificate authority of cluster ${cluster.name} could not be read`,
      `Check the file ${cluster.caFile}.`,
    );
  }
}

function headersOf(options: HttpsRequestOptions): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = value as OutgoingHttpHeaders[string];
  }
  if (options.auth && headers.authorization === undefined) {
    headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  return headers;
}

function hash(value: unknown): string {
  return nodeModules.crypto
    .createHash('sha256')
    .update(
      JSON.stringify(value, (_key, part) => (part instanceof Uint8Array ? Buffer.from(part).toString('base64') : part)),
    )
    .digest('base64');
}
