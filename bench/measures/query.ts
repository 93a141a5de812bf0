import type { Measure } from '../lib/contest.ts';
import { nodeContestant } from '../lib/processes.ts';
import { figure } from './columns.ts';

export const query: Measure = {
  id: 'query',
  part: 'bench',
  title: 'Queries of the watcher',
  about:
    'Requests over 16 kept connections, by turns to the watcher and to a bare node:http server that has the same answers ready in memory: ' +
    'single pods, and lists of a namespace with 100 pods. `npm run bench:query` has more to choose.',
  contestants: (plan) =>
    (['bare', 'service'] as const).map((who) =>
      nodeContestant({
        id: who,
        kind: who === 'bare' ? 'yardstick' : 'ours',
        name: who === 'bare' ? 'bare node:http' : 'kube-informer, watcher',
        module: 'query.ts',
        options: { who, namespaces: Math.min(20, plan.scaled(20)), seconds: Math.min(2, plan.scaled(200) / 100) },
      }),
    ),
  columns: [figure('gets/s', 'getPerSecond'), figure('lists of 100/s', 'listPerSecond')],
  goals: (medians) => [
    { what: 'gets, watcher / bare', value: medians.ratio('getPerSecond', 'service', 'bare'), atLeast: 0.7 },
    { what: 'lists, watcher / bare', value: medians.ratio('listPerSecond', 'service', 'bare'), atLeast: 0.6 },
  ],
  plots: [],
};
