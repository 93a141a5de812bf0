import { type RunningServer, startServer } from './arena.ts';
import type { Contestant, Figures, Measure, Plan } from './contest.ts';
import type { Outcome } from './results.ts';

/**
 * Runs a measure: all contestants take turns, so that what the machine does otherwise meets them all, each time in a process of its own,
 * against the same servers. A contestant that can't run or fails once is out, with the reason.
 */
export async function run(
  measure: Measure,
  plan: Plan,
  rounds: number,
  onProgress: (line: string) => void,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly bytesPerPod: Readonly<Record<string, number>> }> {
  const contestants = measure.contestants(plan);
  const outcomes = new Map<Contestant, { figures: Figures[]; reason?: string }>();
  for (const contestant of contestants) {
    const reason = await contestant.prepare?.();
    outcomes.set(contestant, { figures: [], ...(reason !== undefined && { reason }) });
    if (reason !== undefined) onProgress(`${contestant.name} is absent: ${reason}`);
  }
  const servers = new Map<string, RunningServer>();
  try {
    for (const [name, options] of Object.entries(measure.servers?.(plan) ?? {})) {
      onProgress(`${measure.id}: ${options.pods} pods into the ${options.kind} server`);
      servers.set(name, await startServer(options));
    }
    const updates = measure.updates?.(plan) ?? 0;
    for (let round = 1; round <= rounds; round++) {
      for (const [contestant, outcome] of outcomes) {
        if (outcome.reason !== undefined) continue;
        const server = contestant.server === undefined ? [...servers.values()][0] : servers.get(contestant.server);
        const start = performance.now();
        try {
          const figures = await runOnce(contestant, server, updates);
          outcome.figures.push(figures);
          const seconds = ((performance.now() - start) / 1000).toFixed(1);
          onProgress(`${measure.id}: round ${round} of ${rounds}, ${contestant.name}, ${seconds} s`);
        } catch (error) {
          outcome.reason = (error as Error).message;
          onProgress(`${measure.id}: ${contestant.name} failed: ${outcome.reason}`);
        }
      }
    }
  } finally {
    for (const server of servers.values()) await server.stop();
  }
  const bytesPerPod = Object.fromEntries(Array.from(servers, ([name, server]) => [name, server.bytesPerPod]));
  return {
    outcomes: Array.from(outcomes, ([{ id, name, kind = 'ours' }, outcome]) => ({ id, name, kind, ...outcome })),
    bytesPerPod,
  };
}

async function runOnce(contestant: Contestant, server: RunningServer | undefined, updates: number): Promise<Figures> {
  if (!server) {
    return contestant.run({ cluster: { url: '' }, pods: 0, updates: 0, begin: () => {} });
  }
  const { pods } = server.options;
  const figures = await contestant.run({
    cluster: server.cluster,
    pods,
    updates,
    begin: () => server.change(updates),
  });
  return { objects: pods, ...(updates > 0 && { updates }), ...figures };
}
