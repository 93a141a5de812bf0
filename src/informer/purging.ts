import type { KubeObject } from '../kubernetes/index.ts';
import { type Indexer, NAMESPACE_INDEX } from '../store/index.ts';
import type { DeleteEvent } from './events.ts';
import type { Steps } from './replacing.ts';

/** Objects between two places to be interrupted. */
const stride = 64;

export interface PurgingOptions<T extends KubeObject> {
  readonly namespace: string;
  readonly indexer: Pick<Indexer<T>, 'get' | 'indexKeys'>;
  /** Told of each object just before it is removed. */
  readonly untold: (event: DeleteEvent<T>) => void;
  /** Takes an object out of the cache. */
  readonly remove: (key: string) => void;
  /** Hands on what it was told. */
  readonly flush: () => void;
}

/** Takes the objects of a namespace that is no longer watched out of the cache. */
export function* purging<T extends KubeObject>({
  namespace,
  indexer,
  untold,
  remove,
  flush,
}: PurgingOptions<T>): Steps {
  let count = 0;
  for (const key of Array.from(indexer.indexKeys(NAMESPACE_INDEX, namespace))) {
    untold({ type: 'delete', object: indexer.get(key)!, finalStateUnknown: false, leftScope: true });
    remove(key);
    if (++count % stride === 0) {
      flush();
      yield;
    }
  }
  flush();
}
