import {
  createController,
  type DeepReadonly,
  DynamicSharedInformerFactory,
  enqueueOwner,
  KubeClient,
  type KubeConfigLike,
  type KubeInformerError,
  type Request,
  requestOf,
  resourceVersionChanged,
  sourceOf,
} from 'kube-informer';
import { createReconcile } from './reconcile.ts';
import { fieldManager, type Host, websites } from './website.ts';
import { openWorld } from './world.ts';

export interface OperatorOptions {
  readonly cluster: KubeConfigLike;
  /** Ends the operator, after the runs that are under way. */
  readonly signal: AbortSignal;
  /** Hears of the sync and of every write. */
  readonly log: (line: string) => void;
  /** Hears of everything that went wrong. It is tried again without that. */
  readonly onError: (error: KubeInformerError) => void;
}

/** Keeps a deployment, a service, a page and a host for each website, until `signal` is aborted. */
export async function runOperator({ cluster, signal, log, onError }: OperatorOptions): Promise<void> {
  await using client = new KubeClient(cluster, { userAgent: fieldManager });
  await using factory = new DynamicSharedInformerFactory(client, { onError });
  const world = openWorld(factory, log, onError);
  const owner = enqueueOwner({ group: websites.group, kind: websites.kind });
  const controller = createController({
    name: fieldManager,
    sources: [
      // Every change, those of the status included: `generationChanged` would be blind to what others do to the status and to the finalizer.
      // Our own writes come by, too, and cost nothing: what is as it shall be is not written again.
      sourceOf(world.websites, { where: resourceVersionChanged }),
      sourceOf(world.deployments, { map: owner, where: resourceVersionChanged }),
      sourceOf(world.services, { map: owner, where: resourceVersionChanged }),
      sourceOf(world.configMaps, { map: owner, where: resourceVersionChanged }),
      sourceOf(world.hosts, { map: websitesOf }),
    ],
    concurrency: 4,
    timeout: 60_000,
    reconcile: createReconcile(world),
    onError,
  });
  factory.start(signal);
  const synced = factory.waitForCacheSync({ signal }).then(() => signal.aborted || log('caches are synced'));
  await controller.run(signal);
  await synced;

  /** The website that has the host, and those that would like to have it. */
  function websitesOf({ metadata, spec }: DeepReadonly<Host>): Request[] {
    const { namespace, name } = spec.website;
    const others = Array.from(world.websites.indexer.byIndex('host', metadata.name), requestOf);
    return [{ namespace, name }, ...others];
  }
}
