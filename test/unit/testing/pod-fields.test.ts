import { describe, expect, it } from 'vitest';
import { variedPods } from '../../../bench/lib/pods.ts';
import { KubeClient } from '../../../src/index.ts';
import { ApiServer, makePod } from '../../../src/testing/index.ts';
import { managed, unmanagedPod } from '../../../src/testing/pods.ts';
import { ownershipOf, writeAsCluster } from '../../support/pod-writers.ts';

describe('the managed fields of generated pods', () => {
  it('are those that the embedded server notes when a cluster writes these pods', async () => {
    await using server = await ApiServer.start();
    const client = new KubeClient(server.kubeConfig());
    const pods = [...Array.from({ length: 20 }, (_, index) => makePod(index)), ...variedPods(60, { seed: 2 })];
    for (const [index, pod] of pods.entries()) {
      const written = await writeAsCluster(client, { ...pod, metadata: { ...pod.metadata, name: `pod-${index}` } });
      expect(written, pod.metadata.name).toEqual(ownershipOf(pod));
    }
    await client.close();
  });

  it('are of whoever created the pod, and of the kubelet, at the time of the first and the last transition', () => {
    const pod = unmanagedPod(3, 1);
    const conditions = [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-03-01T00:00:05Z' },
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-03-01T00:00:09Z' },
      { type: 'Initialized', status: 'True', lastTransitionTime: '2026-03-01T00:00:06Z' },
    ];
    const { metadata } = managed({ ...pod, status: { ...pod.status, conditions } }, 'someone');
    expect(metadata.managedFields).toMatchObject([
      { manager: 'someone', time: '2026-03-01T00:00:05Z' },
      { manager: 'kubelet', time: '2026-03-01T00:00:09Z', subresource: 'status' },
    ]);
  });

  it('name the list of conditions only if the kubelet made it, and no condition that is not its own', () => {
    const pod = unmanagedPod(3, 1);
    const listOf = (...types: string[]) => {
      const conditions = types.map((type) => ({ type, lastTransitionTime: '2026-03-01T00:00:05Z' }));
      const { metadata } = managed({ ...pod, status: { phase: 'Running', conditions } }, 'someone');
      const [, kubelet] = metadata.managedFields as { fieldsV1: { 'f:status': Record<string, object> } }[];
      return Object.keys(kubelet?.fieldsV1['f:status']['f:conditions'] ?? {});
    };
    expect(listOf('Ready')).toEqual(['.', 'k:{"type":"Ready"}']);
    expect(listOf('Ready', 'PodScheduled')).toEqual(['k:{"type":"Ready"}']);
    expect(listOf('PodScheduled')).toEqual([]);
  });
});
