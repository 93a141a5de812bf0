import {
  type DeepReadonly,
  DynamicSharedInformerFactory,
  defineResource,
  type KubeClient,
  type KubeObject,
  waitFor,
} from 'kube-informer';
import { group, hosts, websites } from './website.ts';

interface Definition extends KubeObject {
  status?: { conditions?: readonly { type: string; status: string }[] };
}

const definitions = defineResource<Definition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
});

const text = { type: 'string', minLength: 1 };
const websiteSchema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['image', 'replicas', 'host'],
      properties: { image: text, replicas: { type: 'integer', minimum: 0 }, host: text, page: { type: 'string' } },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const hostSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: { website: { type: 'object', properties: { namespace: text, name: text, uid: text } } },
    },
  },
};

const manifests = [
  manifest(websites, 'Namespaced', websiteSchema, { subresources: { status: {} } }),
  manifest(hosts, 'Cluster', hostSchema),
];

/** Installs the definitions of websites and hosts, and waits until they are served. Doing it again changes nothing. */
export async function installDefinitions(client: KubeClient, signal: AbortSignal): Promise<void> {
  const resource = client.resource<Definition>(definitions);
  for (const definition of manifests) {
    const options = { type: 'apply', fieldManager: 'website-operator-install', force: true, signal } as const;
    await resource.patch(definition.metadata.name, definition, options);
  }
  await using factory = new DynamicSharedInformerFactory(client);
  const informer = factory.forResource(definitions);
  factory.start(signal);
  const established = ({ status }: DeepReadonly<Definition>) =>
    status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
  for (const { metadata } of manifests) {
    await waitFor(informer, ({ object }) => object.metadata.name === metadata.name && established(object), {
      signal,
      timeout: 30_000,
    });
  }
}

/** Takes the definitions away, and with them all websites and hosts. */
export async function removeDefinitions(client: KubeClient): Promise<void> {
  for (const { metadata } of manifests) await client.resource(definitions).delete(metadata.name);
}

function manifest(of: typeof websites | typeof hosts, scope: string, openAPIV3Schema: object, version: object = {}) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${of.resource}.${group}` },
    spec: {
      group,
      scope,
      names: { kind: of.kind, listKind: `${of.kind}List`, plural: of.resource, singular: of.singular },
      versions: [{ name: of.version, served: true, storage: true, schema: { openAPIV3Schema }, ...version }],
    },
  };
}
