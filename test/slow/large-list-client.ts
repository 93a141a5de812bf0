/**
 * A process of its own, with a heap that is smaller than the list: syncs an informer of the pods of one namespace, and says what it came to.
 *
 *     node --conditions=source --max-old-space-size=300 test/slow/large-list-client.ts URL '{"streamInitialState":false}'
 */
import { SharedInformerFactory } from 'kube-informer';

const [url = '', options = '{}'] = process.argv.slice(2);
const config = { getCurrentCluster: () => ({ name: 'test', server: url }), applyToHTTPSOptions: async () => undefined };
const started = performance.now();
await using factory = new SharedInformerFactory(config, { namespaces: ['shop'], ...JSON.parse(options) });
const informer = factory.core.v1.pods({ project: ['spec.nodeName', 'status.phase'] });
let added = 0;
const registration = informer.addEventHandler({ onAdd: () => void added++ });
factory.start();
await informer.waitForSync();
await registration.ready;
const pod = informer.lister.get('shop', 'web-12345');
process.send!({
  milliseconds: performance.now() - started,
  objects: informer.indexer.size,
  added,
  requests: informer.status().reflectors.get('shop')?.requests,
  pod: { uid: pod?.metadata.uid, spec: pod?.spec, status: pod?.status },
  heapBytes: process.memoryUsage().heapUsed,
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
});
