import { ApiStatusError, apiVersionOf, type DeepReadonly, type Request } from 'kube-informer';
import { fieldManager, type Host, hosts, type Website, websites } from './website.ts';
import type { World } from './world.ts';

/** Claims the host that the website wants. @returns who has it: the website itself, or another that was first. */
export async function claimHost(
  world: World,
  website: DeepReadonly<Website>,
  signal: AbortSignal,
): Promise<DeepReadonly<Host>> {
  const { host } = website.spec;
  const known = world.hosts.lister.get(host);
  if (known) return known;
  const { namespace = '', name, uid } = website.metadata;
  const claim = {
    apiVersion: apiVersionOf(hosts),
    kind: hosts.kind,
    metadata: { name: host },
    spec: { website: { namespace, name, uid } },
  };
  const resource = world.client.resource<Host>(hosts);
  try {
    const created = await resource.create(claim, { fieldManager, signal });
    world.log(`claimed Host ${host} for ${namespace}/${name}`);
    return created;
  } catch (thrown) {
    // Of several that create the same name the server takes one. It may have been us, and the cache has not heard of it yet.
    if (!isStatus(thrown, 409)) throw thrown;
    return await resource.get(host, { signal });
  }
}

/** Gives back the hosts that the website had before. */
export async function releaseFormerHosts(world: World, website: DeepReadonly<Website>, signal: AbortSignal) {
  const { metadata, spec } = website;
  for (const host of world.hosts.indexer.byIndex('website', metadata.uid)) {
    if (host.metadata.name !== spec.host) await release(world, host, signal);
  }
}

/**
 * The hosts of a website that is about to go. From the server, not from the cache: this is the last look, and the cache may not have
 * heard yet of what was claimed a moment ago, perhaps by a process that was killed since.
 */
export async function lastHostsOf(world: World, website: DeepReadonly<Website>, signal: AbortSignal): Promise<Host[]> {
  const { items } = await world.client.resource<Host>(hosts).list({}, signal);
  return items.filter(({ spec }) => spec.website.uid === website.metadata.uid);
}

/** Gives back hosts whose website is gone all the same: somebody took the finalizer off by hand. */
export async function releaseOrphanedHosts(world: World, request: Request, signal: AbortSignal): Promise<void> {
  for (const host of world.hosts.lister.list()) {
    const { namespace, name, uid } = host.spec.website;
    if (namespace !== request.namespace || name !== request.name) continue;
    // That the cache does not know a website is not enough to take something away from it.
    const website = await world.client.resource<Website>(websites).get(name, { namespace, signal }).catch(unlessAbsent);
    if (website?.metadata.uid !== uid) await release(world, host, signal);
  }
}

/** Deletes exactly this host, not one that came after it under the same name. */
export async function release(world: World, host: DeepReadonly<Host>, signal: AbortSignal): Promise<void> {
  const { name, uid } = host.metadata;
  try {
    await world.client.resource<Host>(hosts).delete(name, { preconditions: { uid }, signal });
    world.log(`released Host ${name} of ${host.spec.website.namespace}/${host.spec.website.name}`);
  } catch (thrown) {
    // 409: another of that name by now.
    if (!isStatus(thrown, 404) && !isStatus(thrown, 409)) throw thrown;
  }
}

export function isStatus(thrown: unknown, code: number): boolean {
  return thrown instanceof ApiStatusError && thrown.status.code === code;
}

export function unlessAbsent(thrown: unknown): undefined {
  if (!isStatus(thrown, 404)) throw thrown;
}
