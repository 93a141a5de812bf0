import { ApiServer } from 'kube-informer/testing';

const pod = (name: string, phase: string, node: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: name.replace(/-\d+$/, '') } },
  spec: { nodeName: node, containers: [{ name: 'main', image: 'shop:1' }] },
  status: { phase },
});

const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: { replicas, selector: { matchLabels: { app: name } } },
});

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

/** A cluster with a small shop in it: pods, deployments, a custom resource. */
export async function openShop(): Promise<ApiServer> {
  const server = await ApiServer.start();
  server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  for (const name of ['cart', 'search']) server.create(deployment(name, 2));
  for (let at = 0; at < 2; at++) {
    server.create(pod(`cart-${at}`, 'Running', `node-${at}`));
    server.create(pod(`search-${at}`, at === 0 ? 'Running' : 'Pending', 'node-1'));
  }
  server.create(widgets);
  server.create({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'blue', namespace: 'shop' },
    spec: { colour: 'blue' },
  });
  return server;
}

/** One thing that happens in the shop: a pod comes up, or goes down. */
export function happening(server: ApiServer, round: number): void {
  const phase = round % 2 === 0 ? 'Running' : 'Pending';
  server.patchObject('pods', 'shop', 'search-1', { status: { phase } });
}
