import type { Measure } from '../lib/contest.ts';
import { nodeContestant } from '../lib/processes.ts';
import { divide } from '../lib/statistics.ts';
import { figure } from './columns.ts';

const contestant = (store: 'indexer' | 'map', objects: number, title: string) =>
  nodeContestant({
    kind: store === 'map' ? 'yardstick' : 'ours',
    id: `${store === 'map' ? 'plain-map' : 'indexer'}-${title}`,
    name: `${store === 'map' ? 'a plain Map' : 'kube-informer, Indexer'}, ${title} objects`,
    module: 'lookup.ts',
    options: { store, objects },
    execArgv: ['--max-old-space-size=8000'],
  });

export const lookup: Measure = {
  id: 'lookup',
  part: 'bench',
  title: 'Lookups among 100,000 pods',
  about:
    'All keys in another order than that of the cache, as strings of their own, so that nothing is warm: most of the time is the processor ' +
    'waiting for memory, as it would be in a program. An index is asked for values with 100 objects each, and all of them are looked at.',
  contestants: (plan) => [
    contestant('map', plan.scaled(100_000), '100k'),
    contestant('indexer', plan.scaled(10_000), '10k'),
    contestant('indexer', plan.scaled(100_000), '100k'),
  ],
  columns: [
    figure('get by key, ns', 'getNs'),
    figure('by index, ns/result', 'indexResultNs'),
    figure('by index, 100 results, µs', 'indexMs', 1, 1e-3),
    figure('the same by a scan, µs', 'scanMs', 0, 1e-3),
  ],
  goals: (medians) => [
    { what: 'get by key', value: divide(medians.of('indexer-100k', 'getNs'), 1000), atMost: 0.3, unit: 'µs' },
    {
      what: 'a result of an index, among 100,000 / among 10,000',
      value: medians.ratio('indexResultNs', 'indexer-100k', 'indexer-10k'),
      atMost: 3,
    },
    {
      what: 'a scan / 100 results by index, among 100,000',
      value: divide(medians.of('indexer-100k', 'scanMs'), medians.of('indexer-100k', 'indexMs')),
      atLeast: 100,
    },
  ],
  plots: [],
};
