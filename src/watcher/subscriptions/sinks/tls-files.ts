import { readFile, stat } from 'node:fs/promises';
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

/** More is no certificate, bytes. */
const largest = 1 << 20;

/** Rejects if a file can't be read. */
export async function readTlsFiles({ caFile, certFile, keyFile }: TlsFiles): Promise<TlsMaterial> {
  const read = async (file: string | undefined) => (file === undefined ? undefined : readOne(file));
  const [ca, cert, key] = await Promise.all([read(caFile), read(certFile), read(keyFile)]);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

/** Which file it is says whoever may make a subscription: a pipe or a device would be read for ever. */
async function readOne(file: string): Promise<string> {
  const state = await stat(file);
  if (!state.isFile() || state.size > largest) throw new Error(`${file} is no file of up to ${largest} bytes`);
  return readFile(file, 'utf8');
}

/** Options that have a certificate checked for a host, wherever the connection is to; names of addresses can't be asked for. */
export function verifiedAs(host: string): { readonly host: string; readonly servername?: string } {
  return isIP(host) === 0 ? { host, servername: host } : { host };
}
