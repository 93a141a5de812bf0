import type { Measure } from '../lib/contest.ts';
import { nodeContestant } from '../lib/processes.ts';
import { divide, type Medians } from '../lib/statistics.ts';
import { columns, figure } from './columns.ts';

function perCall(medians: Medians, id: string): number | undefined {
  const calls = (medians.of(id, 'objects') ?? 0) * (medians.of(id, 'handlers') ?? 0);
  return divide((medians.of(id, 'cpuMs') ?? 0) * 1e6, calls);
}

export const resync: Measure = {
  id: 'resync',
  part: 'bench',
  title: 'A resync of 20,000 pods',
  about: 'Every handler gets every object of the cache once more. No request is sent.',
  servers: (plan) => ({ main: { kind: 'embedded', pods: plan.scaled(20_000) } }),
  contestants: () =>
    [1, 10, 100].map((handlers) =>
      nodeContestant({
        id: `of-${handlers}`,
        name: `kube-informer, ${handlers} ${handlers === 1 ? 'handler' : 'handlers'}`,
        module: 'resync.ts',
        options: { handlers },
      }),
    ),
  columns: [figure('resync ms', 'resyncMs', 1), { title: 'CPU ns/handler call', value: perCall }, columns.stallMs],
  goals: () => [],
  plots: [],
};
