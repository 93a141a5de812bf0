import { DynamicSharedInformerFactory, type KubeObject } from '../../src/index.ts';
import { kubeConfigOf } from '../lib/cluster.ts';
import { assignment, report } from '../lib/meter.ts';

/**
 * How long a change takes from being asked for to the handler, at so many changes in a second: the request that makes the change is part of
 * it, so the way from the server to the handler is shorter than what is found.
 */
const { cluster, options } = assignment();
const [perSecond, changes] = [Number(options.perSecond), Number(options.changes)];
const factory = new DynamicSharedInformerFactory(kubeConfigOf(cluster), { onError: (error) => console.error(error) });
const resource = { group: '', version: 'v1', resource: 'pods' } as const;
const informer = factory.forResource(resource);
const pods = factory.client.resource<KubeObject>(resource);
/** The first ones open connections and load code. */
const warmUp = 10;
const latencies: number[] = [];
const done = Promise.withResolvers<void>();
const registration = informer.addEventHandler({
  onUpdate: (_old, { metadata }) => {
    latencies.push(performance.now() - Number(metadata.annotations!['example.com/asked']));
    if (latencies.length === warmUp + changes) done.resolve();
  },
});
factory.start();
await registration.ready;
const keys = Array.from(informer.indexer.values(), ({ metadata: { namespace, name } }) => ({
  namespace: namespace!,
  name,
}));
for (let change = 0, due = performance.now(); change < warmUp + changes; change++, due += 1000 / perSecond) {
  await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  const { namespace, name } = keys[(change * 7919) % keys.length]!;
  const annotations = { 'example.com/asked': String(performance.now()) };
  pods.patch(name, { metadata: { annotations } }, { type: 'merge', namespace }).catch(done.reject);
}
await done.promise;
await factory.stop();
const sorted = latencies.slice(warmUp).toSorted((a, b) => a - b);
const at = (part: number) => sorted[Math.min(changes - 1, Math.floor(changes * part))]!;
report({ medianMs: at(0.5), p99Ms: at(0.99), longestMs: at(1) });
