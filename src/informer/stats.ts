import type { KubeObject } from '../kubernetes/index.ts';
import type { Indexer } from '../store/index.ts';
import type { InformerStatus } from './status.ts';

/** So many objects are looked at to estimate the size of all. */
const sampleSize = 100;

/** How big an informer is. */
export interface InformerStats {
  readonly name: string;
  readonly objects: number;
  /** Bytes of the objects as JSON, estimated from a sample of up to 100 of them. On the heap it is roughly the same again. */
  readonly approximateBytes: number;
  /** By index: how many values it has, and how many keys under all of them. */
  readonly indexes: ReadonlyMap<string, { readonly values: number; readonly keys: number }>;
  /** How far each handler is behind, in events. */
  readonly handlers: InformerStatus['handlers'];
}

/** What is read of an indexer here, whatever the names of its indexes. */
type Measured<T extends KubeObject> = Pick<
  Indexer<T, string>,
  'size' | 'values' | 'hasIndex' | 'indexValues' | 'indexKeys'
>;

export function statsOf<T extends KubeObject>(
  name: string,
  indexer: Measured<T>,
  indexNames: Iterable<string>,
  handlers: InformerStatus['handlers'],
): InformerStats {
  const indexes = new Map<string, { values: number; keys: number }>();
  for (const index of indexNames) {
    if (!indexer.hasIndex(index)) continue;
    let values = 0;
    let keys = 0;
    for (const value of indexer.indexValues(index)) {
      values++;
      keys += indexer.indexKeys(index, value).size;
    }
    indexes.set(index, { values, keys });
  }
  return { name, objects: indexer.size, approximateBytes: approximateBytes(indexer), indexes, handlers };
}

/** Objects of one age are alike, so the sample is spread over all of them. */
function approximateBytes<T extends KubeObject>(indexer: Measured<T>): number {
  const { size } = indexer;
  const step = Math.max(1, Math.floor(size / sampleSize));
  let at = 0;
  let sampled = 0;
  let bytes = 0;
  for (const object of indexer.values()) {
    if (at++ % step !== 0) continue;
    sampled++;
    bytes += Buffer.byteLength(JSON.stringify(object));
  }
  return sampled === 0 ? 0 : Math.round((bytes / sampled) * size);
}
