import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/index.ts';
import { ApiServer, FakeClock, seededRandom, settle } from '../../../../src/testing/index.ts';
import { createWatcher, type Watcher, type WatcherConfigInput } from '../../../../src/watcher/index.ts';
import { pod } from '../../../acceptance/s003-rig.ts';
import { blackHole } from '../subscriptions/black-hole.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Told {
  readonly by: string;
  readonly text: string;
  readonly id: string;
}

/** A receiver with a path for each instance. */
async function receiver() {
  const told: Told[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { id, type, data } = JSON.parse(body);
    const { name, resourceVersion } = data?.object?.metadata ?? {};
    const text = name === undefined ? type.split('.').at(-2) : `${data.type} ${name}@${resourceVersion}`;
    told.push({ by: String(request.headers['x-instance']), text, id });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { told, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const leaderElection = { namespace: 'ops', name: 'grw' };

async function instance(server: ApiServer, clock: FakeClock, identity: string, url: string): Promise<Watcher> {
  const config: WatcherConfigInput = {
    server: { port: 0 },
    egress: { allow: ['127.0.0.1'] },
    discovery: { followCrds: false },
    leaderElection: { ...leaderElection, identity },
    watches: [{ name: 'pods', target: { version: 'v1', kind: 'Pod' } }],
    subscriptions: [
      {
        name: 'pods',
        match: { target: { version: 'v1', kind: 'Pod' } },
        delivery: { heartbeatSeconds: 0 },
        // Headers are no part of what a subscription is.
        sinks: [{ type: 'webhook', url, headers: { 'x-instance': identity } }],
      },
    ],
  };
  const watcher = await createWatcher(config, {
    cluster: server.kubeConfig(),
    clock,
    random: () => 0,
    onError: () => {},
  });
  closing.push(() => watcher.stop());
  await watcher.ready();
  return watcher;
}

async function world() {
  const clock = new FakeClock();
  const server = await ApiServer.start({ clock, random: seededRandom(1) });
  closing.push(() => server.close());
  server.seed([pod('a'), pod('b')]);
  const hook = await receiver();
  /** Lets time pass until something holds, requests in between. */
  const pass = async (condition: () => boolean, most = 60_000) => {
    for (let passed = 0; !condition(); passed += 100) {
      if (passed > most) throw new Error('it did not happen');
      await clock.advance(100);
      await settle(10);
    }
  };
  const versionOf = (name: string) => server.get('pods', 'web', name)!.metadata.resourceVersion;
  return { clock, server, hook, pass, versionOf };
}

type Lease = KubeObject & { spec?: { holderIdentity?: string } };

describe('leader election of deliveries', () => {
  test('one of two delivers; both answer; the metric says who', async () => {
    const { server, clock, hook, pass } = await world();
    const one = await instance(server, clock, 'one', hook.url);
    await pass(() => hook.told.length >= 3);
    const two = await instance(server, clock, 'two', hook.url);
    server.create(pod('c'));
    await pass(() => hook.told.length >= 4);
    await clock.advance(30_000);
    await settle(50);
    expect(hook.told.map(({ by, text }) => `${by} ${text.split('@')[0]}`)).toEqual([
      'one ADDED a',
      'one ADDED b',
      'one synced',
      'one ADDED c',
    ]);
    for (const [watcher, leads] of [
      [one, 1],
      [two, 0],
    ] as const) {
      expect((await fetch(`${watcher.url}/cache/api/v1/namespaces/web/pods/c`)).status).toBe(200);
      expect(await (await fetch(`${watcher.url}/metrics`)).text()).toContain(`\ninformer_leader ${leads}\n`);
    }
    // What was delivered is forgotten by the one that waits.
    await pass(() => two.subscriptions()[0]!.sinks[0]!.pendingObjects === 0);
  });

  test('a leader that is stopped hands over without telling anything twice, and nothing is lost', async () => {
    const { server, clock, hook, pass, versionOf } = await world();
    const one = await instance(server, clock, 'one', hook.url);
    await pass(() => hook.told.length >= 3);
    await instance(server, clock, 'two', hook.url);
    // The second knows that it knows enough once everything up to its beginning was delivered.
    await pass(
      () => (server.get('leases.coordination.k8s.io', 'ops', 'grw-delivered') as Lease | undefined) !== undefined,
    );
    await clock.advance(10_000);
    await settle(50);
    const stopped = one.stop();
    server.touch('pods', 'web', 'a');
    server.delete('pods', 'web', 'b', { gracePeriodSeconds: 0 });
    await settle(50);
    await stopped;
    await pass(() => hook.told.filter(({ by }) => by === 'two').length >= 2);
    await clock.advance(10_000);
    await settle(50);
    const texts = hook.told.map(({ text }) => text).filter((text) => text !== 'synced');
    expect(new Set(hook.told.map(({ id }) => id)).size).toBe(hook.told.length);
    expect(texts.slice(2).toSorted()).toEqual([expect.stringMatching(/^DELETED b@/), `MODIFIED a@${versionOf('a')}`]);
  });

  test('a new leader whose cache is behind what the last one can have told waits until it has caught up', async () => {
    const { server, clock, hook, pass, versionOf } = await world();
    const before = versionOf('a');
    // The watch of pods says no more than what there is: two objects, and the mark.
    server.faults.add({
      match: { resource: 'pods', verb: 'watch' },
      times: 1,
      action: { kind: 'stallAfter', events: 3 },
    });
    const now = new Date(clock.now()).toISOString().replace('Z', '000Z');
    server.create({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'ops', name: 'grw' },
      spec: { holderIdentity: 'gone', leaseDurationSeconds: 15, acquireTime: now, renewTime: now, leaseTransitions: 0 },
    });
    const watcher = await instance(server, clock, 'one', hook.url);
    // The leader that is gone told of this.
    server.touch('pods', 'web', 'a');
    await pass(() => (server.get('leases.coordination.k8s.io', 'ops', 'grw') as Lease).spec?.holderIdentity === 'one');
    await clock.advance(20_000);
    await settle(50);
    expect(watcher.kinds()[0]!.resourceVersion).not.toBe(versionOf('a'));
    expect(hook.told).toEqual([]);
    // The silence is noticed, and the watch opened anew.
    await pass(() => hook.told.length >= 3, 200_000);
    const texts = hook.told.map(({ text }) => text);
    expect(texts).toContain(`ADDED a@${versionOf('a')}`);
    expect(texts).not.toContain(`ADDED a@${before}`);
  });

  async function deletedWhileNobodyRan() {
    const all = await world();
    const { server, clock, hook, pass } = all;
    const one = await instance(server, clock, 'one', hook.url);
    await pass(() => hook.told.length >= 3);
    await clock.advance(10_000);
    await settle(50);
    await one.stop();
    const { length } = hook.told;
    server.delete('pods', 'web', 'b', { gracePeriodSeconds: 0 });
    return { ...all, toldSince: () => hook.told.slice(length) };
  }

  test('an instance learns from the server what was deleted while nobody ran, and tells that alone', async () => {
    const { server, clock, hook, pass, toldSince } = await deletedWhileNobodyRan();
    await instance(server, clock, 'two', hook.url);
    await pass(() => toldSince().length >= 2);
    await clock.advance(10_000);
    await settle(50);
    expect(toldSince().map(({ text }) => text.split('@')[0])).toEqual(['DELETED b', 'synced']);
  });

  test('if the server has forgotten, it lets others lead who may know; if nobody does, it leads and says that there is a gap', async () => {
    const { server, clock, hook, pass, toldSince } = await deletedWhileNobodyRan();
    server.compact();
    await instance(server, clock, 'two', hook.url);
    await clock.advance(25_000);
    await settle(50);
    expect(toldSince()).toEqual([]);
    await pass(() => toldSince().some(({ text }) => text === 'gap'));
    expect(toldSince().every(({ by }) => by === 'two')).toBe(true);
  });

  test('the Lease is given back when nothing is being sent any more, also of what began within the term', async () => {
    const { server, clock, hook, pass } = await world();
    const hole = await blackHole();
    closing.push(hole.cut);
    const one = await instance(server, clock, 'one', hook.url);
    await pass(() => hook.told.length >= 3);
    const late = {
      apiVersion: 'watcher.kube-informer.dev/v1alpha1',
      kind: 'Subscription',
      metadata: { name: 'late' },
      spec: {
        match: { target: { version: 'v1', kind: 'Pod' } },
        sinks: [{ type: 'nats', servers: [hole.url] }],
      },
    };
    const path = '/apis/watcher.kube-informer.dev/v1alpha1/subscriptions';
    await fetch(`${one.url}${path}`, { method: 'POST', body: JSON.stringify(late) });
    await pass(() => hole.sockets.length > 0);
    const holder = () => server.get<Lease>('leases.coordination.k8s.io', 'ops', 'grw')?.spec?.holderIdentity;
    const stopped = one.stop();
    await settle(200);
    expect(holder()).toBe('one');
    hole.cut();
    await stopped;
    expect(holder()).not.toBe('one');
  });
});
