import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { load } from './query/load.ts';
import { pathsOf, type Shape, startBare, startService } from './query/servers.ts';

/**
 * npm run bench:query [-- --rounds 5] [--seconds 2] [--namespaces 20] [--writes 0] [--connections 16]
 *
 * Exact gets and lists of a namespace (100 pods) per second from the watcher, and from a bare node:http server that has the same answers in memory, in turns.
 * Each server is a process of its own. Prints the median of both and their ratio; ends with 1 if a ratio is below its goal.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    namespaces: { type: 'string', default: '20' },
    writes: { type: 'string', default: '0' },
    connections: { type: 'string', default: '16' },
    role: { type: 'string' },
  },
});

const shape: Shape = { namespaces: Number(values.namespaces), writes: Number(values.writes) };
const goals = { get: 0.7, list: 0.6 };

if (values.role === 'service') process.send!(await startService(shape));
else if (values.role === 'bare') {
  process.once('message', async (entries) => {
    const answers = (entries as [string, string][]).map(([path, body]): [string, Buffer] => [path, Buffer.from(body)]);
    process.send!(await startBare(new Map(answers)));
  });
} else await measure();

async function measure(): Promise<void> {
  const [service, origin] = await start('service');
  const paths = pathsOf(shape);
  const answers = await Promise.all(
    [...paths.get, ...paths.list].map(async (path) => [path, await (await fetch(origin + path)).text()] as const),
  );
  const [bare, bareOrigin] = await start('bare', answers);
  let failed = false;
  for (const what of ['get', 'list'] as const) {
    const rates = { service: [] as number[], bare: [] as number[] };
    for (let round = 0; round <= Number(values.rounds); round++) {
      for (const who of round % 2 ? (['bare', 'service'] as const) : (['service', 'bare'] as const)) {
        const result = await load(who === 'bare' ? bareOrigin : origin, paths[what], {
          connections: Number(values.connections),
          duration: Number(values.seconds) * 1_000,
        });
        if (result.failures > 0) throw new Error(`${result.failures} answers of ${who} were no 200`);
        // The first round is to warm up.
        if (round > 0) rates[who].push(result.perSecond);
      }
    }
    const ratio = median(rates.service.map((rate, at) => rate / rates.bare[at]!));
    const verdict = ratio >= goals[what] ? 'ok' : `below ${goals[what]}`;
    failed ||= ratio < goals[what];
    console.log(
      `${what.padEnd(5)} ${Math.round(median(rates.service))}/s of ${Math.round(median(rates.bare))}/s bare, ratio ${ratio.toFixed(2)} (goal ${goals[what]}): ${verdict}`,
    );
  }
  service.kill();
  bare.kill();
  process.exitCode = failed ? 1 : 0;
}

async function start(role: 'service' | 'bare', message?: unknown): Promise<[ChildProcess, string]> {
  const child = fork(process.argv[1]!, [...process.argv.slice(2), '--role', role]);
  if (message !== undefined) child.send(message as object);
  const [origin] = (await once(child, 'message')) as [string];
  return [child, origin];
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
