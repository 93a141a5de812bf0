import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/index.ts';
import type { WatcherConfigInput } from '../../src/watcher/index.ts';
import { makeStream, natsServer, readEntries, readStream, redisServer } from '../support/brokers.ts';
import { eventually } from '../support/eventually.ts';
import { httpReceiver } from '../support/http-receiver.ts';
import { pod, rig, watchPods } from './s003-rig.ts';

type Subscription = NonNullable<WatcherConfigInput['subscriptions']>[number];

function subscribe(sinks: Subscription['sinks']): WatcherConfigInput {
  const match = { target: { version: 'v1', kind: 'Pod' } };
  return {
    watches: [watchPods],
    egress: { allow: ['127.0.0.1'] },
    subscriptions: [{ name: 'pods', match, initial: 'none', format: 'watch', sinks }],
  };
}

test('S000-05: one change reaches each sink, and a sink that hangs holds up neither the others nor the cache', async () => {
  await using nats = await natsServer();
  await using redis = await redisServer();
  await makeStream(nats.port);
  const directory = await mkdtemp(join(tmpdir(), 'sinks-'));
  const path = join(directory, 'events');
  const sinks: Subscription['sinks'] = [
    { type: 'callback', name: 'hangs' },
    { type: 'nats', servers: [`nats://127.0.0.1:${nats.port}`] },
    { type: 'redis', url: `redis://127.0.0.1:${redis.port}` },
    { type: 'file', path },
  ];
  const { egress, ...config } = subscribe(sinks);
  const hung: string[] = [];
  await using world = await rig({
    config: { ...config, egress: { ...egress, files: [directory] } },
    callbacks: {
      hangs: ({ id }) => {
        hung.push(id);
        return new Promise(() => {});
      },
    },
  });
  const start = world.clock.monotonic();
  world.server.create(pod('a'));
  world.server.touch('pods', 'web', 'a');
  const status = () => world.watcher.subscriptions()[0]!.sinks;
  await eventually(() => status().filter(({ delivered }) => delivered === 2).length === 3);
  expect(hung).toHaveLength(1);
  expect(status()[0]).toMatchObject({ delivered: 0, pendingObjects: 1 });
  const types = (bodies: readonly string[]) => bodies.map((body) => JSON.parse(body).type);
  const both = ['ADDED', 'MODIFIED'];
  expect(types((await readStream(nats.port)).map(({ body }) => body))).toEqual(both);
  expect(types((await readEntries(redis.port, 'k8s.default')).map(({ data }) => data!))).toEqual(both);
  expect(types((await readFile(path, 'utf8')).trimEnd().split('\n'))).toEqual(both);
  const { resourceVersion } = world.server.get('pods', 'web', 'a')!.metadata;
  const { body } = await world.get<KubeObject>('/cache/api/v1/namespaces/web/pods/a');
  expect(body.metadata.resourceVersion).toBe(resourceVersion);
  // No timer was needed for any of that.
  expect(world.clock.monotonic() - start).toBe(0);
  await rm(directory, { recursive: true });
});

test('S000-06: the address of the receiver depends on the object, and values can not leave their place', async () => {
  await using hook = await httpReceiver();
  const url = `${hook.url}/v1/{label:component|unknown}/event`;
  await using world = await rig({ config: subscribe([{ type: 'webhook', url }]) });
  const components = { a: 'front', b: 'back', c: undefined, d: '..%2f..%2fadmin', e: '../../admin', f: '..' };
  for (const [name, component] of Object.entries(components)) {
    world.server.create(pod(name, component === undefined ? {} : { labels: { component } }));
  }
  await hook.until(5);
  const paths = hook.requests.map(({ path, body }) => [JSON.parse(body).object.metadata.name, path]).sort();
  expect(paths).toEqual([
    ['a', '/v1/front/event'],
    ['b', '/v1/back/event'],
    ['c', '/v1/unknown/event'],
    ['d', '/v1/..%252f..%252fadmin/event'],
    ['e', '/v1/..%2F..%2Fadmin/event'],
  ]);
  const status = () => world.watcher.subscriptions()[0]!.sinks[0]!;
  await eventually(() => status().delivered === 5);
  expect(status()).toMatchObject({ delivered: 5, dropped: 1, deadLetters: 0 });
  const { body } = await world.get<string>('/metrics');
  expect(body).toContain('informer_delivery_dropped_total{subscription="pods",sink="0"} 1');
});

test('S000-06: an object that lacks what the address is made of is dropped, and that is counted', async () => {
  await using hook = await httpReceiver();
  const url = `${hook.url}/{label:component}`;
  await using world = await rig({ config: subscribe([{ type: 'webhook', url }]) });
  world.server.create(pod('without'));
  world.server.create(pod('with', { labels: { component: 'front' } }));
  await hook.until(1);
  expect(hook.requests.map(({ path }) => path)).toEqual(['/front']);
  expect(world.watcher.subscriptions()[0]!.sinks[0]).toMatchObject({
    dropped: 1,
    lastProblem: 'there is no address without label:component',
  });
});

test.each(['/{spec.nodeName}', '/{label:a', '.{label:a}/x'])(
  'S000-06: the template %s is refused at the start',
  async (rest) => {
    const config = subscribe([{ type: 'webhook', url: `http://127.0.0.1${rest}` }]);
    await expect(rig({ config })).rejects.toMatchObject({ code: expect.stringMatching(/InvalidOption|InvalidConfig/) });
  },
);
