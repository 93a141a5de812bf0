import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Cluster } from './cluster.ts';
import type { Assignment, Measurement } from './measure.ts';

/**
 * npm run bench [-- --pods 50000 --updates 20000 --rounds 5] [--real] [--json FILE]
 *
 * All contestants in processes of their own, against the same server, taking turns; medians. Ratios are to the floor of the same run. The server is
 * the embedded one, or with `--real` the real Kubernetes API server of `npm run apiserver`, whose own pace then limits the burst.
 */
const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '50000' },
    updates: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    real: { type: 'boolean', default: false },
  },
});
const [pods, updates, rounds] = [Number(values.pods), Number(values.updates), Number(values.rounds)];

interface Contestant {
  readonly name: string;
  readonly module: string;
  readonly args: readonly string[];
}
const contestants: readonly Contestant[] = [
  { name: 'floor: split, JSON.parse, Map.set', module: 'floor.ts', args: [] },
  { name: 'kube-informer, 3 handlers, 2 indexes', module: 'informer.ts', args: ['full'] },
  { name: 'kube-informer, metadata only', module: 'informer.ts', args: ['metadata'] },
];

const server = fork(new URL(values.real ? './server-real.ts' : './server.ts', import.meta.url), [String(pods)], {
  execArgv: ['--conditions=source'],
});
const [{ cluster, bytesPerPod }] = (await once(server, 'message')) as [{ cluster: Cluster; bytesPerPod: number }];
console.log(
  `${pods} pods of ${(bytesPerPod / 1000).toFixed(1)} KB, then ${updates} updates; ${rounds} rounds, medians. ` +
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB.\n`,
);

const results = new Map<string, Measurement[]>(contestants.map(({ name }) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const contestant of contestants) results.get(contestant.name)!.push(await compete(contestant));
  process.stderr.write(`round ${round + 1} of ${rounds}\r`);
}
server.disconnect();

async function compete({ module, args }: Contestant): Promise<Measurement> {
  const assignment: Assignment = { cluster, pods, updates };
  const child = fork(new URL(`./contestants/${module}`, import.meta.url), [JSON.stringify(assignment), ...args], {
    execArgv: ['--conditions=source'],
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message: 'synced' | Measurement) => {
      if (message === 'synced') server.send(updates);
      else resolve(message);
    });
    child.on('exit', (code) => reject(new Error(`${module} ended with ${code} before it had a result`)));
  });
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

const medians = new Map<string, Measurement>();
for (const [name, measurements] of results) {
  const of = (key: keyof Measurement) => median(measurements.map((measurement) => measurement[key]));
  medians.set(name, {
    syncMs: of('syncMs'),
    syncCpuMs: of('syncCpuMs'),
    syncStallMs: of('syncStallMs'),
    syncStallP99Ms: of('syncStallP99Ms'),
    burstMs: of('burstMs'),
    burstStallMs: of('burstStallMs'),
    heapBytes: of('heapBytes'),
    rssBytes: of('rssBytes'),
    peakRssBytes: of('peakRssBytes'),
    baseHeapBytes: of('baseHeapBytes'),
  });
}
const floor = medians.get(contestants[0]!.name)!;
const mega = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
console.table(
  Object.fromEntries(
    Array.from(medians, ([name, m]) => [
      name,
      {
        'sync ms': Math.round(m.syncMs),
        '/ floor': (m.syncMs / floor.syncMs).toFixed(2),
        'CPU ms': Math.round(m.syncCpuMs),
        'stall ms': m.syncStallMs.toFixed(1),
        'stall p99': m.syncStallP99Ms.toFixed(1),
        'burst events/s': Math.round((updates / m.burstMs) * 1000),
        '× floor': (floor.burstMs / m.burstMs).toFixed(2),
        'burst stall ms': m.burstStallMs.toFixed(1),
        'heap after gc': mega(m.heapBytes - m.baseHeapBytes),
        'heap KB/pod': ((m.heapBytes - m.baseHeapBytes) / 1000 / pods).toFixed(2),
        'peak RSS': mega(m.peakRssBytes),
      },
    ]),
  ),
);
if (values.json) {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(
    values.json,
    `${JSON.stringify({ pods, updates, rounds, bytesPerPod, medians: Object.fromEntries(medians) }, null, 2)}\n`,
  );
}
