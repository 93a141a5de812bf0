import {
  type BuiltInTypes,
  type Condition,
  DeltaFIFO,
  defineResource,
  KubeClient,
  type KubeObject,
  RateLimitingQueue,
  type Request,
  requestKey,
  SharedIndexInformer,
  SharedInformerFactory,
} from 'kube-informer';
import { ApiServer, makePod } from 'kube-informer/testing';

export type Pod = BuiltInTypes['core']['v1']['pods'];
export type Widget = KubeObject & {
  readonly spec?: { readonly colour: string };
  readonly status?: { readonly conditions?: readonly Condition[] };
};
type Deployment = BuiltInTypes['apps']['v1']['deployments'];

const podResource = defineResource<Pod>({ group: '', version: 'v1', kind: 'Pod', plural: 'pods' });
const widgetResource = defineResource<Widget>({
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
});
const deploymentResource = defineResource<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
});

/** What a fragment may take for granted: a cluster with a few objects, a client, informers that are synced. */
export async function setStage() {
  const server = await ApiServer.start();
  server.create(widgetDefinition);
  server.seed([0, 1, 2].map((index) => makePod(index)));
  server.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name: 'blue', labels: { app: 'web' } },
    spec: { nodeName: 'worker-1', containers: [] },
    status: { phase: 'Running' },
  });
  server.create({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { namespace: 'shop', name: 'blue' },
    spec: { colour: 'blue' },
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const kubeConfig = server.kubeConfig();
  const client = new KubeClient(kubeConfig);
  const factory = new SharedInformerFactory(client);
  const pods = factory.core.v1.pods();
  const deployments = factory.apps.v1.deployments();
  const widgets = factory.forResource(widgetResource);
  factory.start(signal);
  await factory.waitForCacheSync({ signal });
  const pod = pods.lister.namespace('shop').get('blue')!;
  const queue = new RateLimitingQueue<Request>({ keyOf: requestKey });
  queue.add({ namespace: 'shop', name: 'blue' });
  const text = Buffer.from(JSON.stringify(pod));
  return {
    server,
    kubeConfig,
    client,
    factory,
    /** Not started yet; `pods`, `deployments` and `widgets` are synced. */
    informer: new SharedIndexInformer<Pod>({ listerWatcher: client.resource<Pod>(podResource) }),
    pods,
    deployments,
    widgets,
    podResource,
    widgetResource,
    deploymentResource,
    listerWatcher: client.resource<Pod>(podResource),
    store: new DeltaFIFO<Pod>(),
    queue,
    pod,
    widget: widgets.lister.namespace('shop').get('blue')!,
    signal,
    buffer: text,
    handler: { onAdd: (object: KubeObject) => void object.metadata.name },
    work: async (request: Request) => void request.name,
    report: async (until: AbortSignal) => until.throwIfAborted(),
    /** Ends what goes on for ever, then everything else. */
    clear: async () => {
      stopping.abort();
      await factory.stop();
      await client.close();
      await server.close();
    },
  };
}

export type Stage = Awaited<ReturnType<typeof setStage>>;

const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
