import { ApiServer } from 'kube-informer/testing';

type Manifest = Parameters<ApiServer['create']>[0];

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
}

const revision = 'deployment.kubernetes.io/revision';

/** What every object of the shop has in common; one that belongs to another says so. */
function metadata(name: string, app: string, owner?: Owner, more: object = {}) {
  const ownerReferences = owner && [
    {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.metadata.name,
      uid: owner.metadata.uid,
      controller: true,
    },
  ];
  return { name, namespace: 'shop', labels: { app }, ...more, ...(ownerReferences && { ownerReferences }) };
}

function pod(name: string, app: string, owner?: Owner) {
  const node = name.endsWith('0') ? 'node-0' : 'node-1';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(name, app, owner),
    spec: { nodeName: node, containers: [{ name: 'main', image: 'shop:1' }] },
    status: { phase: 'Running' },
  };
}

/** A Deployment with its pods, and a ReplicaSet of the revision before. */
function deploy(server: ApiServer, app: string, replicas: number): void {
  const selector = { matchLabels: { app } };
  const deployment = server.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(app, app, undefined, { annotations: { [revision]: '2' } }),
    spec: { replicas, selector },
    status: { replicas, readyReplicas: replicas },
  } as Manifest) as Owner;
  for (const [at, hash] of ['5c8b7', '7d9f4'].entries()) {
    const replicaSet = server.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: metadata(`${app}-${hash}`, app, deployment, { annotations: { [revision]: String(at + 1) } }),
      spec: { replicas: at * replicas, selector },
    } as Manifest) as Owner;
    for (let number = 0; number < at * replicas; number++) {
      server.create(pod(`${app}-${hash}-${number}`, app, replicaSet));
    }
  }
}

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** A cluster with a small shop in it: deployments and their pods, a custom resource. */
export async function openShop(): Promise<ApiServer> {
  const server = await ApiServer.start();
  server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  deploy(server, 'cart', 3);
  deploy(server, 'search', 2);
  deploy(server, 'checkout', 2);
  server.create(widgets);
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'blue', namespace: 'shop' } };
  server.create({ ...widget, spec: { colour: 'blue' } } as Manifest);
  return server;
}

/** One thing that happens in the shop: a pod goes down or comes up, a job comes and goes, somebody scales. */
export function happening(server: ApiServer, round: number): void {
  const [turn, step] = [Math.floor(round / 6), round % 6];
  const name = `search-7d9f4-${turn % 2}`;
  const job = `report-${turn}`;
  const steps = [
    () => server.patchObject('pods', 'shop', name, { status: { phase: 'Pending' } }),
    () => server.patchObject('deployments', 'shop', 'search', { status: { readyReplicas: 1 } }),
    () => server.create(pod(job, 'report')),
    () => server.patchObject('pods', 'shop', name, { status: { phase: 'Running' } }),
    () => server.patchObject('deployments', 'shop', 'search', { status: { readyReplicas: 2 } }),
    () => server.delete('pods', 'shop', job),
  ];
  steps[step]!();
}
