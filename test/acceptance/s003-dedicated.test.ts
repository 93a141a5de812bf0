import { expect, test } from 'vitest';
import type { WatcherConfigInput } from '../../src/watcher/index.ts';
import { eventually } from '../support/eventually.ts';
import { httpReceiver } from '../support/http-receiver.ts';
import { pod, rig, upstream, watchPods } from './s003-rig.ts';

const web = (name: string, app: string) => pod(name, { labels: { app } });

test.each(['own', 'shared'] as const)(
  'S003-40: a dedicated subscription has its own list, watch and cache, selected by the server; session %s',
  async (session) => {
    await using hook = await httpReceiver();
    const match = { target: { version: 'v1', kind: 'Pod' }, labelSelector: 'app=web', dedicated: true, session };
    const config: WatcherConfigInput = {
      watches: [watchPods],
      egress: { allow: ['127.0.0.1'] },
      subscriptions: [{ name: 'web', match, format: 'watch', sinks: [{ type: 'webhook', url: hook.url }] }],
    };
    await using world = await rig({
      server: { tls: { http2: true } },
      config,
      seed: (server) => void server.seed([web('a', 'web'), web('b', 'db')]),
    });
    await hook.until(2);
    const requests = upstream(world.server, 'pods');
    const own = requests.filter(({ query }) => query.get('labelSelector') === 'app=web');
    const shared = requests.filter(({ query }) => !query.has('labelSelector'));
    expect([own.length > 0, shared.length > 0]).toEqual([true, true]);
    for (const { httpVersion } of requests) expect(httpVersion).toBe('2.0');
    // One TCP connection each, or one for both.
    const connections = (of: typeof requests) => new Set(of.map(({ connection }) => connection));
    const both = new Set([...connections(own), ...connections(shared)]);
    expect(both.size).toBe(session === 'own' ? 2 : 1);
    expect(connections(own).size).toBe(1);
    const kinds = world.watcher.kinds().map(({ objects, holders }) => [holders, objects]);
    expect(kinds).toEqual([
      [['config'], 2],
      [['subscription web'], 1],
    ]);
    world.server.update(web('b', 'web'));
    await hook.until(3);
    world.server.update(web('b', 'db'));
    await hook.until(4);
    const told = hook.requests.map(({ body }) => JSON.parse(body));
    const texts = told.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
    expect(texts).toEqual(['ADDED a', 'BOOKMARK', 'ADDED b', 'DELETED b']);
    // What left is told with the last state that was in the set.
    expect(told[3].object.metadata.labels).toEqual({ app: 'web' });
  },
);

test('S003-40: a session of its own ends with its subscription', async () => {
  await using world = await rig({
    server: { tls: { http2: true } },
    config: { watches: [watchPods], egress: { allow: ['127.0.0.1'] } },
  });
  await using hook = await httpReceiver();
  const spec = {
    match: { target: { version: 'v1', kind: 'Pod' }, dedicated: true, session: 'own' },
    sinks: [{ type: 'webhook', url: hook.url }],
  };
  const path = `${world.watcher.url}/apis/watcher.kube-informer.dev/v1alpha1/subscriptions`;
  const body = JSON.stringify({
    apiVersion: 'watcher.kube-informer.dev/v1alpha1',
    kind: 'Subscription',
    metadata: { name: 'own' },
    spec,
  });
  const before = world.server.connections;
  expect((await fetch(path, { method: 'POST', body })).status).toBe(201);
  await hook.until(1);
  expect(world.server.connections).toBe(before + 1);
  expect((await fetch(`${path}/own`, { method: 'DELETE' })).status).toBe(200);
  await eventually(() => world.server.connections === before);
});
