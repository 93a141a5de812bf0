import type { Measure } from '../lib/contest.ts';
import { informer } from '../lib/contestants.ts';
import { divide, type Medians } from '../lib/statistics.ts';
import { columns, heapPerPod, kilobytesPerPod } from './columns.ts';

const counts = [10_000, 50_000, 200_000] as const;

function microsecondsPerPod(medians: Medians, contestant: string): number | undefined {
  return divide(medians.of(contestant, 'cpuMs'), divide(medians.of(contestant, 'objects'), 1000));
}

/** How much more an object costs in a larger cache than in a smaller one; of all pairs, the worst. 1: growth is linear or better. */
function worst(cost: (contestant: string) => number | undefined): number | undefined {
  const costs = counts.map((count) => cost(`of-${count}`));
  const ratios = costs.flatMap((larger, index) => costs.slice(0, index).map((smaller) => divide(larger, smaller)));
  return ratios.some((ratio) => ratio === undefined) ? undefined : Math.max(...(ratios as number[]));
}

export const growth: Measure = {
  id: 'growth',
  part: 'bench',
  title: 'Growth from 10,000 to 200,000 pods',
  about:
    'What one object costs in caches of three sizes. The goal is that an object of a larger cache costs at most 15 % more than one of ' +
    'a smaller: nothing that grows faster than the number of objects.',
  servers: (plan) =>
    Object.fromEntries(counts.map((count) => [`of-${count}`, { kind: 'embedded', pods: plan.scaled(count) }])),
  contestants: () =>
    counts.map((count) =>
      informer(`of-${count}`, `${count.toLocaleString('en-US')} pods`, {}, { server: `of-${count}` }),
    ),
  columns: [
    columns.syncMs,
    columns.cpuMs,
    { title: 'CPU µs/pod', digits: 1, value: microsecondsPerPod },
    columns.heap,
    heapPerPod,
    columns.peakRss,
    columns.stallMs,
  ],
  goals: (medians) => [
    { what: 'heap for each pod, larger / smaller', value: worst((id) => kilobytesPerPod(medians, id)), atMost: 1.15 },
    { what: 'CPU for each pod, larger / smaller', value: worst((id) => microsecondsPerPod(medians, id)), atMost: 1.15 },
  ],
  plots: [
    { id: 'cpu', title: 'Processor time for each pod', unit: 'µs', value: microsecondsPerPod, digits: 1 },
    { id: 'heap', title: 'Heap for each pod', unit: 'KB', value: heapPerPod.value, digits: 2 },
  ],
};
