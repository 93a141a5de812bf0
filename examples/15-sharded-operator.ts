import { ApiStatusError, type BuiltInTypes, createController, SharedInformerFactory } from 'kube-informer';
import { openCluster, until } from './ladder/cluster.ts';

/** An operator in two replicas, and no leader: each keeps its shard of the Deployments, by their uids, and works for those. */
const names = Array.from({ length: 20 }, (_, index) => `app-${index}`);
const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'shop', name },
});
await using cluster = await openCluster(names.map(deployment));
type ConfigMap = BuiltInTypes['core']['v1']['configmaps'];
const configMaps = { group: '', version: 'v1', resource: 'configmaps' };

/** What one replica is; in a StatefulSet `index` is at the end of the host's name. */
function startReplica(index: number, of: number) {
  const factory = new SharedInformerFactory(cluster.kubeConfig);
  const deployments = factory.apps.v1.deployments({ keep: { shard: { index, of } } });
  const controller = createController({
    name: `config-${index}`,
    informers: [deployments],
    // Each Deployment is to have a ConfigMap of its name.
    reconcile: async ({ namespace = '', name }) => {
      const data = { by: `replica-${index}` };
      const wanted = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
      await factory.client
        .resource(configMaps, { namespace })
        .create(wanted)
        .catch((thrown) => {
          // One that is there already, of an earlier run, is as good.
          if (!(thrown instanceof ApiStatusError) || thrown.status.reason !== 'AlreadyExists') throw thrown;
        });
    },
  });
  factory.start(cluster.signal);
  return { factory, deployments, running: controller.run(cluster.signal) };
}
const replicas = [startReplica(0, 2), startReplica(1, 2)];

await cluster.story(async (server) => {
  const made = () => server.list<ConfigMap>('configmaps', { namespace: 'shop' });
  await until(() => made().length === names.length);
  const makers = new Set(made().map(({ data }) => data?.by));
  console.log(made().length, 'ConfigMaps, by', [...makers].sort());
  const cached = replicas.map(({ deployments }) => deployments.indexer.size);
  console.log('Deployments in one cache or the other:', cached[0]! + cached[1]!);
  console.log('requests to make them:', server.requests.count({ resource: 'configmaps', verb: 'create' }));
});
for (const { factory, running } of replicas) {
  await running;
  await factory[Symbol.asyncDispose]();
}

// 20 ConfigMaps, by [ 'replica-0', 'replica-1' ]
// Deployments in one cache or the other: 20
// requests to make them: 20
