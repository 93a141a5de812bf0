import { type KubeObject, keyOf, type ListerWatcher, type Reflector, SharedInformerFactory } from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';

// What a user writes, with the types that a user gets: checked by several compilers and run by several Nodes.
const server = await ApiServer.start();
server.create({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'blue' },
  spec: { nodeName: 'n' },
});
const factory = new SharedInformerFactory(server.kubeConfig());
const pods = factory.core.v1.pods().addIndexers({ node: (pod) => [pod.spec?.nodeName ?? ''] });
const seen: string[] = [];
const { ready } = pods.addEventHandler({
  onAdd: (pod, { isInInitialList }) => {
    const node: string | undefined = pod.spec?.nodeName;
    // @ts-expect-error the cache is shared, and read-only
    if (node === 'never') pod.metadata.name = 'other';
    seen.push(`${keyOf(pod)} ${node} ${isInInitialList}`);
  },
});
factory.start();
await factory.waitForCacheSync();
await ready;
// @ts-expect-error there is no such index
const wrong = () => pods.indexer.byIndex('nodes', 'n');
const found = [...pods.indexer.byIndex('node', 'n')].map(keyOf);
await factory.stop();
await server.close();

export type Parts = [ListerWatcher<object>, Reflector<KubeObject>];
console.log(JSON.stringify({ seen, found, wrong: typeof wrong }));
