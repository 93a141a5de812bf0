import { createController, enqueueOwner, SharedInformerFactory, sourceOf } from 'kube-informer';
import { openCluster, pod, until } from './ladder/cluster.ts';

/** The loop of an operator: for each Deployment, look at the caches and make the world as it should be. */
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { namespace: 'shop', name: 'web', uid: 'u-1' },
};
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u-1', controller: true };
const owned = (name: string) => ({ ...pod(name), metadata: { namespace: 'shop', name, ownerReferences: [owner] } });

await using cluster = await openCluster([{ ...deployment, spec: { replicas: 2, selector: {} } }, owned('web-1')]);
await using factory = new SharedInformerFactory(cluster.kubeConfig);
const replicaSets = factory.apps.v1.replicasets();
const pods = factory.core.v1.pods().addIndexers({
  owner: ({ metadata }) => metadata.ownerReferences?.map(({ kind, name }) => `${kind}/${name}`) ?? [],
});

let settled = false;
const controller = createController({
  name: 'replicas',
  sources: [replicaSets, sourceOf(pods, { map: enqueueOwner({ group: 'apps', kind: 'ReplicaSet' }) })],
  reconcile: async ({ namespace = '', name }) => {
    const wanted = replicaSets.lister.namespace(namespace).get(name)?.spec?.replicas ?? 0;
    const there = [...pods.indexer.byIndex('owner', `ReplicaSet/${name}`)].length;
    console.log(`${namespace}/${name}: ${there} of ${wanted}`);
    settled = there === wanted;
    if (there < wanted) {
      const resource = factory.client.resource({ group: '', version: 'v1', resource: 'pods' }, { namespace });
      await resource.create(owned(`web-${there + 1}`));
    }
  },
});
factory.start(cluster.signal);
const running = controller.run(cluster.signal);
await cluster.story(() => until(() => settled));
await running;

// shop/web: 1 of 2
// shop/web: 2 of 2
