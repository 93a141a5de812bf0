import type { Measure } from '../lib/contest.ts';
import { ours } from '../lib/contestants.ts';
import { columns, figure } from './columns.ts';

export const stall: Measure = {
  id: 'stall',
  part: 'bench',
  title: 'The event loop while 100,000 pods are synced',
  about:
    'How long a timer of one millisecond came late: the longest time, and that of one in a hundred. Leases are renewed and probes are ' +
    'answered in between. The collector of V8, which stops the world while it moves what is young, is part of it, and shown apart. The goals are ' +
    'held against the default; below it is the same with a smaller young generation, which is what the guide to production advises.',
  servers: (plan) => ({ main: { kind: 'embedded', pods: plan.scaled(100_000) } }),
  contestants: () => [ours.default, ours.smallYoung, ours.projected],
  columns: [
    columns.stallMs,
    columns.stallP99Ms,
    figure('longest pause of the collector ms', 'longestPauseMs', 1),
    figure('all pauses ms', 'pausesMs'),
    columns.syncMs,
    columns.cpuMs,
    columns.peakRss,
  ],
  goals: (medians) => [
    { what: 'longest stall, default', value: medians.of('default', 'stallMs'), atMost: 25, unit: 'ms' },
    { what: 'stall p99, default', value: medians.of('default', 'stallP99Ms'), atMost: 12, unit: 'ms' },
  ],
  plots: [
    { id: 'longest', title: 'Longest stall of the event loop', unit: 'ms', value: columns.stallMs.value, digits: 1 },
  ],
};
