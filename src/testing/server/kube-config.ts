import { writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';

/** What a client needs to know of a server. */
export interface KubeConfigParts {
  readonly server: string;
  /** PEM. */
  readonly ca?: string;
  readonly token?: string;
  /** PEM, both or none. */
  readonly clientCertificate?: string;
  readonly clientKey?: string;
}

const name = 'embedded';

/** A kubeconfig for one embedded server. It fits wherever this library, or client-node's generated clients, take one. */
export class ServerKubeConfig {
  readonly #parts: KubeConfigParts;

  constructor(parts: KubeConfigParts) {
    this.#parts = parts;
  }

  /** The server's address and, with TLS, its authority. */
  getCurrentCluster(): { name: string; server: string; skipTLSVerify: boolean; caData?: string } {
    const { server, ca } = this.#parts;
    return { name, server, skipTLSVerify: isPlain(server), ...(ca === undefined ? {} : { caData: base64(ca) }) };
  }

  /** The only user. */
  getCurrentUser(): { name: string } {
    return { name };
  }

  /** The name of the only context. */
  getCurrentContext(): string {
    return name;
  }

  /** The context of that name; `null` if it is another. */
  getContextObject(context: string): { name: string; cluster: string; user: string } | null {
    return context === name ? { name, cluster: name, user: name } : null;
  }

  /** Adds authority, client certificate and token to the options of a request. */
  async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    const { ca, token, clientCertificate, clientKey } = this.#parts;
    if (ca !== undefined) options.ca = ca;
    if (clientCertificate !== undefined) options.cert = clientCertificate;
    if (clientKey !== undefined) options.key = clientKey;
    if (token !== undefined) options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
  }

  /** JSON, which is YAML too. */
  toYaml(): string {
    const { server, ca, token, clientCertificate, clientKey } = this.#parts;
    const plain = isPlain(server) ? { 'insecure-skip-tls-verify': true } : {};
    const cluster = { server, ...plain, ...(ca === undefined ? {} : { 'certificate-authority-data': base64(ca) }) };
    const user = {
      ...(token === undefined ? {} : { token }),
      ...(clientCertificate === undefined ? {} : { 'client-certificate-data': base64(clientCertificate) }),
      ...(clientKey === undefined ? {} : { 'client-key-data': base64(clientKey) }),
    };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    };
    return `${JSON.stringify(config, undefined, 2)}\n`;
  }

  /** Writes the text to a file that only its owner can read. */
  write(path: string): Promise<void> {
    return writeFile(path, this.toYaml(), { mode: 0o600 });
  }
}

/** There is nothing to verify without TLS; client-node 2 wants that said. */
function isPlain(server: string): boolean {
  return server.startsWith('http:');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
