import { keyOf, SharedInformerFactory, waitFor } from 'kube-informer';
import { openCluster, pod, until } from './ladder/cluster.ts';

/** The same events as a stream, and a promise for the one you are waiting for. */
await using cluster = await openCluster([pod('api')]);
await using factory = new SharedInformerFactory(cluster.kubeConfig);
const pods = factory.core.v1.pods();
factory.start(cluster.signal);

let seen = 0;
const reading = (async () => {
  // A loop that takes its time holds back nobody else. `break`, or the signal, ends it.
  for await (const { type, object } of pods.events({ signal: cluster.signal })) {
    console.log(type, keyOf(object));
    seen += 1;
  }
})();

await factory.waitForCacheSync({ signal: cluster.signal });

await cluster.story(async (server) => {
  const running = waitFor(pods, ({ type, object }) => type === 'delete' && object.metadata.name === 'web', {
    timeout: 5_000,
  });
  server.create(pod('web'));
  server.delete('pods', 'shop', 'web');
  const { object } = await running;
  await until(() => seen === 3);
  console.log('it ran on', object.spec?.nodeName);
});
await reading;

// add shop/api
// add shop/web
// delete shop/web
// it ran on worker-1
