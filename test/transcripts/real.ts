import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type StartApiServerOptions, startApiServer } from '../../tools/apiserver.ts';
import { open } from './exchange.ts';
import { users } from './model.ts';
import type { StartTarget } from './run.ts';

const policy = [
  {
    users: ['reader'],
    verbs: ['get', 'list', 'watch'],
    apiGroups: [''],
    resources: ['configmaps'],
    namespaces: ['demo'],
  },
];

/** How often the real server forgets, where it is to forget; a revision is gone after two intervals. */
const forgetEveryMs = 2_000;

/** The real server, in a process of its own. Needs Go, or the binary that Go once made. */
export const startReal: StartTarget = async (setup) => {
  const folder = await mkdtemp(join(tmpdir(), 'kube-informer-transcripts-'));
  const tokens = Object.entries(users).map(
    ([name, { groups }]) => `${name}-token,${name},${name},"${groups.join(',')}"`,
  );
  await writeFile(join(folder, 'tokens.csv'), `${tokens.join('\n')}\n`);
  await writeFile(join(folder, 'policy.json'), JSON.stringify(policy));
  const options: StartApiServerOptions = {
    dataDir: join(folder, 'data'),
    tokenAuthFile: join(folder, 'tokens.csv'),
    policyFile: join(folder, 'policy.json'),
    watchCache: setup.watchCache ?? true,
    ...(setup.narrow && { maxRequestsInFlight: 1, maxMutatingRequestsInFlight: 1 }),
    args: setup.anonymous === false ? ['--anonymous-auth=false'] : [],
  };
  let server = await startApiServer({
    ...options,
    compactionInterval: setup.forgets ? `${forgetEveryMs}ms` : '0',
  });
  const restart = async (signal: NodeJS.Signals) => {
    const port = Number(new URL(server.url).port);
    await server.stop(signal);
    server = await startApiServer({ ...options, port, compactionInterval: '0' });
  };
  return {
    get url() {
      return server.url;
    },
    pass: () => sleep(5),
    compact: () => sleep(forgetEveryMs * 3),
    async fill() {
      // A list of the future holds its place for about three seconds.
      const ask = { path: '/api/v1/namespaces/demo/configmaps?resourceVersion=1000000', user: 'reader' };
      void open(server.url, ask).then((answer) => answer.done);
      await sleep(500);
    },
    async forget() {
      await sleep(forgetEveryMs * 3);
      await server.stop();
      server = await startApiServer({ ...options, compactionInterval: '0' });
    },
    terminate: () => restart('SIGTERM'),
    kill: () => restart('SIGKILL'),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
