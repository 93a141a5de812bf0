import type { ListerWatcher } from '../kubernetes/index.ts';
import type { DeltaFIFO } from '../queue/index.ts';
import type { ReflectorStore } from '../reflector/index.ts';
import { KubeInformerError } from '../runtime/index.ts';

/**
 * What an informer lists and watches, by namespace; `''` stands for all of them.
 *
 * @throws KubeInformerError `InvalidOption`
 */
export function sourcesOf<T>(
  source: ListerWatcher<T> | ReadonlyMap<string, ListerWatcher<T>>,
): ReadonlyMap<string, ListerWatcher<T>> {
  if (!(source instanceof Map)) return new Map([['', source as ListerWatcher<T>]]);
  if (source.size === 0) {
    throw new KubeInformerError('InvalidOption', 'an informer needs at least one namespace to watch', {
      hint: 'Name the namespaces, or give one lister-watcher for all of them.',
    });
  }
  if (source.size > 1 && source.has('')) {
    throw new KubeInformerError('InvalidOption', 'an informer watches all namespaces or some, not both', {
      hint: 'Leave out the namespace "", or all others.',
    });
  }
  return source;
}

/** What the reflector of `scope` sees goes into the queue that all of them share. */
export function storeOf<T>(queue: DeltaFIFO<T>, scope: string): ReflectorStore<T> {
  return {
    add: (object) => queue.add(object),
    update: (object) => queue.update(object),
    delete: (object) => queue.delete(object),
    forget: (key) => queue.forget(key),
    replace: (objects, resourceVersion, kept) => queue.replace(objects, resourceVersion, kept, scope),
    bookmark: (resourceVersion) => queue.bookmark(resourceVersion, scope),
    ready: () => queue.ready(),
  };
}
