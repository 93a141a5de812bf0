import { keyOf, SharedInformerFactory } from 'kube-informer';
import { caughtUp, openCluster, pod } from './ladder/cluster.ts';

/** One watch for many readers; who comes late is told what is there, who goes is told no more. */
await using cluster = await openCluster([pod('api')]);
await using factory = new SharedInformerFactory(cluster.kubeConfig);
const pods = factory.core.v1.pods();
const first = pods.addEventHandler(({ type, object }) => console.log('first:', type, keyOf(object)), { name: 'first' });
factory.start(cluster.signal);
await factory.waitForCacheSync({ signal: cluster.signal });

await cluster.story(async (server) => {
  // The same informer, also when another part of the program asks for it.
  const late = factory.core.v1.pods().addEventHandler(
    {
      onAdd: (object) => console.log('late: add', keyOf(object)),
      onClose: () => console.log('late: closed'),
    },
    { name: 'late' },
  );
  await late.ready;
  await late.remove();
  server.create(pod('web'));
  await caughtUp(server, pods, first);
  console.log('watches that the server saw:', server.watches);
});

// first: add shop/api
// late: add shop/api
// late: closed
// first: add shop/web
// watches that the server saw: 1
