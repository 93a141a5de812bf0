import type { DeepReadonly, KubeObject } from 'kube-informer';
import { isStatus, unlessAbsent } from './hosts.ts';
import { type Child, childrenOf } from './manifests.ts';
import { childResources, configMaps, type Deployment, fieldManager, isChildOf, type Website } from './website.ts';
import type { World } from './world.ts';

/** Keeps the children of websites as they shall be. */
export class Children {
  readonly #world: World;
  /** What was applied last, and what came of it, by kind and key. */
  readonly #applied = new Map<string, { readonly manifest: string; readonly result: KubeObject }>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @returns the deployment as it is then. */
  async bringInLine(website: DeepReadonly<Website>, signal: AbortSignal): Promise<DeepReadonly<Deployment>> {
    let deployment: DeepReadonly<Deployment> | undefined;
    for (const child of childrenOf(website)) {
      const current = await this.#apply(website, child, signal);
      if (current.kind === 'Deployment') deployment = current as DeepReadonly<Deployment>;
    }
    if (website.spec.page === undefined) await this.#removePage(website, signal);
    return deployment!;
  }

  /** Forgets what was applied for a website that is gone. */
  forget(key: string): void {
    for (const { kind } of childResources) this.#applied.delete(`${kind} ${key}`);
  }

  /**
   * Server-side apply: makes the child if it is not there, sets what we care about, takes away what we set earlier and no longer want,
   * and leaves the rest to others. Nothing is sent if nobody has touched the child since the last time, and we want the same.
   */
  async #apply(website: DeepReadonly<Website>, child: Child, signal: AbortSignal): Promise<DeepReadonly<KubeObject>> {
    const { name, namespace } = child.manifest.metadata;
    const what = `${child.resource.kind} ${namespace}/${name}`;
    const manifest = JSON.stringify(child.manifest);
    const applied = this.#applied.get(what);
    const cached = this.#cached(child, website);
    if (
      cached &&
      applied?.manifest === manifest &&
      applied.result.metadata.resourceVersion === cached.metadata.resourceVersion
    )
      return cached;

    const resource = this.#world.client.resource<KubeObject>(child.resource, { namespace });
    // Only what carries our label is in the cache. What is not there may exist all the same, and be somebody else's.
    const current = cached ?? (await resource.get(name, { signal }).catch(unlessAbsent));
    if (current && !isChildOf(current, website)) throw new Error(`${what} is there and does not belong to the website`);

    const result = await resource.patch(name, child.manifest, { type: 'apply', fieldManager, force: true, signal });
    this.#applied.set(what, { manifest, result });
    if (result.metadata.resourceVersion !== current?.metadata.resourceVersion) this.#world.log(`applied ${what}`);
    return result;
  }

  #cached({ resource }: Child, { metadata }: DeepReadonly<Website>): DeepReadonly<KubeObject> | undefined {
    const { deployments, services, configMaps } = this.#world;
    const informer = { Deployment: deployments, Service: services, ConfigMap: configMaps }[resource.kind];
    return informer?.lister.get(metadata.namespace ?? '', metadata.name);
  }

  async #removePage(website: DeepReadonly<Website>, signal: AbortSignal): Promise<void> {
    const { name, namespace = '' } = website.metadata;
    const page = this.#world.configMaps.lister.get(namespace, name);
    if (!page || !isChildOf(page, website)) return;
    const preconditions = { uid: page.metadata.uid };
    try {
      await this.#world.client.resource(configMaps, { namespace }).delete(name, { preconditions, signal });
      this.#world.log(`deleted ConfigMap ${namespace}/${name}`);
    } catch (thrown) {
      if (!isStatus(thrown, 404) && !isStatus(thrown, 409)) throw thrown;
    }
  }
}
