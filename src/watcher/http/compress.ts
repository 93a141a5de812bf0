import { gzip } from 'node:zlib';
import PQueue from 'p-queue';

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

/** As many as Node packs at a time. What waits costs nothing: bodies are shared with the cache, and are copied when it is their turn. */
const packing = new PQueue({ concurrency: 4 });

/** Packs bytes, outside of the main thread. @returns `undefined` if, when it is their turn, they are not wanted any more */
export function gzipped(body: readonly Buffer[], isWanted: () => boolean): Promise<Buffer | undefined> {
  return packing.add(() => (isWanted() ? pack(body) : undefined));
}

function pack(body: readonly Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(Buffer.concat([...body]), { level: 1 }, (error, packed) => (error ? reject(error) : resolve(packed)));
  });
}
