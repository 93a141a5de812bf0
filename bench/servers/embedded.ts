import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApiServer } from '../../src/testing/index.ts';
import type { ServerOptions } from '../lib/contest.ts';
import { variedPods } from '../lib/pods.ts';

/** The embedded API server in a process of its own: so many pods, and bursts of updates when told. */
const { pods, ...shape } = JSON.parse(process.argv[2]!) as ServerOptions;
const server = await ApiServer.start();
let bytes = 0;
server.seed(
  (function* () {
    let index = 0;
    for (const pod of variedPods(pods, shape)) {
      if (index++ % 10 === 0) bytes += Buffer.byteLength(JSON.stringify(pod)) * 10;
      yield pod;
    }
  })(),
);
process.send!({ cluster: { url: server.url }, bytesPerPod: Math.round(bytes / pods) });
const all = server.list({ group: '', version: 'v1', resource: 'pods' }).map(({ metadata }) => metadata);
/** Changes between two turns of the event loop: were they all made at once, nothing would be sent meanwhile, and everybody would wait for that. */
const stride = 64;
process.on('message', async (updates: number) => {
  for (let index = 0; index < updates; index++) {
    const { namespace, name } = all[index % all.length]!;
    server.touch('pods', namespace!, name);
    if (index % stride === stride - 1) await nextTurn();
  }
});
process.on('disconnect', () => void server.close());
