import type { Measure } from '../lib/contest.ts';
import { informer } from '../lib/contestants.ts';
import { columns, heapPerPod } from './columns.ts';

const servers = { one: [1], some: undefined, ten: [10] } as const;
const names = { one: 'each of its own owner', some: 'of owners as elsewhere', ten: 'ten of an owner' } as const;
const views = { full: 'default', projected: 'two fields projected', metadata: 'metadata only' } as const;

type Server = keyof typeof servers;
type View = keyof typeof views;

const serverIds = Object.keys(servers) as Server[];
const viewIds = Object.keys(views) as View[];

export const owners: Measure = {
  id: 'owners',
  part: 'bench',
  title: 'What pods of one owner have in common',
  about:
    'Pods of one ReplicaSet have their labels, annotations and owner in common, but for their names, addresses and times; kube-informer keeps what is equal once. In all other tables an owner has ' +
    'from 1 to 20 pods, 4.7 on average. Here are 50,000 pods with such owners, with owners of one pod each, the worst that can be, and with owners of ten.',
  servers: (plan) =>
    Object.fromEntries(
      serverIds.map((id) => [
        id,
        { kind: 'embedded', pods: plan.scaled(50_000), ...(servers[id] && { replicas: servers[id] }) },
      ]),
    ),
  contestants: () =>
    viewIds.flatMap((as) =>
      serverIds.map((server) => informer(`${as}-${server}`, `${views[as]}, ${names[server]}`, { as }, { server })),
    ),
  columns: [columns.syncMs, columns.cpuMs, columns.heap, heapPerPod],
  goals: () => [],
  plots: [{ id: 'heap', title: 'Heap for each pod', unit: 'KB', value: heapPerPod.value, digits: 2 }],
};
