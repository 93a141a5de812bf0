import { enqueueTo, RateLimitingQueue, type Request, requestKey, SharedInformerFactory } from 'kube-informer';
import { openCluster, pod } from './ladder/cluster.ts';

/** From events to work: keys, each once however often it was added, tried again later when it failed. */
await using cluster = await openCluster([pod('api'), pod('web')]);
await using factory = new SharedInformerFactory(cluster.kubeConfig);
const queue = new RateLimitingQueue<Request>({ keyOf: requestKey });
const pods = factory.core.v1.pods();
pods.addEventHandler(enqueueTo(queue));
factory.start(cluster.signal);
await factory.waitForCacheSync({ signal: cluster.signal });

const failures = new Set(['web']);
await cluster.story(async () => {
  for (let left = 2; left > 0; ) {
    const request = await queue.get(cluster.signal);
    if (!request) break;
    try {
      if (failures.delete(request.name)) throw new Error('not yet');
      console.log('done:', requestKey(request), 'after', queue.numRequeues(request), 'retries');
      queue.forget(request);
      left -= 1;
    } catch (error) {
      console.log('failed:', requestKey(request), String(error));
      queue.addRateLimited(request);
    } finally {
      queue.done(request);
    }
  }
  queue.shutDown();
});

// done: shop/api after 0 retries
// failed: shop/web Error: not yet
// done: shop/web after 1 retries
