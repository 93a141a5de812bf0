/** Checked by the compiler alone: both doors of a factory give informers of the right type. */
import type { DynamicSharedInformerFactory, SharedInformerFactory } from '../../src/factory/index.ts';
import { NamespaceSet, type SharedIndexInformer } from '../../src/informer/index.ts';
import type {
  BuiltInTypes,
  DeepReadonly,
  KubeObject,
  PartialObjectMetadata,
  ResourceDefinition,
} from '../../src/kubernetes/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type Pod = BuiltInTypes['core']['v1']['pods'];

interface Widget extends KubeObject {
  spec: { size: number };
}

export function uses(factory: SharedInformerFactory, dynamic: DynamicSharedInformerFactory): readonly true[] {
  const pods = factory.core.v1.pods();
  const pod = pods.lister.get('shop', 'blue')!;
  const node = pod.spec?.nodeName;
  const byNode = factory.core.v1.pods({ indexers: { node: ({ spec }) => [spec?.nodeName ?? ''] } });
  byNode.indexer.byIndex('node', 'worker-1');
  // @ts-expect-error no such index
  byNode.indexer.byIndex('zone', 'west');
  // @ts-expect-error no such resource
  factory.core.v1.widgets();
  // @ts-expect-error no such version
  factory.batch.v2;
  factory.core.v1.pods({ keep: { shard: { index: 0, of: 3 }, labels: 'app=web' } });
  // @ts-expect-error a shard is one of a number
  factory.core.v1.pods({ keep: { shard: { index: 0 } } });
  // @ts-expect-error no such filter
  factory.core.v1.pods({ keep: { name: 'blue' } });
  const keptMetadata = factory.core.v1.pods({ as: 'metadata', keep: { labels: 'app' } });
  // @ts-expect-error the server sends no spec, whatever is kept
  keptMetadata.lister.list()[0]?.spec;
  const keptNodes = factory.core.v1.pods({ project: ['spec.nodeName'], keep: { labels: 'app' } });
  keptNodes.lister.list()[0]?.spec?.nodeName;
  // @ts-expect-error not projected
  keptNodes.lister.list()[0]?.spec?.containers;
  const metadata = factory.apps.v1.deployments({ as: 'metadata' });
  // @ts-expect-error the server sends no spec
  metadata.lister.list()[0]?.spec;
  const scale = factory.autoscaling.v2.horizontalpodautoscalers().lister.list()[0]?.spec?.maxReplicas;

  const widget = { group: 'example.com', version: 'v1', resource: 'widgets' };
  const widgets = dynamic.forResource<Widget>(widget);
  const owned = dynamic.forResource<Widget, 'size'>(widget, { indexers: { size: ({ spec }) => [`${spec.size}`] } });
  owned.indexer.byIndex('size', '1');
  const defined = dynamic.forResource({} as ResourceDefinition<Widget>);
  const bare = dynamic.forResource(widget);
  const bareMetadata = dynamic.forResource({} as ResourceDefinition<Widget>, { as: 'metadata' });
  const either = dynamic.forResource(widget, { as: 'full' as 'full' | 'metadata' });
  // @ts-expect-error not the type of the objects
  dynamic.forResource<Widget>(widget, { transform: (object: Pod) => object });

  const view = factory.core.v1.pods({
    as: 'metadata',
    namespaces: ['shop'],
    indexers: { uid: ({ metadata: { uid } }) => [uid] },
  });
  view.indexer.byIndex('uid', 'u');
  view.addEventHandler({
    onUpdate: (before, after) => {
      // @ts-expect-error a view of metadata has no spec, whatever feeds it
      before.spec;
      return after.metadata.resourceVersion;
    },
    onDelete: (_object, { leftScope }) => {
      const claim: Equal<typeof leftScope, true | undefined> = true;
      return claim;
    },
  });
  const set = new NamespaceSet(['shop']);
  factory.core.v1.pods({ namespaces: set });
  factory.core.v1.pods({ namespaces: { namespaceSelector: { matchLabels: { team: 'a' } }, include: ['a-*'] } });
  // @ts-expect-error a selection has no such condition
  factory.core.v1.pods({ namespaces: { labelSelector: 'team=a' } });
  // @ts-expect-error no other word than '*'
  factory.core.v1.pods({ namespaces: 'shop' });

  const claims: [
    Equal<typeof pods, SharedIndexInformer<Pod>>,
    Equal<typeof pod, DeepReadonly<Pod>>,
    Equal<typeof node, string | undefined>,
    Equal<typeof byNode, SharedIndexInformer<Pod, 'node'>>,
    Equal<typeof metadata, SharedIndexInformer<PartialObjectMetadata>>,
    Equal<typeof scale, number | undefined>,
    Equal<typeof widgets, SharedIndexInformer<Widget>>,
    Equal<typeof owned, SharedIndexInformer<Widget, 'size'>>,
    Equal<typeof defined, SharedIndexInformer<Widget>>,
    Equal<typeof bare, SharedIndexInformer<KubeObject>>,
    Equal<typeof bareMetadata, SharedIndexInformer<PartialObjectMetadata>>,
    Equal<typeof either, SharedIndexInformer<KubeObject>>,
  ] = [true, true, true, true, true, true, true, true, true, true, true, true];
  return claims;
}
