import type { Measure } from '../lib/contest.ts';
import { nodeContestant } from '../lib/processes.ts';
import { divide } from '../lib/statistics.ts';
import { figure } from './columns.ts';

const id = 'manager';

export const manager: Measure = {
  id,
  part: 'bench',
  title: 'A manager with a thousand owners',
  about:
    'Each owner watches a Deployment of its own, all in one namespace; the watches are counted by the server, which is in the same process. Then ' +
    '10,000 further watches of the same objects are added, and watches are found by their keys among 1,000 and among 100,000.',
  contestants: (plan) => [
    nodeContestant({
      id,
      name: 'kube-informer, Manager',
      module: 'manager.ts',
      options: { owners: plan.scaled(1_000) },
    }),
  ],
  columns: [
    figure('watches opened', 'opened'),
    figure('in the end', 'atLast'),
    figure('all told, ms', 'syncMs'),
    figure('10,000 added, ms of CPU', 'addMs'),
    figure('found among 1,000, ns', 'fewNs'),
    figure('found among 100,000, ns', 'manyNs'),
  ],
  goals: (medians) => [
    { what: 'watches that are opened', value: medians.of(id, 'opened'), atMost: 11 },
    { what: 'watches in the end', value: medians.of(id, 'atLast'), atMost: 1 },
    { what: '10,000 watches added, CPU', value: medians.of(id, 'addMs'), atMost: 1_000, unit: 'ms' },
    {
      what: 'found by key, among 100,000 / among 1,000',
      value: divide(medians.of(id, 'manyNs'), medians.of(id, 'fewNs')),
      atMost: 3,
    },
  ],
  plots: [],
};
