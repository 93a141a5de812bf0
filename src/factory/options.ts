import type { SharedIndexInformerOptions } from '../informer/index.ts';
import type { KubeObject } from '../kubernetes/index.ts';
import type { Clock, KubeInformerError, Random, Turns } from '../runtime/index.ts';
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
  | 'maxFailures'
  | 'whenNotServed'
  | 'maxObjects'
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
}
