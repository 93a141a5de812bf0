import { parseArgs } from 'node:util';
import { runUntil, signalFromProcess } from 'kube-informer';
import { createWatcher } from 'kube-informer/watcher';
import { shopConfig } from './watcher/config.ts';
import { openReceivers } from './watcher/receivers.ts';
import { happening, openShop } from './watcher/shop.ts';

/**
 * npm run demo:watcher [-- --duration 15] [--port 8080]
 *
 * The resource watcher on an API server of its own with a small shop in it. Prints where it listens, where its dashboard is, and lines to try. Ctrl-C ends it.
 */
const { values } = parseArgs({ options: { duration: { type: 'string' }, port: { type: 'string', default: '8080' } } });
const stopping: AbortSignal[] = [signalFromProcess()];
if (values.duration !== undefined) stopping.push(AbortSignal.timeout(Number(values.duration) * 1_000));
const signal = AbortSignal.any(stopping);

await using receivers = await openReceivers();
await using server = await openShop();
await using watcher = await createWatcher(shopConfig(Number(values.port), receivers.url), {
  cluster: server.kubeConfig(),
  onError: ({ message, hint }, source) => console.error(`${source}: ${message}\n  ${hint}`),
});
await watcher.ready(signal);

console.log(`the watcher listens on ${watcher.url} and has cached ${watcher.kinds().map(({ key }) => key)}

  ${watcher.url}/dashboard

  curl '${watcher.url}/cache/api/v1/namespaces/shop/pods?fieldSelector=spec.nodeName%3Dnode-1'
  curl -N '${watcher.url}/cache/api/v1/pods?watch=1&labelSelector=app%3Dsearch'
  curl -i '${watcher.url}/cache/apis/example.com/v1/namespaces/shop/widgets/blue'

  kubectl --server=${watcher.url}/cache get deployments -A
`);

let round = 0;
await runUntil(() => happening(server, round++), 2_000, { signal });
