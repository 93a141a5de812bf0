import type { Measure } from '../lib/contest.ts';
import { clientGo, clientNode, kubeRs, ours } from '../lib/contestants.ts';
import { columns, heapPerPod } from './columns.ts';

export const real: Measure = {
  id: 'real',
  part: 'real',
  title: 'Sync of 50,000 pods of 4 KB from a real Kubernetes API server',
  about:
    'The API server of Kubernetes 1.36 with etcd (tools/apiserver.ts), on the same machine, over TLS. Typed and metadata informers of ' +
    'client-go ask for protobuf unless told otherwise, as they do by default. The time to sync is that of server and client together, so ' +
    "the client's processor time is what to compare.",
  servers: (plan) => ({ main: { kind: 'real', pods: plan.scaled(50_000), meanBytes: 4_600 } }),
  contestants: () => [
    ours.default,
    ours.projected,
    ours.metadata,
    clientNode,
    clientGo('dynamic'),
    clientGo('typed'),
    clientGo('typed-protobuf'),
    clientGo('typed-protobuf', { strip: true }),
    clientGo('metadata-protobuf'),
    kubeRs('dynamic'),
    kubeRs('typed'),
  ],
  columns: [columns.syncMs, columns.cpuMs, columns.heap, heapPerPod, columns.rss, columns.peakRss],
  goals: (medians) => {
    const [dynamic, typed] = ['client-go-dynamic', 'client-go-typed-protobuf'];
    const goal = (figure: 'cpuMs' | 'heapBytes', contestant: string, to: string, atMost: number) => ({
      what: `${figure === 'cpuMs' ? 'CPU' : 'heap'}, ${contestant} / ${to}`,
      value: medians.ratio(figure, contestant, to),
      atMost,
    });
    return [
      goal('cpuMs', 'default', dynamic, 0.15),
      goal('heapBytes', 'default', dynamic, 0.12),
      goal('cpuMs', 'default', typed, 0.85),
      goal('heapBytes', 'default', typed, 0.4),
      goal('cpuMs', 'projected', typed, 0.6),
      goal('heapBytes', 'projected', typed, 0.1),
    ];
  },
  plots: [
    { id: 'cpu', title: 'Processor time to sync', unit: 'ms', value: columns.cpuMs.value },
    { id: 'heap', title: 'Heap', unit: 'MB', value: columns.heap.value },
    { id: 'peak', title: 'Peak RSS', unit: 'MB', value: columns.peakRss.value },
  ],
};
