import {
  createController,
  type DeepReadonly,
  DynamicSharedInformerFactory,
  enqueueOwner,
  type KubeClient,
  type KubeObject,
  sourceOf,
} from 'kube-informer';
import { isStatus, unlessAbsent } from './hosts.ts';
import { childResources, type Deployment, deployments, isChildOf, type Website, websites } from './website.ts';

export interface StandInOptions {
  readonly client: KubeClient;
  readonly signal: AbortSignal;
  /** Milliseconds until one more replica is ready. */
  readonly startTime: number;
}

/**
 * What the controller manager of a cluster does, as far as websites need it: an API server alone has nobody who starts the replicas
 * of deployments, nor anybody who removes what belongs to owners that are gone.
 */
export async function playControllerManager(options: StandInOptions): Promise<void> {
  await using factory = new DynamicSharedInformerFactory(options.client);
  const controllers = [deploymentController(factory, options), garbageCollector(factory, options)];
  factory.start(options.signal);
  await Promise.all(controllers.map((controller) => controller.run(options.signal)));
}

/** Replicas become ready one after another; those that are too many go at once. */
function deploymentController(factory: DynamicSharedInformerFactory, { client, startTime }: StandInOptions) {
  const informer = factory.forResource(deployments);
  return createController({
    name: 'deployments',
    sources: [informer],
    concurrency: 10,
    reconcile: async ({ namespace, name }, { signal }) => {
      const deployment = informer.lister.get(namespace, name);
      if (!deployment) return {};
      const { status = {}, spec, metadata } = deployment;
      const { observedGeneration, readyReplicas = 0 } = status;
      if (observedGeneration === metadata.generation && readyReplicas === spec.replicas) return {};
      const next =
        observedGeneration === metadata.generation ? readyReplicas + 1 : Math.min(readyReplicas, spec.replicas);
      const counts = { replicas: spec.replicas, readyReplicas: next, availableReplicas: next };
      const patch = { status: { ...counts, observedGeneration: metadata.generation } };
      const options = { type: 'merge', subresource: 'status', namespace, signal } as const;
      await client.resource<Deployment>(deployments).patch(name, patch, options).catch(unlessAbsent);
      return { requeueAfter: startTime };
    },
  });
}

/** Deletes the children of websites that are gone, and of earlier ones of the same name. */
function garbageCollector(factory: DynamicSharedInformerFactory, { client }: StandInOptions) {
  const children = childResources.map((resource) => ({
    resource,
    informer: factory.forResource<KubeObject>(resource),
  }));
  const ofWebsites = enqueueOwner({ group: websites.group, kind: websites.kind });
  return createController({
    name: 'garbage collector',
    sources: [
      factory.forResource(websites),
      ...children.map(({ informer }) => sourceOf(informer, { map: ofWebsites })),
    ],
    concurrency: 10,
    reconcile: async ({ namespace, name }, { signal }) => {
      const website = await client.resource<Website>(websites).get(name, { namespace, signal }).catch(unlessAbsent);
      for (const { resource, informer } of children) {
        for (const child of informer.lister.namespace(namespace).list()) {
          if (!belongsTo(child, name) || (website && isChildOf(child, website))) continue;
          const { name: childName, uid } = child.metadata;
          const deletion = client.resource(resource).delete(childName, { namespace, preconditions: { uid }, signal });
          await deletion.catch((thrown) => {
            if (!isStatus(thrown, 404) && !isStatus(thrown, 409)) throw thrown;
          });
        }
      }
    },
  });
}

function belongsTo(child: DeepReadonly<KubeObject>, website: string): boolean {
  return child.metadata.ownerReferences?.some(({ kind, name }) => kind === websites.kind && name === website) ?? false;
}
