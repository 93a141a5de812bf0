import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { memoryInUse, openWatches } from './query/clients.ts';
import { load } from './query/load.ts';
import { pathsOf, type Shape, startBare, startService } from './query/servers.ts';

/**
 * npm run bench:query [-- --only get,list,clients] [--rounds 5] [--seconds 2] [--namespaces 20] [--writes 0] [--connections 16] [--clients 1000]
 *
 * Exact gets and lists of a namespace (100 pods) per second from the watcher, and from a bare node:http server that has the same answers in memory, in turns.
 * Each server is a process of its own. Prints the medians of both and their ratios: of the requests in a second, and of the processor time that the server's
 * process spends on one, which tells more where the machine has something else to do. Ends with 1 if both ratios are below the goal.
 *
 * `clients`: how much memory of the service so many idle watches of a namespace cost, half of them lines of JSON, half server-sent events.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    namespaces: { type: 'string', default: '20' },
    writes: { type: 'string', default: '0' },
    connections: { type: 'string', default: '16' },
    clients: { type: 'string', default: '1000' },
    only: { type: 'string', default: 'get,list,clients' },
    role: { type: 'string' },
  },
});

const shape: Shape = { namespaces: Number(values.namespaces), writes: Number(values.writes) };
const goals = { get: 0.7, list: 0.6 };
/** Bytes that a thousand idle watches may cost. */
const clientsGoal = 100e6;

type What = keyof typeof goals | 'clients';
const wanted = values.only.split(',') as What[];

interface Round {
  readonly perSecond: number;
  /** Microseconds of processor time for a request. */
  readonly cpu: number;
}

if (values.role !== undefined)
  process.on('message', async (message) => {
    if (message === 'cpu') process.send!(process.cpuUsage());
    if (message === 'memory') process.send!(await memoryInUse());
  });
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
  if (wanted.includes('clients')) await measureClients(service, origin, paths.list[0]!);
  if (!wanted.some((what) => what !== 'clients')) return void service.kill();
  const answers = await Promise.all(
    [...paths.get, ...paths.list].map(async (path) => [path, await (await fetch(origin + path)).text()] as const),
  );
  const [bare, bareOrigin] = await start('bare', answers);
  const servers = { service: { child: service, origin }, bare: { child: bare, origin: bareOrigin } };
  let failed = false;
  for (const what of ['get', 'list'] as const) {
    if (!wanted.includes(what)) continue;
    const rounds = { service: [] as Round[], bare: [] as Round[] };
    for (let round = 0; round <= Number(values.rounds); round++) {
      for (const who of round % 2 ? (['bare', 'service'] as const) : (['service', 'bare'] as const)) {
        const measured = await oneRound(servers[who].child, servers[who].origin, paths[what]);
        // The first round is to warm up.
        if (round > 0) rounds[who].push(measured);
      }
    }
    const ratioOf = (read: (service: Round, bare: Round) => number) =>
      median(rounds.service.map((each, at) => read(each, rounds.bare[at]!)));
    const ratio = ratioOf((ours, theirs) => ours.perSecond / theirs.perSecond);
    const cpuRatio = ratioOf((ours, theirs) => theirs.cpu / ours.cpu);
    const isBelow = Math.max(ratio, cpuRatio) < goals[what];
    failed ||= isBelow;
    const medianOf = (who: 'service' | 'bare', key: keyof Round) => median(rounds[who].map((each) => each[key]));
    const [rate, bareRate] = [medianOf('service', 'perSecond'), medianOf('bare', 'perSecond')].map(Math.round);
    const [cpu, bareCpu] = [medianOf('service', 'cpu'), medianOf('bare', 'cpu')].map((time) => time.toFixed(1));
    console.log(
      `${what.padEnd(5)} ${rate}/s of ${bareRate}/s bare, ratio ${ratio.toFixed(2)}; ${cpu} µs of ${bareCpu} µs of processor time, ratio ${cpuRatio.toFixed(2)} (goal ${goals[what]}): ${isBelow ? 'below' : 'ok'}`,
    );
  }
  service.kill();
  bare.kill();
  if (failed) process.exitCode = 1;
}

async function measureClients(service: ChildProcess, origin: string, path: string): Promise<void> {
  const count = Number(values.clients);
  // What the first of them makes, the others use: it is no cost of theirs.
  for (const socket of await openWatches(origin, path, 20)) socket.destroy();
  const before = await memoryOf(service);
  const sockets = await openWatches(origin, path, count);
  const after = await memoryOf(service);
  for (const socket of sockets) socket.destroy();
  const [rss, used] = [after.rss - before.rss, after.used - before.used];
  const isOver = rss > (clientsGoal * count) / 1_000;
  if (isOver) process.exitCode = 1;
  const text = [rss, used].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`);
  console.log(
    `clients ${count} idle watches: ${text[0]} of memory (goal ${(clientsGoal * count) / 1e9} MB), ${text[1]} in use: ${isOver ? 'over' : 'ok'}`,
  );
}

async function memoryOf(child: ChildProcess): ReturnType<typeof memoryInUse> {
  child.send('memory');
  const [memory] = (await once(child, 'message')) as [Awaited<ReturnType<typeof memoryInUse>>];
  return memory;
}

async function oneRound(child: ChildProcess, origin: string, paths: readonly string[]): Promise<Round> {
  const before = await cpuOf(child);
  const { answers, failures, perSecond } = await load(origin, paths, {
    connections: Number(values.connections),
    duration: Number(values.seconds) * 1_000,
  });
  if (failures > 0) throw new Error(`${failures} answers of ${origin} were no 200`);
  return { perSecond, cpu: ((await cpuOf(child)) - before) / answers };
}

/** Microseconds. */
async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  return user + system;
}

async function start(role: 'service' | 'bare', message?: unknown): Promise<[ChildProcess, string]> {
  const child = fork(process.argv[1]!, [...process.argv.slice(2), '--role', role], {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  if (message !== undefined) child.send(message as object);
  const [origin] = (await once(child, 'message')) as [string];
  return [child, origin];
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
