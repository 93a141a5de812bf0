import { describe, expect, test } from 'vitest';
import type { KubeObject, Status } from '../../src/index.ts';
import { settle } from '../../src/testing/index.ts';
import { until } from './s000-world.ts';
import { pod, type Rig, rig, upstream, watchPods } from './s003-rig.ts';

/** A service whose server is down, with `a` in its cache. */
async function disconnected(config: object = {}): Promise<Rig> {
  const world = await rig({
    config: { watches: [watchPods], ...config },
    seed: (server) => void server.create(pod('a')),
  });
  await until(() => world.server.watches > 0);
  await world.server.pauseListening();
  world.server.resetConnections();
  await until(() => world.watcher.kinds()[0]?.phase === 'disconnected');
  return world;
}

describe('a query of a kind without contact', () => {
  test('S003-14: reconnects at once, whatever the backoff, and answers with the new state', async () => {
    await using world = await disconnected();
    // The backoff has grown.
    await world.clock.advance(60_000);
    await world.server.resumeListening();
    world.server.create(pod('b'));
    const { nextTimerIn } = world.clock;
    expect(nextTimerIn).toBeGreaterThan(0);
    const { status, headers, body } = await world.get('/cache/api/v1/pods');
    expect([status, headers.get('x-cache')]).toEqual([200, 'resynced']);
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  test('S003-14: is answered from the cache after a while, and says that it is stale and how old', async () => {
    await using world = await disconnected({ query: { maxWaitMs: 5_000, thenServeStale: true } });
    await world.clock.advance(10_000);
    const answer = world.get('/cache/api/v1/pods');
    await settle(200);
    await world.clock.advance(5_000);
    const { status, headers, body } = await answer;
    expect([status, headers.get('x-cache'), body.items.length]).toEqual([200, 'stale', 1]);
    expect(headers.get('warning')).toMatch(/^110 /);
    expect(Number(headers.get('x-cache-age-ms'))).toBeGreaterThanOrEqual(15_000);
  });

  test('S003-14: or fails with 503 and a Retry-After, if that is the policy', async () => {
    await using world = await disconnected({ query: { maxWaitMs: 5_000, thenServeStale: false } });
    const answer = world.get<Status>('/cache/api/v1/pods');
    await settle(200);
    await world.clock.advance(5_000);
    const { status, headers, body } = await answer;
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(body).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable' });
  });

  test('S003-14: may say how long it waits, and which of the two it wants', async () => {
    await using world = await disconnected();
    expect((await world.get('/cache/api/v1/pods?x-maxWait=0ms')).headers.get('x-cache')).toBe('stale');
    expect((await world.get('/cache/api/v1/pods?x-maxWait=0ms&x-onStale=fail')).status).toBe(503);
  });

  test('S003-14: a hundred queries do not make a hundred attempts', async () => {
    await using world = await disconnected();
    const { length } = world.errors;
    await Promise.all(Array.from({ length: 100 }, () => world.get('/cache/api/v1/pods?x-maxWait=0ms')));
    await settle(200);
    expect(world.errors.length - length).toBeLessThanOrEqual(1);
  });
});

describe('a kind that lost contact', () => {
  /** That failed. */
  const attempts = (world: Rig) => world.errors.filter(({ message }) => message.includes('pods')).length;

  test('S003-15: seeks it by itself, and needs no query for that', async () => {
    await using world = await disconnected();
    const before = attempts(world);
    await world.clock.advance(10_000);
    await until(() => attempts(world) > before);
    await world.server.resumeListening();
    world.server.create(pod('b'));
    while (world.watcher.kinds()[0]?.phase !== 'live') await world.clock.advance(1_000);
    expect(await world.names('/cache/api/v1/pods?x-maxWait=0ms')).toEqual(['a', 'b']);
  });

  test('S003-15: with autoReconnect off waits for a query, however long; one that is in vain costs one attempt', async () => {
    await using world = await disconnected({ cluster: { autoReconnect: false } });
    const before = attempts(world);
    await world.clock.advance(3_600_000);
    expect(attempts(world)).toBe(before);
    const inVain = await world.get('/cache/api/v1/pods?x-maxWait=0ms');
    expect(inVain.headers.get('x-cache')).toBe('stale');
    await until(() => attempts(world) > before);
    await world.clock.advance(3_600_000);
    expect(attempts(world)).toBe(before + 1);
    await world.server.resumeListening();
    world.server.create(pod('b'));
    await world.clock.advance(60_000);
    expect(world.watcher.kinds()[0]?.phase).toBe('disconnected');
    const { headers, body } = await world.get('/cache/api/v1/pods');
    expect(headers.get('x-cache')).toBe('resynced');
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  test('S003-15: with autoReconnect off still goes on by itself until it is complete once, and renews watches', async () => {
    const world = await rig({
      config: { watches: [watchPods], cluster: { autoReconnect: false } },
      waitUntilReady: false,
    });
    await using _ = world;
    await world.server.pauseListening();
    world.server.resetConnections();
    await world.clock.advance(10_000);
    await world.server.resumeListening();
    while (!world.watcher.kinds()[0]?.synced) await world.clock.advance(5_000);
    const watches = () => upstream(world.server, 'pods').filter(({ verb }) => verb === 'watch').length;
    const before = watches();
    while (watches() < before + 2) await world.clock.advance(100_000);
    expect(world.watcher.kinds()[0]?.phase).toBe('live');
  });
});

describe('reads not older than a version', () => {
  test('S003-13: wait until the cache has reached it: what was written is read', async () => {
    await using world = await rig({ config: { watches: [watchPods] } });
    await until(() => world.server.watches > 0);
    for (let round = 0; round < 5; round++) {
      const written = world.server.create(pod(`p${round}`));
      const { resourceVersion } = written.metadata;
      const reading = world.get<KubeObject>(
        `/cache/api/v1/namespaces/web/pods/p${round}?resourceVersion=${resourceVersion}`,
      );
      await settle(50);
      await world.clock.advance(1_000);
      expect((await reading).body.metadata.resourceVersion).toBe(resourceVersion);
    }
  });

  test('S003-13: give up with 504 and the version that there is', async () => {
    await using world = await rig({ config: { watches: [watchPods] } });
    const reading = world.get<Status>(
      '/cache/api/v1/pods?resourceVersion=999999&resourceVersionMatch=NotOlderThan&timeoutSeconds=3',
    );
    await settle(200);
    await world.clock.advance(3_100);
    const { status, body } = await reading;
    expect(status).toBe(504);
    expect(body).toMatchObject({
      reason: 'Timeout',
      message: expect.stringContaining(`at version ${world.server.resourceVersion}`),
    });
  });

  test('S003-13: Exact is refused, since a cache has one state only', async () => {
    await using world = await rig({ config: { watches: [watchPods] } });
    const { status, body } = await world.get<Status>('/cache/api/v1/pods?resourceVersion=1&resourceVersionMatch=Exact');
    expect(status).toBe(400);
    expect(body.details?.causes).toEqual([expect.objectContaining({ field: 'resourceVersionMatch' })]);
  });
});
