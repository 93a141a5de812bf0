import { type BuiltInTypes, labelsChanged, pipeline, SharedInformerFactory } from 'kube-informer';
import { caughtUp, openCluster, pod } from './ladder/cluster.ts';

/** Only what matters to you: selected, compared, reduced. */
await using cluster = await openCluster([
  pod('api', 'worker-1', { app: 'api' }),
  pod('web', 'worker-1', { app: 'web' }),
]);
await using factory = new SharedInformerFactory(cluster.kubeConfig);
const pods = factory.core.v1.pods();
const handler = pods.addEventHandler(
  pipeline<BuiltInTypes['core']['v1']['pods']>()
    .matching('app=web')
    .changed(labelsChanged)
    .project(['metadata.name', 'metadata.labels'])
    .to(({ type, object }) => console.log(type, object.metadata.name, JSON.stringify(object.metadata.labels))),
);
factory.start(cluster.signal);
await factory.waitForCacheSync({ signal: cluster.signal });

await cluster.story(async (server) => {
  server.patchObject('pods', 'shop', 'web', { status: { phase: 'Failed' } });
  server.patchObject('pods', 'shop', 'web', { metadata: { labels: { tier: 'front' } } });
  server.patchObject('pods', 'shop', 'api', { metadata: { labels: { tier: 'back' } } });
  await caughtUp(server, pods, handler);
});

// add web {"app":"web"}
// update web {"app":"web","tier":"front"}
