import type { ListerWatcher } from '../kubernetes/index.ts';
import type { DeltaFIFO } from '../queue/index.ts';
import type { ReflectorStore } from '../reflector/index.ts';
import { KubeInformerError, requireAtLeast } from '../runtime/index.ts';
import type { NamespaceSource } from './namespace-set.ts';

/** What an informer lists and watches whose namespaces change while it runs. */
export interface NamespacedListerWatcher<T> {
  readonly namespaces: NamespaceSource;
  /** What to list and watch for a namespace. With `clusterWideAbove` it is asked for `''` too, which stands for all of them. */
  readonly source: (namespace: string) => ListerWatcher<T>;
  /**
   * With more namespaces than this, all namespaces of the cluster are watched at once, and what is not wanted is dropped. With three quarters of
   * it, or less, each is watched alone again. Default: never.
   */
  readonly clusterWideAbove?: number;
}

/** What an informer lists and watches: one by one, by namespace (`''` stands for all of them), or as they come and go. */
export type Sources<T> = ReadonlyMap<string, ListerWatcher<T>> | NamespacedListerWatcher<T>;

/** @throws KubeInformerError `InvalidOption` */
export function sourcesOf<T>(source: ListerWatcher<T> | Sources<T>): Sources<T> {
  if ('namespaces' in source && 'source' in source) {
    requireAtLeast('clusterWideAbove', source.clusterWideAbove ?? 1, 1);
    return source;
  }
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

/** What an informer of `source` is called if it is given no name. */
export function descriptionOf<T>(sources: Sources<T>): string {
  if ('namespaces' in sources) return 'objects of a set of namespaces';
  return Array.from(sources.values(), ({ description }) => description).join(', ');
}

/** What the reflector of `scope` sees goes into its queue. */
export function storeOf<T>(queue: DeltaFIFO<T>, scope: string): ReflectorStore<T> {
  return {
    add: (object) => queue.add(object),
    update: (object) => queue.update(object),
    delete: (object) => queue.delete(object),
    forget: (key, resourceVersion) => queue.forget(key, resourceVersion),
    replace: (objects, resourceVersion, kept) => queue.replace(objects, resourceVersion, kept, scope),
    bookmark: (resourceVersion) => queue.bookmark(resourceVersion, scope),
    ready: () => queue.ready(),
  };
}
