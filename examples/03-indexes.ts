import { keyOf, parseLabelSelector, SharedInformerFactory } from 'kube-informer';
import { openCluster, pod } from './ladder/cluster.ts';

/** Questions that the cache answers without looking at every object. */
await using cluster = await openCluster([
  pod('api', 'worker-1', { app: 'api' }),
  pod('web', 'worker-2', { app: 'web', canary: 'true' }),
  pod('log', 'worker-2', { app: 'log' }, 'system'),
]);
await using factory = new SharedInformerFactory(cluster.kubeConfig);

// The names of the indexes become part of the type: `byIndex('nodes', …)` does not compile.
const pods = factory.core.v1.pods().addIndexers({
  node: ({ spec }) => (spec?.nodeName === undefined ? [] : [spec.nodeName]),
  image: ({ spec }) => spec?.containers.flatMap(({ image }) => image ?? []) ?? [],
});
factory.start(cluster.signal);
await factory.waitForCacheSync({ signal: cluster.signal });

await cluster.story(() => {
  const keys = (objects: Iterable<{ metadata: { namespace?: string; name: string } }>) =>
    [...objects].map(keyOf).sort().join(' ');
  console.log('by key:        ', pods.indexer.get('shop/api')?.spec?.nodeName);
  console.log('in a namespace:', keys(pods.lister.namespace('shop').list()));
  console.log('by labels:     ', keys(pods.lister.list({ selector: parseLabelSelector('app in (web, log),!canary') })));
  console.log('on a node:     ', keys(pods.indexer.byIndex('node', 'worker-2')));
  console.log('of an image:   ', keys(pods.indexer.byIndex('image', 'shop:1')));
});

// by key:         worker-1
// in a namespace: shop/api shop/web
// by labels:      system/log
// on a node:      shop/web system/log
// of an image:    shop/api shop/web system/log
