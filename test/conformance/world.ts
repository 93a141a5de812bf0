import { randomBytes } from 'node:crypto';
import { expect, vi } from 'vitest';
import {
  ApiStatusError,
  type DeepReadonly,
  DynamicSharedInformerFactory,
  defineResource,
  type InformerEvent,
  type InformerFactoryOptions,
  KubeClient,
  type KubeClientOptions,
  type KubeObject,
  type ResourceClient,
  type ResourceDefinition,
  type SharedIndexInformer,
} from '../../src/index.ts';
import { type Cluster, openCluster } from './cluster.ts';

/** A custom resource with a status subresource; `spec.color` can be selected by. */
export interface Widget extends KubeObject {
  spec: { color: string; size?: number };
  status?: { ready?: boolean };
}

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const definitions = defineResource<Definition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
});

const namespaces = defineResource({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
});

/** How long anything may take that the cluster is to do, milliseconds. */
const patience = 15_000;

/** Looks again and again, until what `read` gives is as expected. For everything that comes about without being waited for. */
export const soon = <T>(read: () => T, timeout = patience) => expect.poll(read, { interval: 10, timeout });

/** Namespaces and definitions of our own in a cluster; they are gone after `close`. */
export class World implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  /** An API group that nobody else has. */
  readonly group: string;
  readonly widgets: ResourceDefinition<Widget>;
  readonly #run: string;
  readonly #namespaces: string[] = [];
  readonly #definitions = new Set<string>();

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.client = new KubeClient(cluster.kubeConfig());
    this.#run = randomBytes(4).toString('hex');
    this.group = `c${this.#run}.kube-informer.dev`;
    this.widgets = this.define('widgets', 'Widget');
  }

  /** Opens the cluster and installs the widgets. */
  static async open(): Promise<World> {
    const world = new World(await openCluster());
    try {
      await world.install(world.widgets);
    } catch (thrown) {
      await world.close();
      throw thrown;
    }
    return world;
  }

  define(plural: string, kind: string): ResourceDefinition<Widget> {
    return defineResource<Widget>({ group: this.group, version: 'v1', kind, plural });
  }

  /** Creates the definition of a custom resource, and waits until it is served. */
  async install(resource: ResourceDefinition<Widget>): Promise<void> {
    const name = `${resource.resource}.${resource.group}`;
    this.#definitions.add(name);
    await this.client.resource(definitions).create(definitionOf(resource, name));
    await vi.waitFor(() => this.client.resource(resource).list({ limit: 1 }, AbortSignal.timeout(patience)), {
      timeout: patience,
      interval: 20,
    });
  }

  /** Deletes the definition, and waits until it is gone. */
  async uninstall(resource: ResourceDefinition<Widget>): Promise<void> {
    const name = `${resource.resource}.${resource.group}`;
    const client = this.client.resource(definitions);
    await client.delete(name);
    await vi.waitFor(() => expect(statusOf(client.get(name))).resolves.toBe(404), { timeout: patience, interval: 20 });
    this.#definitions.delete(name);
  }

  /** Creates a namespace. */
  async namespace(): Promise<string> {
    const name = `conformance-${this.#run}-${String(this.#namespaces.length + 1).padStart(3, '0')}`;
    this.#namespaces.push(name);
    await this.client.resource(namespaces).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    return name;
  }

  /** Writes widgets of a namespace. */
  writer(namespace: string, resource = this.widgets): ResourceClient<Widget> {
    return this.client.resource<Widget>(resource, { namespace });
  }

  widget(name: string, color: string, labels?: Record<string, string>, resource = this.widgets) {
    return {
      apiVersion: `${resource.group}/${resource.version}`,
      kind: resource.kind,
      metadata: { name, ...(labels && { labels }) },
      spec: { color },
    };
  }

  /** Informers over a connection of their own. The delays after failures are short. */
  factory(
    options: InformerFactoryOptions = {},
    client: KubeClientOptions & { readonly kubeConfig?: ReturnType<Cluster['kubeConfig']> } = {},
  ): DynamicSharedInformerFactory & AsyncDisposable {
    const { kubeConfig = this.cluster.kubeConfig(), ...clientOptions } = client;
    const own = new KubeClient(kubeConfig, clientOptions);
    const factory = new DynamicSharedInformerFactory(own, { backoff: hasty, ...options });
    const stop = factory.stop.bind(factory);
    factory.stop = () => stop().then(() => own.close());
    return factory;
  }

  /** Deletes what was made, and closes. */
  async close(): Promise<void> {
    const deletions = [
      ...Array.from(this.#definitions, (name) => this.client.resource(definitions).delete(name)),
      ...this.#namespaces.map((name) => this.client.resource(namespaces).delete(name)),
    ];
    const results = await Promise.allSettled(deletions);
    await this.client.close();
    await this.cluster[Symbol.asyncDispose]();
    for (const result of results)
      if (result.status === 'rejected' && codeOf(result.reason) !== 404) throw result.reason;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const hasty = { initial: 20, factor: 2, max: 500, jitter: 0.5, resetAfter: 10_000 };

function definitionOf({ group, version, resource, kind, singular }: ResourceDefinition<Widget>, name: string) {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const spec = { type: 'object', properties: { color: { type: 'string' }, size: { type: 'integer' } } };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec, status: open } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: resource, kind, singular, shortNames: [`${resource.slice(0, 3)}x`] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema,
          subresources: { status: {} },
          selectableFields: [{ jsonPath: '.spec.color' }],
        },
      ],
    },
  };
}

/** Starts the factory and waits until `informer` has synced and follows. */
export async function live(
  factory: DynamicSharedInformerFactory,
  informer:
    | SharedIndexInformer<never, never>
    | { status(): { connected: boolean }; waitForSync(o: object): Promise<void> },
): Promise<void> {
  factory.start();
  await informer.waitForSync({ timeout: patience });
  await soon(() => informer.status().connected).toBe(true);
}

/** `add a red`, `update a red>blue`, `delete a blue`; `(initial)` and `(unseen)` behind. */
export function line(event: InformerEvent<Widget>): string {
  const { name } = event.object.metadata;
  const color = (object: DeepReadonly<Widget>) => object.spec.color;
  switch (event.type) {
    case 'add':
      return `add ${name} ${color(event.object)}${event.isInInitialList ? ' (initial)' : ''}`;
    case 'update':
      return `update ${name} ${color(event.oldObject)}>${color(event.object)}`;
    case 'delete':
      return `delete ${name} ${color(event.object)}${event.finalStateUnknown ? ' (unseen)' : ''}`;
  }
}

/** Adds a handler that writes down, a line each, what it is told. */
export function record(informer: SharedIndexInformer<Widget, never>): string[] {
  const lines: string[] = [];
  informer.addEventHandler((event) => void lines.push(line(event)));
  return lines;
}

/** What is cached, as `name color`, in order. */
export function colors(informer: SharedIndexInformer<Widget, never>): string[] {
  return informer.lister
    .list()
    .map((widget) => `${widget.metadata.name} ${widget.spec.color}`)
    .toSorted();
}

/** The code of the status with which `request` is refused; `undefined` if it is not. Rejects with anything else. */
export async function statusOf(request: Promise<unknown>): Promise<number | undefined> {
  return request.then(
    () => undefined,
    (thrown: unknown) => {
      const code = codeOf(thrown);
      if (code === undefined) throw thrown;
      return code;
    },
  );
}

function codeOf(thrown: unknown): number | undefined {
  return thrown instanceof ApiStatusError ? thrown.status.code : undefined;
}
