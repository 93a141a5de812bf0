import { addFinalizer, type DeepReadonly, type Reconcile, removeFinalizer, requestKey } from 'kube-informer';
import { Children } from './children.ts';
import { claimHost, lastHostsOf, release, releaseFormerHosts, releaseOrphanedHosts } from './hosts.ts';
import { OwnWrites } from './own-writes.ts';
import { report, statusOf } from './status.ts';
import { finalizer, type Website, websites } from './website.ts';
import type { World } from './world.ts';

/**
 * Brings the world in line with one website. It may be stopped between any two lines, by a crash, and called again: each step looks
 * at what is there, and does what is missing.
 */
export function createReconcile(world: World): Reconcile {
  const resource = world.client.resource<Website>(websites);
  const children = new Children(world);
  const own = new OwnWrites<Website>();

  return async (request, { signal }) => {
    const cached = world.websites.lister.get(request.namespace, request.name);
    if (!cached) {
      own.forget(requestKey(request));
      children.forget(requestKey(request));
      return releaseOrphanedHosts(world, request, signal);
    }
    const website = own.newest(cached);
    if (website.metadata.deletionTimestamp !== undefined) return finalize(website, signal);

    const kept = await addFinalizer(resource, website, finalizer, signal);
    const host = await claimHost(world, kept, signal);
    await releaseFormerHosts(world, kept, signal);
    const deployment = await children.bringInLine(kept, signal);
    own.remember(await report(world, kept, statusOf(kept, deployment, host), signal));
  };

  /** The children go by themselves, with their owner; the hosts don't. */
  async function finalize(website: DeepReadonly<Website>, signal: AbortSignal): Promise<void> {
    for (const host of await lastHostsOf(world, website, signal)) {
      const message = `Gave back ${host.metadata.name}.`;
      await world.events.record(website, { reason: 'HostReleased', message }, signal);
      await release(world, host, signal);
    }
    if (await removeFinalizer(resource, website, finalizer, signal))
      world.log(`finalized ${website.metadata.namespace}/${website.metadata.name}`);
  }
}
