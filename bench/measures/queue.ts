import type { Measure } from '../lib/contest.ts';
import { nodeContestant } from '../lib/processes.ts';
import { figure } from './columns.ts';

export const queue: Measure = {
  id: 'queue',
  part: 'bench',
  title: 'Work queues, and a controller that is asked 100,000 times',
  about:
    'An item is added, taken and finished; a plain array and a Map that drops what is equal are the least that a queue could be. The controller is ' +
    'asked for 1,000 objects in bursts and reconciles eight at a time: every object at least once, none twice at a time.',
  contestants: (plan) => [
    nodeContestant({
      id: 'queue',
      name: 'kube-informer',
      module: 'queue.ts',
      options: { keys: plan.scaled(100_000), distinct: plan.scaled(1_000) },
    }),
  ],
  columns: [
    figure('array ns/item', 'arrayNs'),
    figure('Map ns/item', 'mapNs'),
    figure('queue ns/item', 'fifoNs'),
    figure('ageing queue ns/item', 'ageingNs'),
    figure('10,000 adds ms', 'fifoAddsMs', 2),
    figure('ageing, ms', 'ageingAddsMs', 2),
    figure('controller ns/request', 'requestNs'),
  ],
  goals: (medians) => [
    { what: 'objects that were not reconciled', value: medians.of('queue', 'missed'), atMost: 0 },
    { what: 'runs of one object at the same time', value: medians.of('queue', 'overlaps'), atMost: 0 },
  ],
  plots: [],
};
