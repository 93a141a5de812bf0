/**
 * A process of its own, so that nothing else is on its heap: fills an informer from a server and says how much the heap grew.
 *
 *     node --conditions=source --expose-gc test/acceptance/s004-heap-probe.ts URL '{"as":"metadata"}' 1
 */
import { setImmediate as turn } from 'node:timers/promises';
import { SharedInformerFactory } from 'kube-informer';

const [url = '', options = '{}', consumers = '1'] = process.argv.slice(2);
const config = {
  getCurrentCluster: () => ({ name: 'test', server: url }),
  applyToHTTPSOptions: async () => undefined,
};

async function heap(): Promise<number> {
  // What finalizers free is there for the next collection only.
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    for (let turns = 0; turns < 20; turns++) await turn();
  }
  return process.memoryUsage().heapUsed;
}

/** The first use of everything has its own cost. */
async function warmUp(): Promise<void> {
  await using factory = new SharedInformerFactory(config);
  const informer = factory.core.v1.namespaces();
  factory.start();
  await informer.waitForSync();
}

await warmUp();
const before = await heap();
await using factory = new SharedInformerFactory(config);
let heard = 0;
for (let count = 0; count < Number(consumers); count++) {
  const informer = factory.core.v1.pods(JSON.parse(options));
  informer.addEventHandler(() => heard++);
}
factory.start();
const pods = factory.core.v1.pods(JSON.parse(options));
await pods.waitForSync();
while (heard < pods.indexer.size * Number(consumers)) await turn();
const bytes = (await heap()) - before;
console.log(JSON.stringify({ objects: pods.indexer.size, bytes, approximateBytes: pods.stats().approximateBytes }));
