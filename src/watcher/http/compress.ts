import { gzip } from 'node:zlib';

/** Smaller answers are sent as they are, which is faster: as large as an API server has it, bytes. */
export const gzipThreshold = 131_072;

/** Whether an `Accept-Encoding` header allows gzip. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  return header.split(',').some((clause) => {
    const [coding, weight = 'q=1'] = clause.split(';').map((part) => part.trim().toLowerCase());
    return (coding === 'gzip' || coding === '*') && !/^q=0(\.0*)?$/.test(weight);
  });
}

/** Packs bytes, outside of the main thread. */
export function gzipped(body: readonly Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(Buffer.concat([...body]), { level: 1 }, (error, packed) => (error ? reject(error) : resolve(packed)));
  });
}
