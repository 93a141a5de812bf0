import type { Measure } from '../lib/contest.ts';
import { informer } from '../lib/contestants.ts';
import { columns, figure } from './columns.ts';

export const consumers: Measure = {
  id: 'consumers',
  part: 'bench',
  title: 'One consumer and a hundred',
  about:
    'Parts of a program that each ask the factory for the informer of pods and add a handler of their own: one watch, one cache. Then a burst ' +
    'of 20,000 updates, each given to every handler.',
  servers: (plan) => ({ main: { kind: 'embedded', pods: plan.scaled(20_000) } }),
  updates: (plan) => plan.scaled(20_000),
  contestants: () =>
    [1, 10, 100].map((count) =>
      informer(`of-${count}`, `${count} ${count === 1 ? 'consumer' : 'consumers'}`, { consumers: count, handlers: 1 }),
    ),
  columns: [
    columns.syncMs,
    columns.heap,
    columns.peakRss,
    figure('burst ms', 'burstMs'),
    figure('burst CPU ms', 'burstCpuMs'),
    {
      title: 'CPU µs/handler call',
      digits: 2,
      value: (medians, id) => {
        const [cpu, updates] = [medians.of(id, 'burstCpuMs'), medians.of(id, 'updates')];
        return cpu === undefined || updates === undefined ? undefined : (cpu * 1000) / updates / Number(id.slice(3));
      },
    },
  ],
  goals: (medians) => [
    { what: 'heap, 100 consumers / 1', value: medians.ratio('heapBytes', 'of-100', 'of-1'), atMost: 1.02 },
  ],
  plots: [
    {
      id: 'burst',
      title: '20,000 updates to every handler, processor time',
      unit: 'ms',
      value: figure('', 'burstCpuMs').value,
    },
  ],
};
