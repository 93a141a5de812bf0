import type { Measure } from '../lib/contest.ts';
import { clientGo, clientNode, floor, kfc, kubeRs, ours } from '../lib/contestants.ts';
import { columns, eventsPerSecond, figure, heapPerPod, ratioTo } from './columns.ts';

export const peers: Measure = {
  id: 'peers',
  part: 'peers',
  title: 'The same with informers in Go and Rust, and all of JavaScript',
  about:
    'Everybody gets the same JSON of the embedded server, over HTTP/1.1 without TLS, and keeps what it keeps by default: all others keep ' +
    'managedFields, kube-informer drops them, and kubernetes-fluent-client has one callback and no index. Go and Rust use as many ' +
    'threads as there are cores; CPU ms counts them all. Heap is what is alive: after collections in JavaScript and Go, as counted by ' +
    'the allocator in Rust.',
  servers: (plan) => ({ main: { kind: 'embedded', pods: plan.scaled(50_000) } }),
  updates: (plan) => plan.scaled(20_000),
  contestants: () => [
    floor(),
    ours.default,
    ours.projected,
    ours.metadata,
    clientNode,
    kfc(),
    clientGo('dynamic'),
    clientGo('typed'),
    clientGo('metadata'),
    kubeRs('dynamic'),
    kubeRs('typed'),
    kubeRs('metadata'),
  ],
  columns: [
    columns.syncMs,
    ratioTo('default', '/ kube-informer', 'syncMs'),
    columns.cpuMs,
    columns.heap,
    heapPerPod,
    columns.peakRss,
    eventsPerSecond,
    figure('burst CPU ms', 'burstCpuMs'),
  ],
  goals: (medians) => [
    { what: 'sync, client-node / default', value: medians.ratio('syncMs', 'client-node', 'default'), atLeast: 4 },
    {
      what: 'peak RSS, default / client-node',
      value: medians.ratio('peakRssBytes', 'default', 'client-node'),
      atMost: 1 / 3,
    },
  ],
  plots: [
    { id: 'time', title: 'Time to sync', unit: 'ms', value: columns.syncMs.value },
    { id: 'cpu', title: 'Processor time to sync', unit: 'ms', value: columns.cpuMs.value },
    { id: 'heap', title: 'Heap for each pod', unit: 'KB', value: heapPerPod.value, digits: 1 },
    { id: 'peak', title: 'Peak RSS', unit: 'MB', value: columns.peakRss.value },
  ],
};
