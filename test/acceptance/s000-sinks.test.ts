import { expect, test } from 'vitest';
import type { WatcherConfigInput } from '../../src/watcher/index.ts';
import { eventually } from '../support/eventually.ts';
import { httpReceiver } from '../support/http-receiver.ts';
import { pod, rig, watchPods } from './s003-rig.ts';

type Subscription = NonNullable<WatcherConfigInput['subscriptions']>[number];

function subscribe(sinks: Subscription['sinks']): WatcherConfigInput {
  const match = { target: { version: 'v1', kind: 'Pod' } };
  return {
    watches: [watchPods],
    egress: { allow: ['127.0.0.1'] },
    subscriptions: [{ name: 'pods', match, format: 'watch', sinks }],
  };
}

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
