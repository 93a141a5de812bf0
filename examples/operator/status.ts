import { isDeepStrictEqual } from 'node:util';
import { type Condition, type DeepReadonly, findCondition, type ObjectEvent, setCondition } from 'kube-informer';
import { type Deployment, fieldManager, type Host, type Website, type WebsiteStatus, websites } from './website.ts';
import type { World } from './world.ts';

type Statement = Omit<Condition, 'lastTransitionTime'>;

/** What there is to say about a website. */
export function statusOf(
  website: DeepReadonly<Website>,
  deployment: DeepReadonly<Deployment>,
  host: DeepReadonly<Host>,
): WebsiteStatus {
  const observedGeneration = website.metadata.generation ?? 0;
  const readyReplicas = deployment.status?.readyReplicas ?? 0;
  const statements = [hostClaimed(website, host), ready(website, deployment, host)];
  let conditions = (website.status?.conditions ?? []) as readonly Condition[];
  for (const statement of statements) conditions = setCondition(conditions, { ...statement, observedGeneration });
  return { observedGeneration, readyReplicas, conditions };
}

function hostClaimed({ metadata, spec }: DeepReadonly<Website>, host: DeepReadonly<Host>): Statement {
  const type = 'HostClaimed';
  const { namespace, name, uid } = host.spec.website;
  if (uid === metadata.uid) return { type, status: 'True', reason: 'HostClaimed', message: `${spec.host} is ours.` };
  return { type, status: 'False', reason: 'HostTaken', message: `${spec.host} belongs to ${namespace}/${name}.` };
}

function ready(
  website: DeepReadonly<Website>,
  deployment: DeepReadonly<Deployment>,
  host: DeepReadonly<Host>,
): Statement {
  const type = 'Ready';
  const { metadata, status = {} } = deployment;
  if (host.spec.website.uid !== website.metadata.uid)
    return { type, status: 'False', reason: 'NoHost', message: 'Nobody can reach it without a host.' };
  // Replicas that were counted before the deployment changed say nothing.
  const counted = status.observedGeneration === metadata.generation;
  if (!counted || (status.readyReplicas ?? 0) < website.spec.replicas)
    return { type, status: 'False', reason: 'Progressing', message: 'Not all replicas are ready.' };
  return { type, status: 'True', reason: 'Serving', message: `Serves http://${website.spec.host}` };
}

/**
 * Writes the status if it is another, and an Event for each condition that says something else. The Event first: killed in between, we do both
 * again, and the recorder counts two; the other way round the Event would be lost.
 *
 * @returns the website as it is then.
 */
export async function report(
  world: World,
  website: DeepReadonly<Website>,
  status: WebsiteStatus,
  signal: AbortSignal,
): Promise<DeepReadonly<Website>> {
  if (isDeepStrictEqual(status, website.status)) return website;
  for (const condition of status.conditions) {
    const before = findCondition(website.status?.conditions as readonly Condition[] | undefined, condition.type);
    if (before?.message !== condition.message) await world.events.record(website, eventOf(condition), signal);
  }
  const { name, namespace, resourceVersion } = website.metadata;
  // With the version that all of this was derived from: if there is a newer one, the server answers 409 and we look again.
  const patch = { metadata: { resourceVersion }, status };
  const options = { type: 'merge', subresource: 'status', namespace, fieldManager, signal } as const;
  const result = await world.client.resource<Website>(websites).patch(name, patch, options);
  world.log(`status of ${namespace}/${name}: ${status.conditions.map(({ reason }) => reason).join(', ')}`);
  return result;
}

function eventOf({ reason, message }: Condition): ObjectEvent {
  return { type: reason === 'HostTaken' ? 'Warning' : 'Normal', reason, message };
}
