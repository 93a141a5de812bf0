import type { Measure } from '../lib/contest.ts';
import { clientGo, clientNode, floor, kfc, kubeRs, ours } from '../lib/contestants.ts';
import { columns, eventsPerSecond, figure, heapPerPod, kilobytesPerPod, ratioTo } from './columns.ts';

export const sync: Measure = {
  id: 'sync',
  part: 'bench',
  title: 'Sync of 50,000 pods, then a burst of 20,000 updates',
  about:
    'Everybody gets the same JSON of the embedded server, over HTTP/1.1 without TLS, and keeps what it keeps by default: kube-informer drops ' +
    'managedFields, the others keep them, and parses spec and status when they are first read; in the row "every pod read whole" a handler reads all of each. kube-informer has three handlers and two indexes; its sync ends when every handler has had every ' +
    'pod. The floor splits the stream into lines, parses each as it is and puts it into a map; nothing else. client-node and ' +
    'kubernetes-fluent-client have callbacks and no index. Go and Rust use as many threads as there are cores; CPU ms counts them ' +
    'all. The burst is made as fast as it can be sent. Heap is what is alive, without what the process had before: after collections in JavaScript and Go, as counted by the allocator ' +
    'in Rust. The peak is that of the whole process. `npm run bench:peers` is with Go and Rust, `npm run bench` without.',
  servers: (plan) => ({ main: { kind: 'embedded', pods: plan.scaled(50_000) } }),
  updates: (plan) => plan.scaled(20_000),
  contestants: (plan) => [
    floor,
    ours.default,
    ours.read,
    ours.projected,
    ours.metadata,
    clientNode,
    ...(plan.peers
      ? [
          kfc(),
          ...(['dynamic', 'typed', 'metadata'] as const).map((kind) => clientGo(kind)),
          ...(['dynamic', 'typed', 'metadata'] as const).map(kubeRs),
        ]
      : []),
  ],
  columns: [
    columns.syncMs,
    ratioTo('floor', '/ floor', 'syncMs'),
    columns.cpuMs,
    columns.stallMs,
    columns.heap,
    heapPerPod,
    columns.peakRss,
    eventsPerSecond,
    figure('burst CPU ms', 'burstCpuMs'),
  ],
  goals: (medians) => [
    { what: 'sync, default / floor', value: medians.ratio('syncMs', 'default', 'floor'), atMost: 0.65 },
    { what: 'sync, two fields projected / floor', value: medians.ratio('syncMs', 'projected', 'floor'), atMost: 0.35 },
    { what: 'sync, client-node / default', value: medians.ratio('syncMs', 'client-node', 'default'), atLeast: 4 },
    {
      what: 'peak RSS, default / client-node',
      value: medians.ratio('peakRssBytes', 'default', 'client-node'),
      atMost: 1 / 3,
    },
    { what: 'heap for each pod, default', value: kilobytesPerPod(medians, 'default'), atMost: 5.2, unit: 'KB' },
    { what: 'heap for each pod, projected', value: kilobytesPerPod(medians, 'projected'), atMost: 0.8, unit: 'KB' },
    { what: 'heap for each pod, metadata only', value: kilobytesPerPod(medians, 'metadata'), atMost: 0.8, unit: 'KB' },
    { what: 'burst, updates/s of default / floor', value: medians.ratio('burstMs', 'floor', 'default'), atLeast: 1.4 },
  ],
  plots: [
    { id: 'time', title: 'Time to sync', unit: 'ms', value: columns.syncMs.value },
    { id: 'cpu', title: 'Processor time to sync', unit: 'ms', value: columns.cpuMs.value },
    { id: 'heap', title: 'Heap for each pod', unit: 'KB', value: heapPerPod.value, digits: 2 },
    { id: 'peak', title: 'Peak RSS', unit: 'MB', value: columns.peakRss.value },
    { id: 'burst', title: 'Burst of updates', unit: 'updates/s', value: eventsPerSecond.value },
  ],
};
