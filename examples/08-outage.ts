import { keyOf, SharedInformerFactory } from 'kube-informer';
import { openCluster, pod, until } from './ladder/cluster.ts';

/** The server goes away and comes back, with less in it. The cache stays readable, and the handlers learn what they missed. */
await using cluster = await openCluster([pod('api'), pod('web')]);
const codes = new Set<string>();
await using factory = new SharedInformerFactory(cluster.kubeConfig, {
  backoff: { initial: 20, max: 100 },
  onError: ({ code }) => codes.add(code),
});
const pods = factory.core.v1.pods();
const handler = pods.addEventHandler({
  onDelete: (object, { finalStateUnknown }) => console.log('gone:', keyOf(object), { finalStateUnknown }),
});
factory.start(cluster.signal);
await factory.waitForCacheSync({ signal: cluster.signal });

await cluster.story(async (server) => {
  // Its watches break off. Nobody sees the deletion, and by the time that the server answers again its history is forgotten.
  server.faults.add({ match: { verb: 'watch' }, times: 1, action: { kind: 'status', code: 503 } });
  server.closeWatches();
  server.delete('pods', 'shop', 'web');
  server.compact();
  console.log('meanwhile:', pods.lister.list().length, 'pods are known');
  await until(() => pods.indexer.size === 1 && pods.status().connected && handler.lag === 0);
  console.log('it was said:', codes.has('ApiStatus'));
});

// meanwhile: 2 pods are known
// gone: shop/web { finalStateUnknown: true }
// it was said: true
