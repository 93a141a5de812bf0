import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { settle } from '../../src/testing/index.ts';
import { eventually } from '../support/eventually.ts';
import { httpReceiver } from '../support/http-receiver.ts';
import { pod, rig, watchPods } from './s003-rig.ts';

/** Bytes in use after everything that is not was collected. */
async function heap(): Promise<number> {
  await settle();
  gc();
  return process.memoryUsage().heapUsed;
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

test('S003-43: a receiver that is down for an hour and 100,000 changes of 100 objects costs 100 states, then hears 100', async () => {
  const receiver = { status: 503 };
  await using hook = await httpReceiver((_, response) => void response.writeHead(receiver.status).end());
  const match = { target: { version: 'v1', kind: 'Pod' } };
  const names = Array.from({ length: 100 }, (_, at) => `pod-${at}`);
  await using world = await rig({
    config: {
      watches: [watchPods],
      egress: { allow: ['127.0.0.1'] },
      subscriptions: [
        {
          name: 'pods',
          match,
          initial: 'none',
          format: 'watch',
          // On a clock that is moved on at will, nothing that is real is to be late.
          delivery: { heartbeatSeconds: 0, deadLetters: 0, timeoutMs: 36_000_000 },
          sinks: [{ type: 'webhook', url: hook.url }],
        },
      ],
    },
    seed: (server) => void server.seed(names.map((name) => pod(name, { spec: { filler: 'x'.repeat(2_000) } }))),
  });
  const status = () => world.watcher.subscriptions()[0]!.sinks[0]!;
  const upTo = (version: string) => eventually(() => world.watcher.kinds()[0]!.resourceVersion === version);
  const last = new Map<string, string>();
  const changeAll = async () => {
    for (const name of names) last.set(name, world.server.touch('pods', 'web', name));
    await upTo(last.get(names.at(-1)!)!);
  };
  // All are on their way, and the log of the kind is as long as it becomes.
  for (let round = 0; round < 20; round++) await changeAll();
  const before = await heap();
  for (let round = 0; round < 1_000; round++) {
    await changeAll();
    if (round % 10 === 0) await world.clock.advance(36_000);
  }
  const grown = (await heap()) - before;
  expect(status()).toMatchObject({ delivered: 0, pendingObjects: 100, deadLetters: 0, health: 'failing' });
  expect(status().pendingNotices).toBeLessThanOrEqual(100);
  // All of them would take over 40 MB.
  expect(grown).toBeLessThan(10_000_000);
  // Held back by the breaker: ten at first, then one each half minute.
  expect(hook.requests.length).toBeLessThan(200);
  const tried = hook.requests.length;
  receiver.status = 204;
  await eventually(async () => {
    await world.clock.advance(30_000);
    return status().pendingNotices === 0;
  });
  const told = hook.requests.slice(tried).map(({ body }) => JSON.parse(body).object.metadata);
  expect(told.map(({ name, resourceVersion }) => [name, resourceVersion]).sort()).toEqual([...last].sort());
  expect(status()).toMatchObject({ delivered: 100, health: 'healthy' });
}, 60_000);
