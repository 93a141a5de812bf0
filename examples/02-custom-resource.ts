import { DynamicSharedInformerFactory, defineResource, type KubeObject, keyOf } from 'kube-informer';
import { caughtUp, openCluster } from './ladder/cluster.ts';

/** A resource of your own. Its type goes with it to handlers, lister and indexes. */
interface Widget extends KubeObject {
  readonly spec: { readonly colour: 'blue' | 'green' };
}
const widgets = defineResource<Widget>({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets' });
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

await using cluster = await openCluster([
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', listKind: 'WidgetList', plural: 'widgets', singular: 'widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: anything } }],
    },
  },
]);

await using factory = new DynamicSharedInformerFactory(cluster.kubeConfig);
const informer = factory.forResource(widgets);
const handler = informer.addEventHandler({
  onAdd: (widget) => console.log('add', keyOf(widget), widget.spec.colour),
  onUpdate: (old, widget) => console.log('update', keyOf(widget), old.spec.colour, '->', widget.spec.colour),
});
factory.start(cluster.signal);
await factory.waitForCacheSync({ signal: cluster.signal });

await cluster.story(async (server) => {
  // The client of the factory also writes, over the same connections.
  const shop = factory.client.resource(widgets, { namespace: 'shop' });
  const metadata = { namespace: 'shop', name: 'one' };
  await shop.create({ apiVersion: 'example.com/v1', kind: 'Widget', metadata, spec: { colour: 'blue' } });
  await shop.patch('one', { spec: { colour: 'green' } }, { type: 'merge' });
  await caughtUp(server, informer, handler);
});

// add shop/one blue
// update shop/one blue -> green
