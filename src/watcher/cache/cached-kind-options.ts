import type { ApiResource, Clock, Indexers, KubeInformerError, KubeObject, SharedIndexInformer } from '../../index.ts';
import type { KindScope } from './kind-scope.ts';
import type { KindOrigin } from './kind-status.ts';

export type Informer = SharedIndexInformer<KubeObject, string>;

export interface CachedKindOptions {
  readonly key: string;
  readonly resource: ApiResource;
  readonly scope: KindScope;
  readonly origin: KindOrigin;
  readonly logLength: number;
  readonly clock: Clock;
  readonly makeInformer: (indexers: Indexers<KubeObject>) => Informer;
  readonly onError: (error: KubeInformerError) => void;
}
