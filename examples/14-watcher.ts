import { createWatcher } from 'kube-informer/watcher';
import { openCluster, pod, until } from './ladder/cluster.ts';
import { openReceiver } from './ladder/receiver.ts';

/** The resource watcher: a service that answers queries from its caches, and tells others of changes. */
await using receiver = await openReceiver();
await using cluster = await openCluster([pod('api', 'worker-1'), pod('web', 'worker-2')]);
await using watcher = await createWatcher(
  {
    server: { port: 0 },
    watches: [
      { name: 'pods', target: { version: 'v1', kind: 'Pod' }, indexes: [{ name: 'byNode', path: 'spec.nodeName' }] },
    ],
    subscriptions: [
      {
        name: 'failures',
        match: { target: { version: 'v1', kind: 'Pod' }, fieldSelector: 'status.phase=Failed' },
        initial: 'none',
        sinks: [{ type: 'webhook', url: receiver.url }],
      },
    ],
    // Without this: TLS only, and no addresses of this machine.
    egress: { allow: ['127.0.0.1'] },
  },
  { cluster: cluster.kubeConfig },
);
await watcher.ready(cluster.signal);

/** Whoever asks needs no library, and no connection to the API server. */
const pods = async (query: string) => {
  const response = await fetch(`${watcher.url}/cache/api/v1/namespaces/shop/pods?${query}`);
  const { items } = (await response.json()) as { items: { metadata: { name: string } }[] };
  return [query, items.map(({ metadata }) => metadata.name), response.headers.get('x-cache')];
};

await cluster.story(async (server) => {
  console.log(...(await pods('fieldSelector=spec.nodeName=worker-2')));
  server.patchObject('pods', 'shop', 'web', { status: { phase: 'Failed' } });
  await until(() => receiver.events.length === 1);
  for (const { type, subject } of receiver.events) console.log(type, subject);
  console.log(watcher.kinds().map(({ key, phase, objects }) => `${key} ${phase} ${objects}`));
});

// fieldSelector=spec.nodeName=worker-2 [ 'web' ] hit
// dev.kube-informer.object.added.v1 /api/v1/namespaces/shop/pods/web
// [ 'v1/pods live 2' ]
