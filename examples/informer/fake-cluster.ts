import { type Clock, sleep } from 'kube-informer';
import type { ApiServer } from 'kube-informer/testing';

const keys = [
  'default/foo-sample-688594b488-782kw',
  'kube-system/coredns-558bd4d5db-8q78s',
  'kube-system/coredns-558bd4d5db-b4wjg',
  'kube-system/etcd-kind-control-plane',
  'kube-system/kindnet-nzc7p',
  'kube-system/kube-apiserver-kind-control-plane',
  'kube-system/kube-controller-manager-kind-control-plane',
  'kube-system/kube-proxy-vrcbc',
  'kube-system/kube-scheduler-kind-control-plane',
  'local-path-storage/local-path-provisioner-547f784dff-lhwfk',
];

/** The pods of a small cluster that runs one application. */
export function tutorialPods(): ReturnType<typeof pod>[] {
  return keys.map((key) => {
    const [namespace = '', name = ''] = key.split('/');
    return pod(namespace, name);
  });
}

/** What `kubectl run nginx` does, and nine seconds later `kubectl delete pod nginx`, as scheduler and kubelet answer to it. */
export async function aPodComesAndGoes(server: ApiServer, clock: Clock, signal: AbortSignal): Promise<void> {
  const change = (patch: object) => () => {
    server.patchObject('pods', 'default', 'nginx', patch);
  };
  const steps: readonly [after: number, step: () => void][] = [
    [12_000, () => server.create(pod('default', 'nginx'))],
    [0, change({ spec: { nodeName: 'kind-control-plane' } })],
    [0, change({ status: { phase: 'Running', podIP: '10.244.0.7' } })],
    [9_000, () => server.delete('pods', 'default', 'nginx', { gracePeriodSeconds: 30 })],
    [1_000, change({ status: { conditions: [{ type: 'Ready', status: 'False' }] } })],
    [1_000, change({ status: { phase: 'Succeeded' } })],
    [0, () => server.delete('pods', 'default', 'nginx')],
  ];
  for (const [after, step] of steps) {
    if (after > 0 && !(await sleep(clock, after, signal))) return;
    step();
  }
}

function pod(namespace: string, name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] },
  };
}
