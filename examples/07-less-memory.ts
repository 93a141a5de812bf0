import { SharedInformerFactory } from 'kube-informer';
import { openCluster, pod } from './ladder/cluster.ts';

/** What nobody reads need not be kept: metadata alone, or everything but a few paths. `managedFields` are never kept. */
await using cluster = await openCluster([{ ...pod('api'), data: 'x'.repeat(10_000) }]);
await using factory = new SharedInformerFactory(cluster.kubeConfig);

const names = factory.forResource({ group: '', version: 'v1', resource: 'pods' }, { as: 'metadata' });
const pruned = factory.core.v1.pods({ prune: ['status', 'metadata.annotations'] });
factory.start(cluster.signal);
await factory.waitForCacheSync({ signal: cluster.signal });

await cluster.story(() => {
  console.log(
    names.indexer.get('shop/api')?.kind,
    Object.keys(names.indexer.get('shop/api') ?? {})
      .sort()
      .join(' '),
  );
  console.log(pruned.indexer.get('shop/api')?.status, pruned.indexer.get('shop/api')?.spec?.nodeName);
});

// PartialObjectMetadata apiVersion kind metadata
// undefined worker-1
