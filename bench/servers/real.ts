import { KubeClient, type KubeObject, loadKubeConfig } from '../../src/index.ts';
import { startApiServer } from '../../tools/apiserver.ts';
import type { Cluster } from '../lib/cluster.ts';
import type { ServerOptions } from '../lib/contest.ts';
import { variedPods } from '../lib/pods.ts';

/** The real API server in the place of `embedded.ts`: pods are created, and changed, through its API. */
const { pods, ...shape } = JSON.parse(process.argv[2]!) as ServerOptions;
const server = await startApiServer({ onProgress: (line) => console.error(line) });
const kubeConfig = await loadKubeConfig({ path: server.kubeconfig });
const client = new KubeClient(kubeConfig);
const resource = client.resource<KubeObject>({ group: '', version: 'v1', resource: 'pods' });

/** So many requests at a time: more only wait in the server. */
async function each<T>(items: Iterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
    }),
  );
}

const keys: { namespace: string; name: string }[] = [];
let bytes = 0;
await each(variedPods(pods, shape), async (pod) => {
  // The server makes these itself.
  const { managedFields, uid, resourceVersion, creationTimestamp, ...metadata } = pod.metadata;
  const created = await resource.create({ ...pod, metadata });
  bytes += Buffer.byteLength(JSON.stringify(created));
  keys.push({ namespace: created.metadata.namespace!, name: created.metadata.name });
});

const options: { ca?: string; headers?: Record<string, string> } = {};
await kubeConfig.applyToHTTPSOptions(options);
const ca = Buffer.from(kubeConfig.getCurrentCluster()?.caData ?? '', 'base64').toString();
const token = options.headers?.Authorization?.replace('Bearer ', '');
const cluster: Cluster = { url: server.url, ca, ...(token !== undefined && { token }) };
process.send!({ cluster, bytesPerPod: Math.round(bytes / pods) });

let generation = 0;
process.on('message', async (updates: number) => {
  const labels = { burst: String(++generation) };
  await each(Array(updates).keys(), (index) => {
    const { namespace, name } = keys[index % keys.length]!;
    return resource.patch(name, { metadata: { labels } }, { type: 'merge', namespace });
  });
});
process.on('disconnect', async () => {
  await client.close();
  await server.stop();
});
