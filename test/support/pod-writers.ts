import type { KubeClient, KubeObject } from '../../src/index.ts';
import type { PodManifest } from '../../src/testing/index.ts';

/** Who owns what, but for the times. */
export type Ownership = Record<string, unknown>;

const binding = 'binding';

/**
 * Writes `pod` as a cluster does: its creator creates it without node and status, then it is bound, then the kubelet reports on it. The
 * servers of the tests bind no pods, so what a binding does to the status is written under a name of its own, and that entry is left out
 * of what is returned: no cluster has one.
 */
export async function writeAsCluster(client: KubeClient, pod: PodManifest): Promise<Ownership[]> {
  const pods = client.resource<KubeObject>({ group: '', version: 'v1', resource: 'pods' });
  const { apiVersion, kind, status } = pod;
  const { managedFields, ...metadata } = pod.metadata;
  const { nodeName: _, ...spec } = pod.spec;
  const [creator] = managedFields as [{ manager: string }];
  const created = await pods.create({ apiVersion, kind, metadata, spec }, { fieldManager: creator.manager });
  const scheduled = (status.conditions as { type: string }[]).filter(({ type }) => type === 'PodScheduled');
  const atBinding = {
    phase: 'Pending',
    ...('qosClass' in status && { qosClass: status.qosClass }),
    ...(scheduled.length > 0 && { conditions: scheduled }),
  };
  const bound = await pods.replaceStatus({ ...created, status: atBinding }, { fieldManager: binding });
  const reported = await pods.replaceStatus({ ...bound, status }, { fieldManager: 'kubelet' });
  return ownershipOf(reported).filter(({ manager }) => manager !== binding);
}

export function ownershipOf({ metadata }: { readonly metadata: { readonly managedFields?: unknown } }): Ownership[] {
  return (metadata.managedFields as Ownership[]).map(({ time: _, ...entry }) => entry);
}
