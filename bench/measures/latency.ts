import type { Measure } from '../lib/contest.ts';
import { nodeContestant } from '../lib/processes.ts';
import { figure } from './columns.ts';

export const latency: Measure = {
  id: 'latency',
  part: 'bench',
  title: 'From a change to its handler, at 100 changes a second',
  about:
    'A pod among 10,000 is patched; the clock runs from before the request to the call of the handler, so it has the whole of the request in ' +
    'it too. 500 changes in a run.',
  servers: (plan) => ({ main: { kind: 'embedded', pods: plan.scaled(10_000) } }),
  contestants: (plan) => [
    nodeContestant({
      id: 'default',
      name: 'kube-informer',
      module: 'latency.ts',
      options: { perSecond: 100, changes: plan.scaled(500) },
    }),
  ],
  columns: [figure('median ms', 'medianMs', 2), figure('p99 ms', 'p99Ms', 2), figure('longest ms', 'longestMs', 2)],
  goals: (medians) => [{ what: 'p99', value: medians.of('default', 'p99Ms'), atMost: 50, unit: 'ms' }],
  plots: [],
};
