import type { WatcherConfigInput } from 'kube-informer/watcher';

/** What the watcher of the shop caches, and whom it tells. */
export function shopConfig(port: number, receivers: string): WatcherConfigInput {
  const target = { version: 'v1', kind: 'Pod' };
  return {
    server: { port },
    watches: [
      { name: 'pods', target, indexes: [{ name: 'byNode', path: 'spec.nodeName' }] },
      { name: 'deployments', target: { group: 'apps', version: 'v1', kind: 'Deployment' } },
      { name: 'replicasets', target: { group: 'apps', version: 'v1', kind: 'ReplicaSet' } },
    ],
    subscriptions: [
      { name: 'billing', match: { target }, sinks: [{ type: 'webhook', url: `${receivers}/billing` }] },
      { name: 'search-index', match: { target }, sinks: [{ type: 'webhook', url: `${receivers}/search` }] },
    ],
    egress: { allow: ['127.0.0.1'] },
  };
}
