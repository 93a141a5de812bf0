import { describe, expect, test } from 'vitest';
import { Manager } from '../../src/manager/index.ts';
import { KubeInformerError } from '../../src/runtime/index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import {
  conditionsOf,
  configMap,
  configMaps,
  owner,
  pass,
  quiet,
  recording,
  rig,
  secrets,
  until,
  watchesOf,
} from '../unit/manager/rig.ts';

describe('a manager', () => {
  test('S001-10: writes what it does under its own name, and neither objects nor credentials', async () => {
    const tokens = { 'sentinel-token': 'robot' };
    await using r = await rig({}, { server: { tokens } });
    r.server.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      data: { key: 'c2VudGluZWw=' },
    });
    await r.manager.add({
      owner: owner('x'),
      target: { gvr: secrets, namespace: 'shop', name: 's' },
      handlers: () => {
        throw new Error('no');
      },
    });
    r.server.faults.add({
      match: { resource: 'secrets' },
      times: 1,
      action: { kind: 'status', code: 401, reason: 'Unauthorized' },
    });
    r.server.closeWatches();
    await pass(r.clock, 20_000);
    expect(new Set(r.logs.map(({ level }) => level))).toEqual(new Set(['debug', 'warn']));
    expect(r.logs.every(({ fields }) => fields?.logger === 'Manager')).toBe(true);
    expect(JSON.stringify(r.logs)).not.toMatch(/sentinel|c2VudGluZWw/);
  });

  test('S001-10: a logger that throws harms nothing, and none at all is silence', async () => {
    const broken = () => {
      throw new Error('disk full');
    };
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown) => void warnings.push(warning);
    process.on('warning', onWarning);
    try {
      await using r = await rig({ logger: { debug: broken, info: broken, warn: broken, error: broken } });
      r.server.create(configMap('a'));
      const lines: string[] = [];
      await r.manager.add({ owner: owner('x'), ...recording('a', lines) });
      await until(() => lines.length === 1 && warnings.length > 0);
    } finally {
      process.off('warning', onWarning);
    }
  });

  test("S001-12: what is pinned is nobody's, is in the health check, is replaced under its name, and ends with the manager", async () => {
    await using r = await rig();
    for (const name of ['a', 'b']) r.server.create(configMap(name));
    const lines: string[] = [];
    expect(r.manager.health().ready).toBe(true);
    const refusal = r.server.faults.add({
      match: { resource: 'configmaps' },
      action: { kind: 'status', code: 503, reason: 'ServiceUnavailable' },
    });
    await r.manager.pin('resolver', recording('a', lines, { waitForSync: false }));
    await pass(r.clock, 5_000);
    expect(r.manager.health()).toMatchObject({ ready: false, live: true });
    refusal.remove();
    await pass(r.clock, 60_000);
    expect(r.manager.health()).toMatchObject({ ready: true, sources: { healthy: 1 }, problems: [] });
    expect(lines).toEqual(['add a 1']);
    // A right that is lost later is a problem, and no reason to be out of service.
    r.server.resetConnections();
    r.server.update(configMap('a', '2'));
    await pass(r.clock, 10_000);
    expect(lines).toEqual(['add a 1', 'update a 1>2']);
    await r.manager.pin('resolver', recording('b', lines));
    await until(() => lines.length === 3);
    expect(r.manager.list()).toHaveLength(1);
    await r.manager.stop();
    await until(() => r.server.watches === 0);
    expect(r.clock.pendingTimers).toBe(0);
  });

  test('S001-13: replays what is there every resyncPeriod, a tenth more or less, without a request', async () => {
    const chances = seededRandom(7);
    await using r = await rig({ resyncPeriod: 300_000, random: chances });
    r.server.create(configMap('a'));
    r.server.create(configMap('b'));
    const at: number[] = [];
    await r.manager.add({
      owner: owner('x'),
      target: { gvr: configMaps, namespace: 'shop' },
      handlers: { onUpdate: (_old, _object, { isResync }) => void (isResync && at.push(r.clock.now())) },
    });
    const never: string[] = [];
    await r.manager.add({ owner: owner('y'), ...recording('a', never, { resyncPeriod: 0 }) });
    const started = r.clock.now();
    const lists = () =>
      r.server.requests
        .all({ resource: 'configmaps' })
        .filter(({ query }) => query.get('sendInitialEvents') === 'true' || query.get('watch') === null).length;
    const before = lists();
    await pass(r.clock, 660_000, 10_000);
    expect(at).toHaveLength(4);
    const period = at[0]! - started;
    expect(period).toBeGreaterThanOrEqual(270_000);
    expect(period).toBeLessThanOrEqual(330_000);
    expect(lists()).toBe(before);
    expect(never).toEqual(['add a 1']);
  });

  test('S001-15: its health check ends at once, by a signal or by stop, however often and at the same time', async () => {
    await using r = await rig({}, { start: false });
    const ending = new AbortController();
    r.manager.start(ending.signal);
    r.manager.start(ending.signal);
    await pass(r.clock, 6_000);
    const { lastCheckAt } = r.manager.health();
    expect(lastCheckAt).toBeDefined();
    ending.abort();
    expect(r.clock.pendingTimers).toBe(0);
    await Promise.all([r.manager.stop(), r.manager.stop()]);
    await r.manager.stop();
    await pass(r.clock, 20_000);
    expect(r.manager.health()).toMatchObject({ lastCheckAt, live: false, ready: false });
    expect(() => r.manager.start()).toThrow(expect.objectContaining({ code: 'AlreadyStopped' }));
    await expect(r.manager.add({ owner: owner('x'), ...recording('a', []) })).rejects.toMatchObject({
      code: 'AlreadyStopped',
    });
  });

  test('S001-19: a handler that throws and one that never returns disturb no other; both are seen', async () => {
    await using r = await rig({ handlerDeadline: 20_000, queueLimit: 5 });
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const told: string[] = [];
    const throwing = await r.manager.add({
      owner: owner('throws'),
      target: { gvr: configMaps, namespace: 'shop', name: 'a' },
      handlers: {
        onAdd: () => Promise.reject(new Error('boom')),
        onUpdate: () => undefined,
        onError: ({ code, message }) => void told.push(`${code} ${message.includes('boom')}`),
      },
    });
    const hanging = await r.manager.add({
      owner: owner('hangs'),
      target: { gvr: configMaps, namespace: 'shop', name: 'a' },
      handlers: () => new Promise(() => undefined),
    });
    await r.manager.add({ owner: owner('good'), ...recording('a', lines) });
    await until(() => told.length === 1 && lines.length === 1);
    expect(told).toEqual(['HandlerFailed true']);
    expect(conditionsOf(r.manager, throwing.key).HandlerHealthy).toBe('False CallFailed');
    await pass(r.clock, 25_000);
    expect(conditionsOf(r.manager, hanging.key).HandlerHealthy).toBe('False CallTooLong');
    for (let value = 2; value <= 20; value++) {
      r.server.update(configMap('a', String(value)));
      await quiet(3);
    }
    await until(() => lines.length === 20);
    await until(() => conditionsOf(r.manager, throwing.key).HandlerHealthy === 'True Healthy');
    // Its memory is bounded: what waits for it is merged.
    expect(hanging.status().lag).toBeLessThan(10);
    const stopping = r.manager.stop();
    await pass(r.clock, 10_000);
    await stopping;
  });

  test('S001-27: stops gracefully, with or without giving what waits, and leaves nothing', async () => {
    for (const drain of [0, 5_000]) {
      const r = await rig();
      for (let index = 0; index < 5; index++) r.server.create(configMap(`c-${index}`));
      const done: string[] = [];
      const calls: (() => void)[] = [];
      await r.manager.add({
        owner: owner('x'),
        target: { gvr: configMaps, namespace: 'shop' },
        handlers: ({ object }) =>
          new Promise<void>((resolve) => {
            calls.push(() => {
              done.push(object.metadata.name);
              resolve();
            });
          }),
      });
      await until(() => calls.length === 1);
      const stopping = r.manager.stop({ drain });
      for (let round = 0; round < 100; round++) {
        calls.shift()?.();
        await pass(r.clock, 20, 20);
      }
      await stopping;
      expect(done).toHaveLength(drain > 0 ? 5 : 1);
      expect(r.clock.pendingTimers).toBe(0);
      await until(() => r.server.connections === 0);
      await r.server.close();
    }
  });

  test('S001-27: a drain ends when its time is over', async () => {
    const r = await rig();
    r.server.create(configMap('a'));
    await r.manager.add({
      owner: owner('x'),
      target: { gvr: configMaps, namespace: 'shop' },
      handlers: () => new Promise(() => undefined),
    });
    await quiet();
    let stopped = false;
    const stopping = r.manager.stop({ drain: 3_000 }).then(() => (stopped = true));
    // The drain, and the ten seconds that a call is given.
    await pass(r.clock, 12_500, 500);
    expect(stopped).toBe(false);
    await pass(r.clock, 1_000, 500);
    await stopping;
    await r.server.close();
  });

  test('S001-28: silence without an end of the connection is found within staleAfter, and mended by one reconnect', async () => {
    await using r = await rig({ staleAfter: 90_000, healthCheckInterval: 5_000 });
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const { key } = await r.manager.add({ owner: owner('x'), ...recording(undefined, lines) });
    await until(() => lines.length === 1);
    // The stream that is open says nothing any more.
    r.server.faults.add({ match: { resource: 'configmaps' }, times: 1, action: { kind: 'stallAfter', events: 0 } });
    r.server.closeWatches();
    await pass(r.clock, 10_000);
    await until(() => r.server.watches >= 1);
    r.server.update(configMap('a', '2'));
    r.server.create(configMap('b'));
    await pass(r.clock, 80_000);
    expect(lines).toEqual(['add a 1']);
    await pass(r.clock, 16_000);
    expect(r.manager.sources()).toMatchObject([{ reconnects: 1, restarts: 0 }]);
    await until(() => lines.length === 3);
    expect(lines.slice(1).toSorted()).toEqual(['add b 1', 'update a 1>2']);
    expect(conditionsOf(r.manager, key).Fresh).toBe('True RecentContact');
    await pass(r.clock, 200_000, 5_000);
    expect(r.manager.sources()).toMatchObject([{ reconnects: 1 }]);
    expect(lines).toHaveLength(3);
  });

  test('a source that outgrows its limit is ended with an error that says so; the others go on', async () => {
    for (const limit of [{ maxObjects: 2 }, { maxBytes: 600 }]) {
      await using r = await rig(limit);
      r.server.create(configMap('a'));
      const lines: string[] = [];
      const errors: KubeInformerError[] = [];
      const big = await r.manager.add({
        owner: owner('x'),
        target: { gvr: configMaps, namespace: 'shop' },
        handlers: { onError: (error) => void errors.push(error) },
      });
      await r.manager.add({ owner: owner('y'), ...recording('a', lines) });
      for (const name of ['b', 'c', 'd']) r.server.create(configMap(name));
      await pass(r.clock, 6_000);
      expect(conditionsOf(r.manager, big.key)).toMatchObject({
        Connected: 'False LimitExceeded',
        Synced: 'True InitialState',
      });
      expect(errors.map(({ code }) => code)).toEqual(['CacheLimitExceeded']);
      expect(r.manager.health().sources).toEqual({ failed: 1, healthy: 1 });
      await pass(r.clock, 120_000, 5_000);
      r.server.update(configMap('a', '2'));
      await until(() => lines.length === 2);
      expect(r.manager.sources().map(({ restarts }) => restarts)).toEqual([0, 0]);
      expect(watchesOf(r.server).filter((what) => what === 'all')).toHaveLength(1);
    }
  });

  test.each([
    ['a resource that cannot be', { gvr: { group: '', version: 'v1', resource: 'No!' } }, {}, 'InvalidResource'],
    ['a name that leads elsewhere', { gvr: configMaps, namespace: 'shop', name: '../x' }, {}, 'InvalidResource'],
    ['an object without its namespace', { gvr: configMaps, name: 'a' }, {}, 'InvalidOption'],
    [
      'a namespace where there are none',
      { gvr: { group: '', version: 'v1', resource: 'nodes' }, namespace: 'shop' },
      {},
      'InvalidOption',
    ],
    [
      'a collection that must exist',
      { gvr: configMaps, namespace: 'shop' },
      { requireTarget: 'fail' },
      'InvalidOption',
    ],
    ['a selector that does not parse', { gvr: configMaps, labelSelector: 'a in (' }, {}, 'InvalidSelector'],
    ['a resync that never rests', { gvr: configMaps }, { resyncPeriod: 1 }, 'InvalidOption'],
  ] as const)('refuses %s at once, and asks nothing of the server', async (_what, target, more, code) => {
    await using r = await rig();
    await expect(
      r.manager.add({ owner: owner('x'), target, handlers: () => undefined, ...more }),
    ).rejects.toMatchObject({ code });
    const desired = r.manager.setDesired(owner('x'), [
      recording('a', []),
      { target, handlers: () => undefined, ...more },
    ] as never);
    await expect(desired).rejects.toMatchObject({ code });
    await quiet();
    expect([r.manager.list(), r.server.requests.length]).toEqual([[], 0]);
  });

  test('a resource that is not served, or denied, is told with its cause; the others go on', async () => {
    await using r = await rig({}, { server: { authorize: ({ resource }) => resource !== 'secrets' } });
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const add = (gvr: { group: string; version: string; resource: string }) =>
      r.manager
        .add({ owner: owner('x'), target: { gvr, namespace: 'shop' }, handlers: () => undefined })
        .catch((error: unknown) => error);
    const failing = Promise.all([add(secrets), add({ group: 'shop.io', version: 'v1', resource: 'widgets' })]);
    await r.manager.add({ owner: owner('x'), ...recording('a', lines) });
    await pass(r.clock, 20_000);
    expect(r.manager.health().sources).toEqual({ forbidden: 1, suspended: 1, healthy: 1 });
    await pass(r.clock, 10_000);
    const [denied, absent] = (await failing) as KubeInformerError[];
    expect(denied).toMatchObject({
      code: 'SyncTimeout',
      cause: { class: 'forbidden' },
      hint: expect.stringContaining('Role'),
    });
    expect(denied!.message).toContain('secrets');
    expect(absent).toMatchObject({ code: 'SyncTimeout', cause: { class: 'notFound' } });
    r.server.update(configMap('a', '2'));
    await until(() => lines.length === 2);
  });

  test.each([
    { healthCheckInterval: 0 },
    { syncTimeout: 0 },
    { staleAfter: Number.NaN },
    { coalesceAbove: 0 },
    { linger: -1 },
    { resyncPeriod: 10 },
    { maxBytes: Number.NaN },
    { restart: { baseMs: 10, maxMs: 1 } },
  ])('refuses %j', (options) => {
    const client = { getCurrentCluster: () => null } as never;
    expect(() => new Manager({ client, ...options })).toThrow(KubeInformerError);
  });
});
