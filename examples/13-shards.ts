import { SharedInformerFactory } from 'kube-informer';
import { openCluster, pod } from './ladder/cluster.ts';

/** Three replicas share the work: each keeps its own shard of the objects, and does not even parse those of the others. */
const names = Array.from({ length: 60 }, (_, index) => `pod-${index}`);
await using cluster = await openCluster(names.map((name) => pod(name)));

// One process each, where it is not an example.
await using first = new SharedInformerFactory(cluster.kubeConfig);
await using second = new SharedInformerFactory(cluster.kubeConfig);
await using third = new SharedInformerFactory(cluster.kubeConfig);
const replicas = [first, second, third];
const shards = replicas.map((factory, index) => factory.core.v1.pods({ keep: { shard: { index, of: 3 } } }));
for (const factory of replicas) factory.start(cluster.signal);
for (const factory of replicas) await factory.waitForCacheSync({ signal: cluster.signal });

await cluster.story(() => {
  const held = shards.flatMap(({ indexer }) => indexer.list().map(({ metadata }) => metadata.name));
  console.log(held.length, 'objects,', new Set(held).size, 'different ones');
  console.log(
    'in every shard some:',
    shards.every(({ indexer }) => indexer.size > 0),
  );
});

// 60 objects, 60 different ones
// in every shard some: true
