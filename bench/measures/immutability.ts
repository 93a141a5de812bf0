import type { Measure } from '../lib/contest.ts';
import { informer } from '../lib/contestants.ts';
import { columns, figure, heapPerPod, ratioTo } from './columns.ts';

export const immutability: Measure = {
  id: 'immutability',
  part: 'bench',
  title: 'What it costs to have the cache kept from being written to',
  about:
    '`freeze` freezes every object before anybody sees it, `detect` compares it with a copy after each call: for tests.',
  servers: (plan) => ({ main: { kind: 'embedded', pods: plan.scaled(20_000) } }),
  updates: (plan) => plan.scaled(20_000),
  contestants: () =>
    (['off', 'freeze', 'detect'] as const).map((mode) =>
      informer(mode, `immutability: ${mode}`, { immutability: mode }),
    ),
  columns: [
    columns.syncMs,
    ratioTo('off', '/ off', 'syncMs'),
    columns.stallMs,
    heapPerPod,
    figure('burst ms', 'burstMs'),
    ratioTo('off', '/ off', 'burstMs'),
  ],
  goals: () => [],
  plots: [{ id: 'sync', title: 'Time to sync 20,000 pods', unit: 'ms', value: columns.syncMs.value }],
};
