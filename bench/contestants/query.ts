import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { assignment, report } from '../lib/meter.ts';
import { load } from '../query/load.ts';
import { pathsOf, type Shape } from '../query/servers.ts';

/** Queries of the watcher, or of a server that has the same answers in memory (`who: 'bare'`); each is a process of its own. */
const { options } = assignment();
const shape: Shape = { namespaces: Number(options.namespaces), writes: 0 };
const how = { connections: 16, duration: Number(options.seconds) * 1000 };
const started: ChildProcess[] = [];

async function start(role: 'service' | 'bare', message?: readonly object[]): Promise<string> {
  const script = new URL('../query.ts', import.meta.url);
  const child = fork(script, ['--role', role, '--namespaces', String(shape.namespaces)]);
  started.push(child);
  if (message) child.send(message);
  const [origin] = (await once(child, 'message')) as [string];
  return origin;
}

const paths = pathsOf(shape);
let origin = await start('service');
if (options.who === 'bare') {
  const answerOf = async (path: string) => [path, await (await fetch(origin + path)).text()] as const;
  origin = await start('bare', await Promise.all([...paths.get, ...paths.list].map(answerOf)));
}
const figures: Record<string, number> = {};
for (const what of ['get', 'list'] as const) {
  // Once to warm up.
  await load(origin, paths[what], { ...how, duration: how.duration / 4 });
  const { perSecond, failures } = await load(origin, paths[what], how);
  if (failures > 0) throw new Error(`${failures} answers were no 200`);
  figures[`${what}PerSecond`] = perSecond;
}
for (const child of started) child.kill();
report(figures);
