import { setTimeout as delay } from 'node:timers/promises';
import { childResources, type Host, hosts, type Website, websites } from '../../../examples/operator/website.ts';
import {
  apiVersionOf,
  defineResource,
  type KubeClient,
  type KubeObject,
  type ResourceClient,
} from '../../../src/index.ts';

const namespaces = defineResource({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
});
const events = defineResource<StoredEvent>({ group: '', version: 'v1', kind: 'Event', plural: 'events' });

export interface StoredEvent extends KubeObject {
  readonly involvedObject: { readonly uid: string };
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

/** A namespace, whoever changes websites in it, and what is there. */
export class Scene {
  readonly namespace: string;
  readonly #client: KubeClient;
  readonly #websites: ResourceClient<Website>;

  private constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.namespace = namespace;
    this.#websites = client.resource<Website>(websites, { namespace });
  }

  static async open(client: KubeClient): Promise<Scene> {
    const manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: 'operator-' } };
    const { metadata } = await client.resource(namespaces).create(manifest);
    return new Scene(client, metadata.name);
  }

  /** Hosts are cluster-wide. */
  host(name: string): string {
    return `${name}.${this.namespace}.test`;
  }

  create(name: string, spec: Partial<Website['spec']> & { readonly host: string }): Promise<Website> {
    const { host, ...rest } = spec;
    const whole = { image: 'nginx:1', replicas: 1, ...rest, host: this.host(host) };
    const { kind } = websites;
    return this.#websites.create({ apiVersion: apiVersionOf(websites), kind, metadata: { name }, spec: whole });
  }

  change(name: string, spec: object): Promise<Website> {
    return this.#websites.patch(name, { spec }, { type: 'merge' });
  }

  async delete(name: string): Promise<void> {
    await this.#websites.delete(name);
  }

  /** Deletes a website, waits until it is gone, and creates another of the same name. */
  async recreate(name: string, spec: Partial<Website['spec']> & { readonly host: string }): Promise<void> {
    await this.delete(name);
    while ((await this.websites()).some(({ metadata }) => metadata.name === name)) await delay(10);
    await this.create(name, spec);
  }

  websites(): Promise<Website[]> {
    return this.#list(this.#websites);
  }

  /** Everything in the namespace that could be a child. */
  async children(): Promise<KubeObject[]> {
    const { namespace } = this;
    const lists = childResources.map((resource) =>
      this.#list(this.#client.resource<KubeObject>(resource, { namespace })),
    );
    const all = (await Promise.all(lists)).flat();
    // Clusters put one of these into every namespace.
    return all.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt');
  }

  async hosts(): Promise<Host[]> {
    const all = await this.#list(this.#client.resource<Host>(hosts));
    return all.filter(({ spec }) => spec.website.namespace === this.namespace);
  }

  events(): Promise<StoredEvent[]> {
    return this.#list(this.#client.resource<StoredEvent>(events, { namespace: this.namespace }));
  }

  async #list<T>(resource: ResourceClient<T>): Promise<T[]> {
    return (await resource.list({}, AbortSignal.timeout(20_000))).items;
  }
}
