import { defineResource, type KubeClient, type KubeObject, type ResourceClient } from 'kube-informer';

export interface Widget extends KubeObject {
  spec: { colour: string; replicas?: number };
}

export const widgets = defineResource<Widget>({
  group: 'demo.kube-informer.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
});
export const pods = defineResource<KubeObject>({ group: '', version: 'v1', kind: 'Pod', plural: 'pods' });
const namespaces = defineResource({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
});
const definitions = defineResource({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
});

export const namespace = 'kube-informer-demo';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${widgets.resource}.${widgets.group}` },
  spec: {
    group: widgets.group,
    scope: 'Namespaced',
    names: { kind: widgets.kind, listKind: 'WidgetList', plural: widgets.resource, singular: widgets.singular },
    versions: [
      {
        name: widgets.version,
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { colour: { type: 'string' }, replicas: { type: 'integer' } },
              },
            },
          },
        },
      },
    ],
  },
};

export function pod(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] },
  };
}

/**
 * Puts a few objects into the cluster, in a namespace of their own.
 *
 * @returns what takes them away again.
 */
export async function seed(client: KubeClient): Promise<() => Promise<void>> {
  const undo: (() => Promise<unknown>)[] = [];
  const create = async (resource: ResourceClient<KubeObject>, object: object, name: string) => {
    await resource.create(object);
    undo.unshift(() => resource.delete(name, { gracePeriodSeconds: 0 }));
  };
  await create(
    client.resource(namespaces),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    namespace,
  );
  await create(client.resource(definitions), definition, definition.metadata.name);
  for (const name of ['web-0', 'web-1', 'database-0'])
    await create(client.resource(pods, { namespace }), pod(name), name);
  const widgetClient = client.resource<KubeObject>(widgets, { namespace });
  await served(widgetClient);
  for (const colour of ['blue', 'green']) {
    const widget = {
      apiVersion: `${widgets.group}/${widgets.version}`,
      kind: 'Widget',
      metadata: { name: colour },
      spec: { colour },
    };
    await create(widgetClient, widget, colour);
  }
  return async () => {
    for (const step of undo) await step();
  };
}

/** A new definition is served a moment after it was created. */
async function served(resource: ResourceClient<KubeObject>): Promise<void> {
  const deadline = AbortSignal.timeout(10_000);
  for (;;) {
    try {
      await resource.list({ limit: 1 }, deadline);
      return;
    } catch (error) {
      if (deadline.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
