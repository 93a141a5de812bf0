import { keyOf, SharedInformerFactory } from 'kube-informer';
import { caughtUp, openCluster, pod } from './ladder/cluster.ts';

/** One informer: what is there, what comes, what changes, what goes. */
await using cluster = await openCluster([pod('api'), pod('web')]);

await using factory = new SharedInformerFactory(cluster.kubeConfig, {
  onError: (error) => console.error(error.message),
});
const pods = factory.core.v1.pods();
const handler = pods.addEventHandler({
  onAdd: (object, { isInInitialList }) => console.log(isInInitialList ? 'there is' : 'new:', keyOf(object)),
  onUpdate: (old, object) => console.log('changed:', keyOf(object), old.status?.phase, '->', object.status?.phase),
  onDelete: (object) => console.log('gone:', keyOf(object)),
});

factory.start(cluster.signal);
await factory.waitForCacheSync({ signal: cluster.signal });
await handler.ready;
console.log(pods.lister.namespace('shop').list().length, 'pods in shop, and no request needed to know');

await cluster.story(async (server) => {
  server.create(pod('batch'));
  server.patchObject('pods', 'shop', 'batch', { status: { phase: 'Succeeded' } });
  server.delete('pods', 'shop', 'batch');
  await caughtUp(server, pods, handler);
});

// there is shop/api
// there is shop/web
// 2 pods in shop, and no request needed to know
// new: shop/batch
// changed: shop/batch Running -> Succeeded
// gone: shop/batch
