import { KubeClient, type KubeObject, loadKubeConfig } from '../src/index.ts';
import { makePod } from '../src/testing/index.ts';
import { startApiServer } from '../tools/apiserver.ts';
import type { Cluster } from './cluster.ts';

/** The real API server in the place of `server.ts`: pods are created, and changed, through its API. */
const pods = Number(process.argv[2]);
const server = await startApiServer({ onProgress: (line) => console.error(line) });
const kubeConfig = await loadKubeConfig({ path: server.kubeconfig });
const client = new KubeClient(kubeConfig);
const resource = client.resource<KubeObject>({ group: '', version: 'v1', resource: 'pods' });

/** So many requests at a time: more only wait in the server. */
async function each(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < count) await work(next++);
    }),
  );
}

const keys: { namespace: string; name: string }[] = [];
let bytes = 0;
await each(pods, async (index) => {
  const { managedFields, uid, resourceVersion, creationTimestamp, ...metadata } = makePod(index).metadata;
  const created = await resource.create({ ...makePod(index), metadata });
  if (index % 50 === 0) bytes += JSON.stringify(created).length * 50;
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
  await each(updates, (index) => {
    const { namespace, name } = keys[index % keys.length]!;
    return resource.patch(name, { metadata: { labels } }, { type: 'merge', namespace });
  });
});
process.on('disconnect', async () => {
  await client.close();
  await server.stop();
});
