import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/index.ts';
import { settle } from '../../src/testing/index.ts';
import { createWatcher, type WatcherConfigInput } from '../../src/watcher/index.ts';
import { pod, rig, upstream, watchPods } from './s003-rig.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly initial: boolean;
    readonly data: { readonly type: string; readonly object: KubeObject };
  };
}

/** A receiver; `answer` is asked for the status of each answer about an object. What the service tells of itself is taken, and kept aside. */
async function receiver(answer: (received: Received) => number | Promise<number> = () => 204) {
  const received: Received[] = [];
  const service: string[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one: Received = { headers: request.headers, event: JSON.parse(body) };
    if (!one.event.data.object) {
      service.push(one.event.data.type);
      return void response.writeHead(204).end();
    }
    received.push(one);
    response.writeHead(await answer(one)).end();
    for (const check of waiting) check();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    received,
    service,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    text: () => received.map(({ event: { data } }) => `${data.type} ${data.object.metadata.name}`),
    /** Resolves when so many requests were answered. */
    until: (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (received.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

type Subscription = NonNullable<WatcherConfigInput['subscriptions']>[number];

function subscribe(url: string, more: Partial<Subscription> = {}): WatcherConfigInput {
  const subscription: Subscription = {
    name: 'pods',
    match: { target: { version: 'v1', kind: 'Pod' } },
    sinks: [{ type: 'webhook', url }],
    ...more,
  };
  return { watches: [watchPods], egress: { allow: ['127.0.0.1'] }, subscriptions: [subscription] };
}

describe('a subscription of the configuration', () => {
  test('S003-35: is told what there is, then what changes', async () => {
    const hook = await receiver();
    await using world = await rig({
      config: subscribe(hook.url),
      seed: (server) => void server.seed([pod('a')]),
    });
    await hook.until(1);
    world.server.create(pod('b'));
    await hook.until(2);
    world.server.delete('pods', 'web', 'a', { gracePeriodSeconds: 0 });
    await hook.until(3);
    expect(hook.text()).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
    expect(hook.received.map(({ event }) => event.initial)).toEqual([true, false, false]);
    expect(hook.received[0]!.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
  });

  test('S003-36: to one exact object of a kind that is cached costs the API server nothing', async () => {
    const hook = await receiver();
    const match = { target: { version: 'v1', kind: 'Pod' }, namespaces: ['web'], names: ['shop'] };
    const requests: number[] = [];
    for (const config of [{ watches: [watchPods] }, subscribe(hook.url, { match })]) {
      await using world = await rig({
        config,
        seed: (server) => void server.seed([pod('shop'), pod('other')]),
      });
      if ('subscriptions' in config) {
        await hook.until(1);
        world.server.touch('pods', 'web', 'other');
        world.server.touch('pods', 'web', 'shop');
        await hook.until(2);
      }
      requests.push(upstream(world.server, 'pods').length);
    }
    // One watch that begins with the state.
    expect(requests).toEqual([1, 1]);
    expect(hook.text()).toEqual(['ADDED shop', 'MODIFIED shop']);
  });

  test('S003-37: a receiver that asks back sees the state it was told of, or a later one', async () => {
    const seen: [told: number, read: number][] = [];
    let url = '';
    const hook = await receiver(async ({ event: { data } }) => {
      const { name, resourceVersion } = data.object.metadata;
      const answer = await fetch(`${url}/cache/api/v1/namespaces/web/pods/${name}`);
      const read = (await answer.json()) as KubeObject;
      seen.push([Number(resourceVersion), Number(read.metadata.resourceVersion)]);
      return 200;
    });
    await using world = await rig({ config: subscribe(hook.url) });
    url = world.watcher.url;
    for (let version = 1; version <= 20; version++) {
      if (version === 1) world.server.create(pod('a'));
      else world.server.touch('pods', 'web', 'a');
      await hook.until(version);
    }
    expect(seen).toHaveLength(20);
    for (const [told, read] of seen) expect(read).toBeGreaterThanOrEqual(told);
  });

  test('S003-39: to a namespace is told of no other', async () => {
    const hook = await receiver();
    const match = { target: { version: 'v1', kind: 'Pod' }, namespaces: ['web'] };
    await using world = await rig({ config: subscribe(hook.url, { match }) });
    world.server.create(pod('elsewhere', { namespace: 'other' }));
    world.server.create(pod('a'));
    await hook.until(1);
    await settle();
    expect(hook.text()).toEqual(['ADDED a']);
  });

  test('S000-07: is told again until it accepts, with the same id, and of the next change after that', async () => {
    let count = 0;
    const hook = await receiver(() => (++count <= 2 ? 503 : 200));
    const delivery = { mode: 'every' as const };
    await using world = await rig({ config: subscribe(hook.url, { delivery }) });
    world.server.create(pod('a'));
    await hook.until(1);
    world.server.touch('pods', 'web', 'a');
    while (hook.received.length < 4) await world.clock.advance(1_000);
    const ids = hook.received.map(({ event }) => event.id);
    expect(hook.text()).toEqual(['ADDED a', 'ADDED a', 'ADDED a', 'MODIFIED a']);
    expect([new Set(ids.slice(0, 3)).size, new Set(ids).size]).toEqual([1, 2]);
  });

  test('S003-35: to an address that nothing is sent to is refused at the start', async () => {
    const config = { ...subscribe('https://169.254.169.254/'), server: { port: 0 } };
    await using world = await rig();
    await expect(createWatcher(config, { cluster: world.server.kubeConfig() })).rejects.toMatchObject({
      code: 'InvalidOption',
      message: expect.stringContaining('169.254.169.254'),
    });
  });
});
