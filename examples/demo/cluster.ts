import { ApiStatusError, defineResource, type KubeClient, type KubeObject, type ResourceClient } from 'kube-informer';

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
    metadata: { name, labels: { app: name } },
    spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] },
  };
}

export interface Seeded {
  readonly namespace: string;
  /** Takes everything away again. */
  readonly clean: () => Promise<void>;
}

/** Puts a few objects into the cluster, in a new namespace of their own. If that fails, what came so far is taken away again. */
export async function seed(client: KubeClient): Promise<Seeded> {
  const undo: (() => Promise<unknown>)[] = [];
  const clean = async () => {
    for (const step of undo.splice(0)) await step();
  };
  const create = async (resource: ResourceClient<KubeObject>, object: object): Promise<string> => {
    const { metadata } = await resource.create(object);
    undo.unshift(() => resource.delete(metadata.name, { gracePeriodSeconds: 0 }));
    return metadata.name;
  };
  try {
    const namespace = await create(client.resource(namespaces), {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { generateName: 'informer-demo-' },
    });
    // The definition may be that of another demo, which will take it away.
    await create(client.resource(definitions), definition).catch(exceptConflict);
    for (const name of ['web-0', 'web-1', 'database-0']) await create(client.resource(pods, { namespace }), pod(name));
    const widgetClient = client.resource<KubeObject>(widgets, { namespace });
    await served(widgetClient);
    for (const colour of ['blue', 'green']) await create(widgetClient, widget(colour));
    return { namespace, clean };
  } catch (error) {
    await clean();
    throw error;
  }
}

function widget(colour: string): object {
  const apiVersion = `${widgets.group}/${widgets.version}`;
  return { apiVersion, kind: widgets.kind, metadata: { name: colour }, spec: { colour } };
}

function exceptConflict(error: unknown): void {
  if (!(error instanceof ApiStatusError) || error.status.code !== 409) throw error;
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
