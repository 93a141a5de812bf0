import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, test } from 'vitest';
import { createController, enqueueTo } from '../../src/controller/index.ts';
import { type ManagerMessage, watchRequest } from '../../src/manager/index.ts';
import {
  configMap,
  configMaps,
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

describe('faults of the predecessor: requests, owners, handlers', () => {
  test('S001-17, fault 8: stopping an owner leaves those whose names begin alike, and its namesake of another namespace', async () => {
    await using r = await rig();
    const lines: string[] = [];
    for (const of of [owner('foo'), owner('foo-bar'), owner('fo'), owner('foo', 'bank'), owner('f')]) {
      await r.manager.add({ owner: of, ...recording('a', lines) });
    }
    expect(await r.manager.stopForOwner(owner('foo'))).toBe(1);
    expect(r.manager.list().map(({ status }) => status().owner)).toEqual([
      owner('foo-bar'),
      owner('fo'),
      owner('foo', 'bank'),
      owner('f'),
    ]);
    r.server.create(configMap('a'));
    await until(() => lines.length === 4);
    await quiet();
    expect(lines).toHaveLength(4);
  });

  test('fault 9: equal plurals and names of two groups are two targets', async () => {
    await using r = await rig();
    r.server.create(widgetDefinition);
    const { spec } = widgetDefinition;
    r.server.create({
      ...widgetDefinition,
      metadata: { name: 'widgets.bank.io' },
      spec: { ...spec, group: 'bank.io' },
    });
    r.server.create(widget('blue', 1));
    r.server.create({ ...widget('blue', 9), apiVersion: 'bank.io/v1' });
    const lines: string[] = [];
    const add = (group: string) =>
      r.manager.add({
        owner: owner('x'),
        target: { gvr: { ...widgets, group }, namespace: 'shop', name: 'blue' },
        handlers: (event) => void lines.push(`${group}: ${line(event)}`),
      });
    const keys = [await add('shop.io'), await add('bank.io')].map(({ key }) => key);
    await until(() => lines.length === 2);
    expect(new Set(keys).size).toBe(2);
    expect(lines.toSorted()).toEqual(['bank.io: add blue 9', 'shop.io: add blue 1']);
  });

  test('S001-22, fault 10: other handlers for the same key are never dropped without a word: they replace, are added, or are refused', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const [one, two, three]: string[][] = [[], [], []];
    const first = await r.manager.add({ owner: owner('x'), ...recording('a', one!) });
    await until(() => one!.length === 1);
    const refused = { owner: owner('x'), ...recording('a', [], { onConflict: 'fail' }) };
    await expect(r.manager.add(refused)).rejects.toMatchObject({ code: 'WatchConflict' });
    const second = await r.manager.add({ owner: owner('x'), ...recording('a', two!) });
    const third = await r.manager.add({ owner: owner('x'), ...recording('a', three!, { onConflict: 'add' }) });
    expect([second, third]).toEqual([first, first]);
    await until(() => two!.length === 1 && three!.length === 1);
    r.server.update(configMap('a', '2'));
    await until(() => two!.length === 2 && three!.length === 2);
    expect(one).toEqual(['add a 1']);
    expect([two, three]).toEqual(Array(2).fill(['add a 1', 'update a 1>2']));
    expect(watchesOf(r.server)).toHaveLength(1);
  });

  test('S001-22: the same request again is no conflict, and neither are other functions with the same id', async () => {
    await using r = await rig();
    const request = { owner: owner('x'), ...recording('a', [], { onConflict: 'fail', handlersId: 'v1' }) };
    const first = await r.manager.add(request);
    expect(await r.manager.add(request)).toBe(first);
    expect(await r.manager.add({ ...request, handlers: () => {} })).toBe(first);
    expect(r.manager.list()).toHaveLength(1);
  });

  test('fault 11: an owner that refers to something else leaves no watch behind', async () => {
    await using r = await rig({ linger: 0 });
    for (const name of ['a', 'b', 'c']) r.server.create(configMap(name));
    const lines: string[] = [];
    const want = (...names: string[]) =>
      r.manager.setDesired(
        owner('x'),
        names.map((name) => watchRequest(recording(name, lines, { handlersId: name }))),
      );
    await want('a', 'b');
    await until(() => lines.length === 2);
    await want('b', 'c');
    await until(() => lines.length === 3);
    expect(r.manager.list({ owner: owner('x') }).map(({ request }) => request.target.name)).toEqual(['b', 'c']);
    expect(r.manager.sources().map(({ fieldSelector }) => fieldSelector)).toEqual([
      'metadata.name=b',
      'metadata.name=c',
    ]);
    for (const name of ['a', 'b', 'c']) r.server.update(configMap(name, '2'));
    await until(() => lines.length === 5);
    await quiet();
    expect(lines.slice(2).toSorted()).toEqual(['add c 1', 'update b 1>2', 'update c 1>2']);
    expect(watchesOf(r.server)).toHaveLength(3);
  });

  test('S001-11, fault 12: a hundred who ask at once get one watch; two who stop at once stop it once', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const request = { owner: owner('x'), ...recording('a', lines) };
    const handles = await Promise.all(Array.from({ length: 100 }, () => r.manager.add(request)));
    expect(new Set(handles).size).toBe(1);
    expect(r.server.requests.count({ resource: 'configmaps' })).toBe(1);
    await until(() => lines.length === 1);
    await Promise.all(handles.map(({ stop }) => stop()));
    expect(r.manager.list()).toEqual([]);
    expect(await r.manager.stopKey(handles[0]!.key)).toBe(false);
  });

  test('fault 13: fifty owners of things of one kind in one namespace cost one watch', async () => {
    await using r = await rig();
    const names = Array.from({ length: 50 }, (_, index) => `c-${index}`);
    await Promise.all(names.map((name) => r.manager.add({ owner: owner(name), ...recording(name, []) })));
    await until(() => r.server.watches === 1);
    expect(watchesOf(r.server).length).toBeLessThanOrEqual(11);
  });

  test('fault 15: gauges say how it is after stops and restarts, and end with the last source', async () => {
    const messages: ManagerMessage[] = [];
    const listen = (message: unknown) => void messages.push(message as ManagerMessage);
    subscribe('kube-informer:manager', listen);
    try {
      await using r = await rig({ linger: 0 });
      const gauge = (name: string) =>
        messages
          .flatMap((message) => (message.kind === 'gauge' && message.name === name ? [message.value] : []))
          .at(-1);
      const handles = await Promise.all(
        ['a', 'b', 'c'].map((name) => r.manager.add({ owner: owner(name), ...recording(name, []) })),
      );
      await pass(r.clock, 5_000);
      expect([gauge('watches'), gauge('sources')]).toEqual([3, 3]);
      r.server.resetConnections();
      await pass(r.clock, 30_000);
      expect([gauge('watches'), gauge('sources')]).toEqual([3, 3]);
      await handles[0]!.stop();
      await handles[1]!.stop();
      await handles[1]!.stop();
      await pass(r.clock, 5_000);
      expect([gauge('watches'), gauge('sources')]).toEqual([1, 1]);
      await handles[2]!.stop();
      await pass(r.clock, 5_000);
      expect(messages.at(-1)).toEqual({
        manager: 'manager',
        kind: 'gone',
        labels: { group: '', version: 'v1', resource: 'configmaps' },
      });
    } finally {
      unsubscribe('kube-informer:manager', listen);
    }
  });

  test('S001-32, fault 16: labels come from closed sets: no text of an error, no name of an object', async () => {
    const messages: ManagerMessage[] = [];
    const listen = (message: unknown) => void messages.push(message as ManagerMessage);
    subscribe('kube-informer:manager', listen);
    try {
      await using r = await rig();
      r.server.create(configMap('sentinel-name'));
      r.server.faults.add({
        match: { resource: 'configmaps' },
        times: 2,
        action: { kind: 'status', code: 500, reason: 'InternalError', message: 'sentinel-text' },
      });
      const handlers = () => {
        throw new Error('sentinel-throw');
      };
      const adding = r.manager.add({ owner: owner('sentinel-owner'), ...recording('sentinel-name', []), handlers });
      await pass(r.clock, 10_000);
      await adding;
      r.server.closeWatches();
      await pass(r.clock, 10_000);
      r.server.update(configMap('sentinel-name', '2'));
      await pass(r.clock, 10_000);
      await r.manager.stop();
    } finally {
      unsubscribe('kube-informer:manager', listen);
    }
    const counts = new Map<string, number>();
    for (const message of messages) {
      if (message.kind === 'gone') continue;
      const { group: _g, version: _v, resource: _r, ...labels } = message.labels;
      const series = `${message.name}${JSON.stringify(labels)}`;
      counts.set(series, (message.kind === 'counter' ? (counts.get(series) ?? 0) : 0) + message.value);
      expect(JSON.stringify(message)).not.toContain('sentinel');
    }
    expect(Object.fromEntries(counts)).toMatchObject({
      'lists_total{"outcome":"internal"}': 2,
      'lists_total{"outcome":"success"}': 1,
      'watch_disconnects_total{"reason":"renewed"}': 1,
      'events_total{"type":"add","origin":"initial"}': 1,
      'events_total{"type":"update","origin":"live"}': 1,
      'handler_errors_total{}': 2,
    });
    expect(messages.at(-1)).toMatchObject({ kind: 'gone' });
  });

  test('fault 17: work that fails is tried again by a queue, without another event', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const runs: string[] = [];
    const ending = new AbortController();
    const controller = createController({
      name: 'demo',
      sources: [],
      clock: r.clock,
      onError: () => {},
      reconcile: async ({ name }) => {
        runs.push(name);
        if (runs.length < 3) throw new Error('conflict');
      },
    });
    const done = controller.run(ending.signal);
    await r.manager.add({
      owner: owner('x'),
      target: { gvr: configMaps, namespace: 'shop' },
      handlers: enqueueTo(controller.queue),
    });
    await pass(r.clock, 1_000, 5);
    expect(runs).toEqual(['a', 'a', 'a']);
    ending.abort();
    await done;
  });

  test('fault 18: a deletion that was missed is told with the object, not with something else', async () => {
    await using r = await rig();
    r.server.create(configMap('a', '7'));
    const told: unknown[] = [];
    await r.manager.add({
      owner: owner('x'),
      target: { gvr: configMaps, namespace: 'shop', name: 'a' },
      handlers: {
        onDelete: (object, { finalStateUnknown }) => void told.push([object.data?.value, finalStateUnknown]),
      },
    });
    const refusal = r.server.faults.add({ match: { resource: 'configmaps' }, action: { kind: 'reset' } });
    r.server.resetConnections();
    await quiet();
    r.server.delete(configMaps, 'shop', 'a');
    r.server.compact();
    refusal.remove();
    await pass(r.clock, 20_000);
    expect(told).toEqual([['7', true]]);
  });

  test('fault 20: resources of the core group are watched like any other', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const { key } = await r.manager.add({
      owner: owner('x'),
      target: { gvr: { group: '', version: 'v1', resource: 'configmaps' }, namespace: 'shop', name: 'a' },
      handlers: (event) => void lines.push(line(event)),
    });
    await until(() => lines.length === 1);
    expect(key).toBe('owner/shop.io/App/shop/x//v1/configmaps/shop/a');
  });

  test('fault 23: what is asked of one namespace takes rights in that namespace only', async () => {
    const asked: string[] = [];
    await using r = await rig(
      {},
      {
        server: {
          authorize: ({ namespace, verb, resource }) => {
            asked.push(`${verb} ${resource} in ${namespace}`);
            return namespace === 'shop';
          },
        },
      },
    );
    r.server.create(configMap('a'));
    const lines: string[] = [];
    for (let index = 0; index < 12; index++)
      await r.manager.add({ owner: owner('x'), ...recording(`c-${index}`, lines) });
    await r.manager.add({ owner: owner('x'), ...recording(undefined, lines) });
    await until(() => lines.length === 1);
    expect(new Set(asked)).toEqual(new Set(['watch configmaps in shop']));
  });
});
