import type PQueue from 'p-queue';
import {
  type ApiResource,
  type Clock,
  type Indexers,
  type KubeClient,
  type KubeObject,
  type ListerWatcher,
  type Random,
  SharedIndexInformer,
} from '../../index.ts';
import type { WatcherConfig } from '../config/index.ts';
import type { Informer } from './cached-kind-options.ts';
import type { KindScope } from './kind-scope.ts';
import { isSecret } from './policy.ts';
import { redactSecret } from './redact.ts';

export interface InformerParts {
  readonly client: KubeClient;
  readonly config: Pick<WatcherConfig, 'cluster' | 'secrets'>;
  /** Through which whole states are fetched, a few at a time. */
  readonly lists: PQueue;
  readonly clock: Clock;
  readonly random: Random;
}

export interface InformerWish {
  readonly name: string;
  readonly resource: ApiResource;
  readonly scope: KindScope;
  readonly drop: readonly string[];
  readonly maxObjects: number | undefined;
  readonly indexers: Indexers<KubeObject>;
}

/** The informer under a cached kind. Values of Secrets are blanked before anything else sees them, unless they are wanted. */
export function makeInformer(
  parts: InformerParts,
  { name, resource, scope, drop, maxObjects, indexers }: InformerWish,
): Informer {
  const { client, config, lists, clock, random } = parts;
  const { labelSelector, fieldSelector, metadataOnly } = scope;
  const source = (namespace?: string): ListerWatcher<KubeObject> =>
    client.resource<KubeObject>(resource, {
      namespace,
      labelSelector,
      fieldSelector,
      as: metadataOnly ? 'metadata' : 'full',
      prune: drop,
      // Nobody here writes to what is cached: what blanks Secrets makes copies.
      share: true,
    });
  return new SharedIndexInformer<KubeObject, string>({
    name,
    listerWatcher: scope.namespaces === '*' ? source() : new Map(scope.namespaces.map((each) => [each, source(each)])),
    indexers,
    ...(isSecret(resource) && config.secrets === 'redacted' && { transform: redactSecret }),
    ...(maxObjects !== undefined && { maxObjects }),
    streamInitialState: config.cluster.watchList === 'auto',
    pageSize: config.cluster.pageSize,
    ...(!config.cluster.autoReconnect && { reconnects: 'onRequest' as const }),
    watchTimeout: config.cluster.watchTimeoutSeconds,
    admit: (run, signal) => lists.add(run, { signal }),
    clock,
    random,
  });
}
