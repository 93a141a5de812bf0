import type { Measure } from '../lib/contest.ts';
import { ours } from '../lib/contestants.ts';
import { columns } from './columns.ts';

export const stall: Measure = {
  id: 'stall',
  part: 'bench',
  title: 'The event loop while 100,000 pods are synced',
  about:
    'How long a timer of one millisecond came late: the longest time, and that of one in a hundred. Leases are renewed and probes are ' +
    'answered in between. The collector of V8 moving a growing heap is part of it.',
  servers: (plan) => ({ main: { kind: 'embedded', pods: plan.scaled(100_000) } }),
  contestants: () => [ours.default, ours.projected],
  columns: [columns.stallMs, columns.stallP99Ms, columns.syncMs],
  goals: (medians) => [
    { what: 'longest stall, default', value: medians.of('default', 'stallMs'), atMost: 25, unit: 'ms' },
    { what: 'stall p99, default', value: medians.of('default', 'stallP99Ms'), atMost: 12, unit: 'ms' },
  ],
  plots: [
    { id: 'longest', title: 'Longest stall of the event loop', unit: 'ms', value: columns.stallMs.value, digits: 1 },
  ],
};
