// A state over HTTP/2 that comes in small pieces, so that its connection rests between them: what that asks of a socket is for each Node to keep.
import { DynamicSharedInformerFactory } from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';

const server = await ApiServer.start({ tls: true });
const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
const data = { text: 'x'.repeat(4_000) };
for (let index = 0; index < 300; index++) {
  server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name: `c-${index}` }, data });
}
server.faults.add({ match: { verb: 'watch' }, action: { kind: 'slices', bytes: 5_000 } });

let rests = 0;
const { setTimeout: wait } = globalThis;
globalThis.setTimeout = (callback, delay) => {
  // No other timer here is as short.
  if (delay <= 20) rests++;
  return wait(callback, delay);
};
const factory = new DynamicSharedInformerFactory(server.kubeConfig());
const informer = factory.forResource(configMaps);
factory.start();
await informer.waitForSync();
const objects = informer.indexer.size;
// The same connection reads on.
server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name: 'late' }, data });
while (informer.indexer.size === objects) await new Promise((resolve) => wait(resolve, 10));
await factory.stop();
await server.close();
console.log(JSON.stringify({ objects, rested: rests > 0 }));
