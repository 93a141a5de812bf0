import { createController, LeaderElector, SharedInformerFactory } from 'kube-informer';
import { exportMetrics } from 'kube-informer/prometheus';
import { openCluster, pod, until } from './ladder/cluster.ts';
import { serveProbes } from './ladder/probes.ts';

/** What runs a controller in production asks of it: only one of its replicas works, and each can be asked how it is. */
await using cluster = await openCluster([pod('api'), pod('web')]);
await using factory = new SharedInformerFactory(cluster.kubeConfig);
const pods = factory.core.v1.pods();
const elector = new LeaderElector({
  client: factory.client,
  namespace: 'shop',
  name: 'reporter',
  identity: 'replica-1',
});
const reported = new Set<string>();
const controller = createController({
  name: 'reporter',
  informers: [pods],
  leaderElection: elector,
  reconcile: async ({ name }) => void reported.add(name),
});

const stop = exportMetrics({ informers: () => [pods] });
const probes = await serveProbes({ isAlive: () => elector.isHealthy(), isReady: () => pods.hasSynced() });
console.log('ready before the start:', (await probes.ask('/readyz')).status);

factory.start(cluster.signal);
const running = [elector.run(cluster.signal), controller.run(cluster.signal)];
await cluster.story(async () => {
  await until(() => reported.size === 2);
  console.log('leader:', elector.leader, 'of term', elector.transitions);
  for (const path of ['/healthz', '/readyz']) console.log(path, (await probes.ask(path)).status);
  const { text } = await probes.ask('/metrics');
  for (const line of text.match(/^(leader_election_master_status|workqueue_depth|informer_objects)\{.*$/gm) ?? []) {
    console.log(line);
  }
});
await Promise.all(running);
stop();
await probes.close();

// ready before the start: 503
// leader: replica-1 of term 0
// /healthz 200
// /readyz 200
// workqueue_depth{name="reporter"} 0
// leader_election_master_status{name="reporter"} 1
// informer_objects{name="v1/pods"} 2
