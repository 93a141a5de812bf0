import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { line, pod, pods, quiet, requestsOf, rig, until } from './s002-rig.ts';
import { heapOf, podCount } from './s004-heap.ts';

/** Bytes of heap for each pod of `makePod`: what was measured on Node 24 (9,700, 4,250 and 1,120), and a half or so more. */
const limit = { full: 14_000, default: 6_500, metadata: 1_800 };

describe('memory', () => {
  test('S002-03 an object is stored once, under namespace and name, and costs no more heap than its limit', async () => {
    await using at = await rig();
    at.server.seed([pod('a'), pod('a', { namespace: 'other' })]);
    const informer = at.factory.core.v1.pods({ indexers: { node: (object) => [object.spec?.nodeName ?? ''] } });
    at.factory.start();
    await informer.waitForSync();
    expect([...informer.indexer.keys()].sort()).toEqual(['default/a', 'other/a']);
    const stored = informer.indexer.get('default/a');
    expect(informer.lister.get('default', 'a')).toBe(stored);
    expect([...informer.indexer.byIndex('node', 'node-1')]).toContain(stored);
    const { perPod, objects } = await heapOf({});
    console.log(`S002-03: ${perPod} bytes of heap for each pod`);
    expect(objects).toBe(podCount);
    expect(perPod).toBeGreaterThan(1_000);
    expect(perPod).toBeLessThan(limit.default);
  }, 60_000);

  test('S004-08 the cache is there once, for one consumer or for a hundred', async () => {
    await using at = await rig();
    at.server.seed(pods(3));
    const informers = Array.from({ length: 100 }, () => at.factory.core.v1.pods());
    expect(new Set(informers).size).toBe(1);
    const heard: string[][] = informers.map(() => []);
    informers.forEach((informer, index) => {
      informer.addEventHandler((event) => heard[index]?.push(line(event)));
    });
    at.factory.start();
    await until(() => heard.every((lines) => lines.length === 3), 'everybody heard of everything');
    expect(requestsOf(at.server, 'pods')).toEqual(['stream']);

    const one = await heapOf({}, { count: 11_000 });
    const hundred = await heapOf({}, { count: 11_000, consumers: 100 });
    console.log(`S004-08: ${one.bytes} bytes for one consumer, ${hundred.bytes} for a hundred`);
    expect(Math.abs(hundred.bytes / one.bytes - 1)).toBeLessThan(0.02);
  }, 60_000);

  test('S004-09 it is smaller without managed fields, and much smaller with metadata only', async () => {
    const full = await heapOf({ prune: [] });
    const pruned = await heapOf({});
    const metadata = await heapOf({ as: 'metadata' });
    console.log(
      `S004-09: bytes of heap for each pod: ${full.perPod} full, ${pruned.perPod} without managed fields, ${metadata.perPod} metadata`,
    );
    expect(full.perPod).toBeLessThan(limit.full);
    expect(pruned.perPod).toBeLessThan(limit.default);
    expect(metadata.perPod).toBeLessThan(limit.metadata);
    // They are two fifths of the bytes, and more of the heap: many small objects.
    expect(pruned.perPod).toBeLessThan(full.perPod * 0.6);
    expect(metadata.perPod).toBeLessThan(pruned.perPod * 0.5);
    // What the informer says about its size follows.
    expect(pruned.approximateBytes).toBeLessThan(full.approximateBytes * 0.9);
    expect(metadata.approximateBytes).toBeLessThan(pruned.approximateBytes * 0.5);
  }, 90_000);

  test('S004-09 what is cut out or transformed away is not in the cache', async () => {
    await using at = await rig();
    at.server.create({ ...pod('a'), metadata: { ...pod('a').metadata, managedFields: [{ manager: 'kubelet' }] } });
    const pruned = at.factory.core.v1.pods();
    const slim = at.factory.core.v1.pods({
      prune: ['metadata.managedFields', 'spec.containers'],
      transform: (object) => ({ ...object, status: { phase: object.status?.phase ?? 'Unknown' } }),
    });
    const metadata = at.factory.core.v1.pods({ as: 'metadata' });
    at.factory.start();
    await at.factory.waitForCacheSync();
    const full = pruned.lister.get('default', 'a');
    expect(full?.metadata).not.toHaveProperty('managedFields');
    expect(full?.spec?.containers).toHaveLength(1);
    expect(slim.lister.get('default', 'a')?.spec).not.toHaveProperty('containers');
    expect(slim.lister.get('default', 'a')?.status).toEqual({ phase: 'Pending' });
    expect(metadata.lister.get('default', 'a')).not.toHaveProperty('spec');
    expect(metadata.lister.get('default', 'a')?.metadata.name).toBe('a');
  });

  test.each([true, false])(
    'S004-09 more objects than maxObjects are refused with an error (streamed: %s)',
    async (streamInitialState) => {
      await using at = await rig({ factory: { streamInitialState } });
      at.server.seed(pods(50));
      const enough = at.factory.core.v1.pods({ labelSelector: '', maxObjects: 50 });
      at.factory.start();
      await enough.waitForSync();
      expect(enough.indexer.size).toBe(50);
      at.server.create(pod('one-too-many'));
      await expect(enough.done).rejects.toMatchObject({ code: 'CacheLimitExceeded' });
      expect(enough.status().phase).toBe('failed');
      expect(enough.indexer.size).toBe(50);
      // So is an initial list that is too long.
      const again = at.factory.core.v1.pods({ maxObjects: 50 });
      expect(again).not.toBe(enough);
      at.factory.start();
      await expect(again.done).rejects.toMatchObject({ code: 'CacheLimitExceeded' });
      await expect(again.waitForSync()).rejects.toMatchObject({ code: 'SyncAborted' });
      expect(again.indexer.size).toBeLessThanOrEqual(50);
      await until(() => at.server.watches === 0, 'no watch is open');
    },
  );

  test.each([true, false])(
    'S004-09 more bytes than maxBytes are refused with an error (streamed: %s)',
    async (streamInitialState) => {
      await using at = await rig({ factory: { streamInitialState } });
      at.server.seed(pods(50));
      const measured = at.factory.core.v1.pods();
      at.factory.start();
      await measured.waitForSync();
      const { approximateBytes } = measured.stats();
      const enough = at.factory.core.v1.pods({ labelSelector: '!heavy', maxBytes: approximateBytes * 1.1 });
      at.factory.start();
      await enough.waitForSync();
      const heavy = pod('heavy');
      at.server.create({
        ...heavy,
        metadata: { ...heavy.metadata, annotations: { note: 'x'.repeat(approximateBytes) } },
      });
      await expect(enough.done).rejects.toMatchObject({ code: 'CacheLimitExceeded' });
      expect(enough.indexer.size).toBe(50);
      const again = at.factory.core.v1.pods({ labelSelector: 'a!=b', maxBytes: approximateBytes });
      at.factory.start();
      await expect(again.waitForSync()).rejects.toMatchObject({ code: 'SyncAborted' });
      await expect(again.done).rejects.toMatchObject({ code: 'CacheLimitExceeded' });
      expect(again.indexer.size).toBe(0);
      expect(measured.status().phase).toBe('live');
    },
  );

  test('S004-21 a handler that sleeps for ever delays nobody, and what waits for it is bounded', async () => {
    await using at = await rig();
    at.server.seed(pods(20));
    const informer = at.factory.core.v1.pods();
    const asleep: string[] = [];
    let wake: () => void = () => undefined;
    const sleeper = informer.addEventHandler(
      (event) => {
        asleep.push(`${line(event)} ${event.object.metadata.resourceVersion}`);
        if (asleep.length === 1)
          return new Promise<void>((resolve) => {
            wake = resolve;
          });
      },
      { name: 'sleeper', overflow: { policy: 'coalesce', above: 50 } },
    );
    const awake: string[] = [];
    informer.addEventHandler((event) => awake.push(line(event)), { name: 'awake' });
    at.factory.start();
    await until(() => awake.length === 20, 'the other one heard of all pods');
    let most = 0;
    for (let round = 0; round < 500; round++) {
      for (let index = 0; index < 20; index++) {
        at.server.touch('pods', 'default', `pod-${String(index).padStart(4, '0')}`);
      }
      if (round % 25 === 24) {
        await until(() => awake.length === 20 + (round + 1) * 20, 'the other one heard everything');
        most = Math.max(most, sleeper.lag);
      }
    }
    expect(awake).toHaveLength(20 + 10_000);
    expect(asleep).toHaveLength(1);
    // A line of 10,000 events is kept at the size of the cache: the limit, and what one batch may add before it is merged.
    expect(most).toBeLessThan(50 + 500 + 20);
    expect(sleeper.hasSynced()).toBe(false);
    // Nothing that counts was lost: it hears of the last state of each.
    wake();
    await until(() => sleeper.lag === 0, 'the sleeper has caught up');
    await turn();
    await quiet();
    for (const { metadata } of informer.lister.list()) {
      const own = asleep.filter((text) => text.includes(metadata.name));
      expect(own.at(-1)?.split(' ').at(-1)).toBe(metadata.resourceVersion);
      expect(own.length).toBeLessThan(200);
    }
    expect(sleeper.hasSynced()).toBe(true);
  });
});
