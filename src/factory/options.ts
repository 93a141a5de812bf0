import type { SharedIndexInformerOptions } from '../informer/index.ts';
import type { KubeObject, Projected, ProjectionPath } from '../kubernetes/index.ts';
import type { Clock, KubeInformerError, Random, Turns } from '../runtime/index.ts';
import type { Keep } from '../transport/index.ts';
import type { Namespaces } from './namespaces.ts';

/** Settings that every informer of a factory shares, unless it is asked for with others. */
export type InformerDefaults = Pick<
  SharedIndexInformerOptions<KubeObject>,
  | 'resyncPeriod'
  | 'immutability'
  | 'streamInitialState'
  | 'initialEventsTimeout'
  | 'idleTimeout'
  | 'watchTimeout'
  | 'pageSize'
  | 'backoff'
  | 'reconnects'
  | 'maxFailures'
  | 'whenNotServed'
  | 'maxObjects'
  | 'maxBytes'
>;

export interface InformerFactoryOptions extends InformerDefaults {
  /** Default `'*'`. Resources that are known to be cluster-scoped are not affected: built-in ones, and definitions that say so. */
  readonly namespaces?: Namespaces;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** How many whole states are fetched at the same time. Default 4. */
  readonly concurrentLists?: number;
  /** Told of everything that goes wrong, with the name of the informer. The informers deal with it themselves. */
  readonly onError?: (error: KubeInformerError, informer: string) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly turns?: Turns;
}

export interface ForResourceOptions<T extends KubeObject, Name extends string = never>
  extends InformerDefaults,
    Pick<SharedIndexInformerOptions<T, Name>, 'indexers' | 'transform' | 'name'> {
  /** Default: those of the factory. */
  readonly namespaces?: Namespaces;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /**
   * `metadata`: the metadata of the objects only, each as a `PartialObjectMetadata`. That is all the server sends; unless the whole objects are
   * watched already by an informer of this factory, which then is the source. Default `full`.
   */
  readonly as?: 'full' | 'metadata';
  /** Paths that are cut out of the bytes before they are parsed. Default `['metadata.managedFields']`. */
  readonly prune?: readonly string[];
  /**
   * Which objects are wanted, by what the metadata says: a shard by uid, say. The others are dropped before they are parsed. One whose labels
   * change so that it is no longer wanted is deleted from the cache, and handlers hear of a delete with `finalStateUnknown`. Default: all.
   */
  readonly keep?: Keep;
}

/** For an informer that keeps, beside what says which object it is, nothing but what `project` names. */
export interface ProjectedResourceOptions<T extends KubeObject, Path extends string, Name extends string = never>
  extends ForResourceOptions<Projected<T, Path>, Name> {
  /**
   * Paths of what is kept of each object beside `apiVersion`, `kind` and `metadata`: `spec.nodeName`, or `spec.containers[].image` for the
   * images in an array; a dot inside a key is written `\\.`. The rest is skipped before anything is parsed, and is not in the type either.
   * Of what is kept, the metadata included, `prune` is cut out.
   */
  readonly project: readonly ProjectionPath<T, Path>[];
  /** The server can't send less than all of an object whose spec is looked at. */
  readonly as?: 'full';
}

/** What an informer takes from the options of the factory as it is. */
export function settingsOf(options: InformerFactoryOptions) {
  const { namespaces, labelSelector, fieldSelector, concurrentLists, onError, ...settings } = options;
  return settings;
}
