import type { Measure } from '../lib/contest.ts';
import { clientNode, informer } from '../lib/contestants.ts';
import { divide } from '../lib/statistics.ts';
import { columns } from './columns.ts';

export const largeList: Measure = {
  id: 'large-list',
  part: 'bench',
  title: 'A list of 150,000 pods in one namespace, over 512 MB of JSON',
  about:
    'Longer than the longest string of V8, so it can be neither one string nor one JSON.parse. Once as a stream of the initial state, once ' +
    'as a list in pages. RSS is that after the sync and a collection.',
  servers: (plan) => ({ main: { kind: 'embedded', pods: plan.scaled(150_000), namespaces: 1 } }),
  contestants: () => [
    informer('streamed', 'initial state streamed'),
    informer('listed', 'listed', { streamInitialState: false }),
    clientNode,
  ],
  columns: [columns.syncMs, columns.stallMs, columns.heap, columns.rss, columns.peakRss],
  goals: (medians) =>
    ['streamed', 'listed'].map((id) => ({
      what: `peak RSS / final, ${id}`,
      value: divide(medians.of(id, 'peakRssBytes'), medians.of(id, 'rssBytes')),
      atMost: 1.5,
    })),
  plots: [{ id: 'peak', title: 'Peak RSS', unit: 'MB', value: columns.peakRss.value }],
};
