import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** Files in PEM. */
export interface TlsFiles {
  /** Who may sign the certificate of the receiver, in place of the authorities that Node knows. */
  readonly caFile?: string | undefined;
  /** Who we are; with `keyFile`. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Rejects if a file can't be read. */
export async function readTlsFiles({ caFile, certFile, keyFile }: TlsFiles): Promise<TlsMaterial> {
  const read = async (file: string | undefined) => (file === undefined ? undefined : readFile(file, 'utf8'));
  const [ca, cert, key] = await Promise.all([read(caFile), read(certFile), read(keyFile)]);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

/** Options that have a certificate checked for a host, wherever the connection is to; names of addresses can't be asked for. */
export function verifiedAs(host: string): { readonly host: string; readonly servername?: string } {
  return isIP(host) === 0 ? { host, servername: host } : { host };
}
