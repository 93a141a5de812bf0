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

  it('name every field, map, struct and list item that was set, and atomic ones as a whole', () => {
    const { metadata } = managed(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: 'p',
          namespace: 'n',
          labels: { app: 'x' },
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u' }],
        },
        spec: {
          nodeName: 'node',
          nodeSelector: { zone: 'a' },
          containers: [
            {
              name: 'c',
              args: ['--x'],
              env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
              resources: {},
              livenessProbe: { httpGet: { path: '/', port: 80 } },
            },
          ],
          tolerations: [{ operator: 'Exists' }],
          securityContext: { fsGroup: 1 },
        },
        status: { phase: 'Running', podIP: '10.0.0.1', containerStatuses: [{ name: 'c', ready: true }] },
      },
      'someone',
    );
    const fields = (metadata.managedFields as { fieldsV1: object }[]).map(({ fieldsV1 }) => fieldsV1);
    // As a real API server wrote them.
    expect(fields).toEqual([
      {
        'f:metadata': {
          'f:labels': { '.': {}, 'f:app': {} },
          'f:ownerReferences': { '.': {}, 'k:{"uid":"u"}': {} },
        },
        'f:spec': {
          'f:nodeSelector': {},
          'f:containers': {
            'k:{"name":"c"}': {
              '.': {},
              'f:name': {},
              'f:args': {},
              'f:env': {
                '.': {},
                'k:{"name":"E"}': { '.': {}, 'f:name': {}, 'f:valueFrom': { '.': {}, 'f:fieldRef': {} } },
              },
              'f:resources': {},
              'f:livenessProbe': { '.': {}, 'f:httpGet': { '.': {}, 'f:path': {}, 'f:port': {} } },
            },
          },
          'f:tolerations': {},
          'f:securityContext': { '.': {}, 'f:fsGroup': {} },
        },
      },
      { 'f:status': { 'f:phase': {}, 'f:podIP': {}, 'f:containerStatuses': {} } },
    ]);
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
