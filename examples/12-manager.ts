import { type BuiltInTypes, findBuiltInResource, Manager, type ResourceDefinition } from 'kube-informer';
import { openCluster, pod, until } from './ladder/cluster.ts';

/** Watches on behalf of others: each owner says what it wants to hear of; the manager shares what that takes, and says how it is. */
const gvr = findBuiltInResource({ group: '', version: 'v1', resource: 'pods' }) as ResourceDefinition<
  BuiltInTypes['core']['v1']['pods']
>;
await using cluster = await openCluster([pod('api'), pod('web')]);
await using manager = new Manager({ client: cluster.kubeConfig });
manager.start();

const app = (name: string) => ({ group: 'shop.io', kind: 'App', namespace: 'shop', name });
const heard: string[] = [];
const ask = (name: string) =>
  manager.add({
    owner: app(name),
    target: { gvr, namespace: 'shop', name: 'web' },
    handlers: { onUpdate: (_old, { status }) => void heard.push(`${name} hears: ${status?.phase}`) },
  });
const blue = await ask('blue');
await ask('green');

await cluster.story(async (server) => {
  console.log(manager.health().watches, 'watches,', server.requests.count({ verb: 'watch' }), 'upstream');
  server.patchObject('pods', 'shop', 'web', { status: { phase: 'Failed' } });
  await until(() => heard.length === 2);

  // An owner is gone, and with it whatever it wanted.
  await manager.stopForOwner(app('green'));
  server.patchObject('pods', 'shop', 'web', { status: { phase: 'Running' } });
  await until(() => heard.length === 3);
  for (const line of heard) console.log(line);

  const conditions = blue.status().conditions.filter(({ status }) => status === 'True');
  console.log(conditions.map(({ type }) => type).join(' '));
  console.log(manager.health().sources);
});

// 2 watches, 1 upstream
// blue hears: Failed
// green hears: Failed
// blue hears: Running
// Synced Connected TargetFound Fresh HandlerHealthy
// { healthy: 1 }
