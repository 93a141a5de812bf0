import { describe, expect, test } from 'vitest';
import {
  BuggyClient,
  conditionsOf,
  configMap,
  configMaps,
  definitions,
  line,
  owner,
  pass,
  quiet,
  recording,
  rig,
  until,
  watchesOf,
  widget,
  widgetDefinition,
  widgets,
} from '../unit/manager/rig.ts';

const away = (code: number, reason: string) =>
  ({ match: { resource: 'configmaps' }, action: { kind: 'status', code, reason, message: 'no' } }) as const;

describe('faults of the predecessor: the life of a source', () => {
  test('S001-29, fault 1: a first sync that takes a minute is one request, however often the health check looks', async () => {
    await using r = await rig({ healthCheckInterval: 5_000 });
    r.server.create(configMap('a'));
    r.server.faults.add({ match: { resource: 'configmaps' }, action: { kind: 'delay', delay: 60_000 } });
    const lines: string[] = [];
    const adding = r.manager.add({ owner: owner('x'), ...recording('a', lines, { syncTimeout: 120_000 }) });
    await quiet();
    await pass(r.clock, 59_000);
    expect(r.manager.sources()).toMatchObject([{ verdict: 'slow', restarts: 0, reconnects: 0 }]);
    await pass(r.clock, 2_000);
    await adding;
    await until(() => lines.length === 1);
    expect(r.server.requests.count({ resource: 'configmaps' })).toBe(1);
  });

  test('fault 2: what breaks after the first sync is seen: a right that is taken away, and given back', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const { key } = await r.manager.add({ owner: owner('x'), ...recording('a', lines) });
    const refusal = r.server.faults.add(away(403, 'Forbidden'));
    r.server.closeWatches();
    await pass(r.clock, 20_000);
    expect(conditionsOf(r.manager, key)).toMatchObject({ Synced: 'True InitialState', Connected: 'False Forbidden' });
    expect(r.manager.health().problems).toMatchObject([{ verdict: 'forbidden' }]);
    await pass(r.clock, 120_000, 5_000);
    expect(conditionsOf(r.manager, key).Fresh).toBe('False NoContact');
    refusal.remove();
    r.server.update(configMap('a', '2'));
    await pass(r.clock, 120_000, 5_000);
    expect(conditionsOf(r.manager, key)).toMatchObject({ Connected: 'True Watching', Fresh: 'True RecentContact' });
    expect(lines).toEqual(['add a 1', 'update a 1>2']);
  });

  test('S001-14, fault 3: a source that cannot sync and a discovery that hangs hold up no check', async () => {
    await using r = await rig({ healthCheckInterval: 5_000 });
    r.server.faults.add({ match: { resource: 'configmaps' }, action: { kind: 'stall' } });
    r.server.faults.add({ match: { path: /^\/apis?$/ }, action: { kind: 'stall' } });
    await r.manager.add({ owner: owner('x'), ...recording('a', [], { waitForSync: false }) });
    await r.manager.add({
      owner: owner('x'),
      target: { gvr: widgets, namespace: 'shop' },
      handlers: () => {},
      waitForSync: false,
    });
    const checks: number[] = [];
    for (let second = 0; second < 60; second++) {
      await pass(r.clock, 1_000);
      const { lastCheckAt, live } = r.manager.health();
      expect(live).toBe(true);
      if (lastCheckAt !== undefined && lastCheckAt !== checks.at(-1)) checks.push(lastCheckAt);
    }
    expect(checks).toHaveLength(12);
    expect(checks.slice(1).map((at, index) => at - checks[index]!)).toEqual(Array(11).fill(5_000));
  });

  test('S001-24, fault 4: adding gives up after syncTimeout, and leaves nothing running', async () => {
    await using r = await rig();
    r.server.faults.add({ match: { resource: 'configmaps' }, action: { kind: 'stall' } });
    const adding = r.manager.add({ owner: owner('x'), ...recording('a', []) });
    const failed = expect(adding).rejects.toMatchObject({ code: 'SyncTimeout' });
    await quiet();
    await pass(r.clock, 29_000);
    expect(r.manager.list()).toHaveLength(1);
    await pass(r.clock, 1_000);
    await failed;
    expect(r.manager.list()).toEqual([]);
    expect(r.manager.sources()).toEqual([]);
    const { length } = r.server.requests;
    await pass(r.clock, 120_000, 5_000);
    expect(r.server.requests.length).toBe(length);
  });

  test('fault 5: a stop during the first sync ends it, and nothing is ended twice', async () => {
    await using r = await rig();
    r.server.faults.add({ match: { resource: 'configmaps' }, action: { kind: 'stall' } });
    const adding = r.manager.add({ owner: owner('x'), ...recording('a', []) });
    const aborted = expect(adding).rejects.toMatchObject({ code: 'SyncAborted' });
    await quiet();
    const stops = await Promise.all([r.manager.stopForOwner(owner('x')), r.manager.stopForOwner(owner('x'))]);
    expect(stops).toEqual([1, 0]);
    await aborted;
    await Promise.all([r.manager.stop(), r.manager.stop()]);
    await r.manager.stop();
    expect(r.clock.pendingTimers).toBe(0);
  });

  test('fault 6: a deletion during a reconnect is seen; no watch is without version, bookmarks and time-out', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const lines: string[] = [];
    await r.manager.add({ owner: owner('x'), ...recording(undefined, lines) });
    await until(() => lines.length === 1);
    const refusal = r.server.faults.add(away(500, 'InternalError'));
    r.server.closeWatches();
    await quiet();
    r.server.delete(configMaps, 'shop', 'a');
    r.server.create(configMap('b'));
    refusal.remove();
    await pass(r.clock, 10_000);
    await until(() => lines.length === 3);
    expect(lines.toSorted()).toEqual(['add a 1', 'add b 1', 'delete a 1']);
    const watches = r.server.requests.all({ resource: 'configmaps', verb: 'watch' }).map(({ query }) => query);
    expect(watches.length).toBeGreaterThan(1);
    for (const query of watches) {
      expect(query.get('allowWatchBookmarks')).toBe('true');
      expect(Number(query.get('timeoutSeconds'))).toBeGreaterThan(0);
      expect(query.get('sendInitialEvents') === 'true' || Number(query.get('resourceVersion')) > 0).toBe(true);
    }
  });

  test('fault 7: what failed once can be asked for again, and works then', async () => {
    await using r = await rig();
    const lines: string[] = [];
    const request = { owner: owner('x'), ...recording('a', lines, { requireTarget: 'fail' }) };
    await expect(r.manager.add(request)).rejects.toMatchObject({ code: 'TargetNotFound' });
    expect(r.manager.list()).toEqual([]);
    r.server.create(configMap('a'));
    await r.manager.add(request);
    await until(() => lines.length === 1);
    r.server.update(configMap('a', '2'));
    await until(() => lines.length === 2);
  });

  test('fault 14: a target that is deleted is told of, and so is the one that takes its place', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const { key, on } = { ...(await r.manager.add({ owner: owner('x'), ...recording('a', lines) })) };
    const seen: string[] = [];
    on('condition', ({ type, reason }) => void (type === 'TargetFound' && seen.push(reason)));
    await until(() => lines.length === 1);
    r.server.delete(configMaps, 'shop', 'a');
    await until(() => lines.length === 2);
    expect(conditionsOf(r.manager, key).TargetFound).toBe('False NotFound');
    r.server.create(configMap('a', '7'));
    await until(() => lines.length === 3);
    expect(conditionsOf(r.manager, key).TargetFound).toBe('True Found');
    expect(lines).toEqual(['add a 1', 'delete a 1', 'add a 7']);
    expect(seen).toEqual(['NotFound', 'Found']);
  });

  test('fault 14: a definition that is removed suspends its watches, which go on by themselves when it is back', async () => {
    await using r = await rig();
    r.server.create(widgetDefinition);
    r.server.create(widget('blue'));
    const lines: string[] = [];
    const handlers = (event: Parameters<typeof line>[0]) => void lines.push(line(event));
    const { key } = await r.manager.add({ owner: owner('x'), target: { gvr: widgets, namespace: 'shop' }, handlers });
    await until(() => lines.length === 1);
    // Not seen from here: the connection is lost while everything goes.
    const outage = r.server.faults.add({ match: { resource: 'widgets' }, action: { kind: 'reset' } });
    r.server.resetConnections();
    await quiet();
    r.server.delete(definitions, '', 'widgets.shop.io');
    outage.remove();
    await pass(r.clock, 30_000);
    expect(lines).toEqual(['add blue 1', 'delete blue 1 unseen']);
    expect(conditionsOf(r.manager, key)).toMatchObject({ Connected: 'False NotServed', Fresh: 'False NotServed' });
    await pass(r.clock, 120_000, 5_000);
    r.server.create(widgetDefinition);
    r.server.create(widget('blue', 2));
    const before = r.clock.now();
    for (let second = 0; second < 20 && lines.length < 3; second++) await pass(r.clock, 1_000);
    expect(lines.slice(2)).toEqual(['add blue 2']);
    // Sooner than by its own long backoff: discovery is asked every ten seconds.
    expect(r.clock.now() - before).toBeLessThanOrEqual(16_000);
    expect(conditionsOf(r.manager, key)).toMatchObject({ Connected: 'True Watching', Fresh: 'True RecentContact' });
  });

  test('fault 19: a pinned watch is looked after like any other, and ends with the manager', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const handle = await r.manager.pin('resolver', recording('a', lines));
    await until(() => lines.length === 1);
    await r.manager.stopForOwner(owner('resolver'));
    expect(r.manager.get(handle.key)).toBe(handle);
    r.server.resetConnections();
    r.server.update(configMap('a', '2'));
    await pass(r.clock, 10_000);
    expect(lines).toEqual(['add a 1', 'update a 1>2']);
    await r.manager.stop();
    expect(r.manager.sources()).toEqual([]);
    await until(() => r.server.watches === 0);
  });

  test('fault 21: a stop aborts the list that is under way', async () => {
    await using r = await rig();
    r.server.faults.add({ match: { resource: 'configmaps' }, action: { kind: 'stall' } });
    const adding = expect(r.manager.add({ owner: owner('x'), ...recording('a', []) })).rejects.toMatchObject({
      code: 'SyncAborted',
    });
    await until(() => r.server.connections === 1);
    await r.manager.stop();
    await adding;
    await until(() => r.server.connections === 0);
    expect(r.clock.pendingTimers).toBe(0);
  });

  test('S001-28, fault 22: an informer that ended by itself is replaced, with backoff; its handlers notice what they missed, once', async () => {
    let client: BuggyClient | undefined;
    await using r = await rig((server, clock) => {
      client = new BuggyClient(server.kubeConfig(), { clock });
      return { client };
    });
    for (const name of ['a', 'b', 'c']) r.server.create(configMap(name));
    const lines: string[] = [];
    const { key } = await r.manager.add({ owner: owner('x'), ...recording(undefined, lines) });
    await until(() => lines.length === 3);
    client!.armed = true;
    r.server.update(configMap('a', '2'));
    await until(() => r.manager.sources()[0]?.verdict === 'dead');
    expect(conditionsOf(r.manager, key).Connected).toBe('False Restarting');
    r.server.update(configMap('b', '2'));
    r.server.delete(configMaps, 'shop', 'c');
    r.server.create(configMap('d'));
    await pass(r.clock, 10_000);
    await until(() => lines.length === 7);
    expect(lines.slice(3).toSorted()).toEqual(['add d 1', 'delete c 1 unseen', 'update a 1>2', 'update b 1>2']);
    expect(r.manager.sources()).toMatchObject([{ verdict: 'healthy', restarts: 1 }]);
    expect(conditionsOf(r.manager, key).Connected).toBe('True Watching');
    expect(r.logs.find(({ fields }) => fields?.reason === 'dead')?.fields).toMatchObject({
      code: 'Internal',
      stack: expect.stringContaining('bug'),
    });
    expect(watchesOf(r.server)).toHaveLength(2);
    await client!.close();
  });
});
