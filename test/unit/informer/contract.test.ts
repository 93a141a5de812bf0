import { describe, expect, test } from 'vitest';
import { Turns } from '../../../src/runtime/index.ts';
import { line, record, rig, synced } from './rig.ts';
import { type Thing, thing, until } from './source.ts';

const many = (count: number, size = 0) => Array.from({ length: count }, (_, at) => thing(`t${at}`, size));

describe('the cache changes before handlers hear of it', () => {
  test('a handler finds each change in the cache and in every index', async () => {
    await using r = rig<'size'>([thing('a', 1)], { indexers: { size: (object) => [String(object.spec.size)] } });
    const { informer, source } = r;
    const seen: unknown[] = [];
    informer.addEventHandler({
      onAdd: (object) => void seen.push(informer.indexer.get('shop/a') === object),
      onUpdate: (old, object) =>
        void seen.push(
          informer.lister.namespace('shop').get('a') === object,
          [...informer.indexer.byIndex('size', String(object.spec.size))].length,
          [...informer.indexer.byIndex('size', String(old.spec.size))].length,
        ),
      onDelete: () => void seen.push(informer.indexer.size, [...informer.indexer.indexValues('size')].length),
    });
    informer.start();
    await until(() => informer.status().phase === 'live');
    source.put(thing('a', 2));
    await until(() => seen.length === 4);
    source.delete('a');
    await until(() => seen.length === 6);
    expect(seen).toEqual([true, true, 1, 0, 0, 0]);
  });

  test('a relist becomes visible in one step, to handlers and between turns (TestReplaceEvents)', async () => {
    const r = await synced(many(300, 1));
    await using _ = r;
    const { informer, source, clock } = r;
    const mixtures: string[] = [];
    const look = (where: string) => {
      const sizes = new Set(informer.lister.list().map((object) => object.spec.size));
      if (sizes.size !== 1) mixtures.push(`${where}: ${[...sizes]}`);
      return sizes.has(2);
    };
    const { lines } = record(informer);
    await until(() => lines.length === 300);
    informer.addEventHandler(() => void look('handler'));
    source.disconnect();
    for (const object of many(300, 2)) source.put(object);
    source.connect({ forget: true });
    await clock.advance(5_000);
    for (let turn = 0; !look('between turns'); turn++) {
      expect(turn).toBeLessThan(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => lines.length === 600);
    expect(mixtures).toEqual([]);
    expect(lines.slice(300).every((text) => / 1>2$/.test(text))).toBe(true);
  });

  test('after a relist deletions come first, then what changed, in the order of the list', async () => {
    await using r = await synced([thing('a', 1), thing('b', 1), thing('c', 1)]);
    const { lines } = record(r.informer);
    await until(() => lines.length === 3);
    r.source.disconnect();
    r.source.delete('a');
    r.source.put(thing('b', 2));
    r.source.put(thing('d', 1));
    r.source.connect({ forget: true });
    await r.clock.advance(5_000);
    await until(() => lines.length === 6);
    expect(lines.slice(3)).toEqual(['delete a 1 unknown', 'update b 1>2', 'add d 1']);
  });
});

describe('events chain', () => {
  test('S002-16, S002-17: add, updates, delete, in the order of the server', async () => {
    await using r = await synced();
    const { lines } = record(r.informer);
    r.source.put(thing('a', 1));
    r.source.put(thing('a', 2));
    r.source.put(thing('a', 3));
    r.source.delete('a');
    r.source.put(thing('a', 4));
    await until(() => lines.length === 5);
    expect(lines).toEqual(['add a 1', 'update a 1>2', 'update a 2>3', 'delete a 3', 'add a 4']);
  });

  test('presence in the cache decides, not the type of the event: ADDED of a known object is an update', async () => {
    await using r = await synced([thing('a', 1)]);
    const { lines } = record(r.informer);
    const meta = { uid: r.source.objects.get('shop/a')!.metadata.uid };
    r.source.send({ type: 'ADDED', object: thing('a', 2, { ...meta, resourceVersion: '900' }) });
    r.source.send({ type: 'MODIFIED', object: thing('b', 1, { uid: 'b', resourceVersion: '901' }) });
    r.source.send({ type: 'DELETED', object: thing('nobody', 1, { uid: 'x', resourceVersion: '902' }) });
    r.source.put(thing('c', 1));
    await until(() => lines.includes('add c 1'));
    expect(lines).toEqual(['add a 1 initial', 'update a 1>2', 'add b 1', 'add c 1']);
  });

  test('the old object of an update is the very object that was in the cache', async () => {
    await using r = await synced([thing('a', 1)]);
    const before = r.informer.indexer.get('shop/a');
    const old: unknown[] = [];
    r.informer.addEventHandler({ onUpdate: (oldObject) => void old.push(oldObject) });
    r.source.put(thing('a', 2));
    await until(() => old.length === 1);
    expect(old[0]).toBe(before);
  });

  test.each([
    ['in a relist', true],
    ['in a resumed watch that never told of the deletion', false],
  ])('delete and recreate with another uid is a delete and an add: %s', async (_, relist) => {
    await using r = await synced([thing('a', 1)]);
    const { lines } = record(r.informer);
    await until(() => lines.length === 1);
    if (relist) {
      r.source.disconnect();
      r.source.delete('a');
      r.source.put(thing('a', 2));
      r.source.connect({ forget: true });
      await r.clock.advance(5_000);
    } else {
      r.source.send({ type: 'MODIFIED', object: thing('a', 2, { uid: 'other', resourceVersion: '900' }) });
    }
    await until(() => lines.length === 3);
    expect(lines.slice(1)).toEqual(['delete a 1 unknown', 'add a 2']);
  });

  test('the deletion of an object that was recreated unseen is told of the object that the handlers know', async () => {
    await using r = await synced([thing('a', 1)]);
    const { lines } = record(r.informer);
    r.source.send({ type: 'DELETED', object: thing('a', 7, { uid: 'other', resourceVersion: '900' }) });
    await until(() => lines.length === 2);
    expect(lines[1]).toBe('delete a 1 unknown');
    expect(r.informer.indexer.size).toBe(0);
  });

  test('S000-14: after changes that were missed the old object is what the cache held; a missed deletion is marked', async () => {
    await using r = await synced([thing('a', 1), thing('b', 1)]);
    const { lines } = record(r.informer);
    await until(() => lines.length === 2);
    r.source.disconnect();
    r.source.put(thing('a', 2));
    r.source.put(thing('a', 3));
    r.source.delete('b');
    r.source.connect({ forget: true });
    await r.clock.advance(5_000);
    await until(() => lines.length === 4);
    expect(lines.slice(2)).toEqual(['delete b 1 unknown', 'update a 1>3']);
  });

  test('a deletion that is watched carries the final state', async () => {
    await using r = await synced([thing('a', 1)]);
    const versions: string[] = [];
    r.informer.addEventHandler({ onDelete: ({ metadata }) => void versions.push(metadata.resourceVersion) });
    const last = r.source.delete('a');
    await until(() => versions.length === 1);
    expect(versions).toEqual([last.metadata.resourceVersion]);
  });
});

describe('S004-04: what did not change calls no handler', () => {
  test('ten reconnects and relists without a change: no call, the same references (TestSharedInformerWatchDisruption)', async () => {
    await using r = await synced(many(5, 1));
    const { lines } = record(r.informer);
    await until(() => lines.length === 5);
    const before = r.informer.lister.list();
    for (let round = 1; round <= 10; round++) {
      r.source.disconnect();
      r.source.connect({ forget: round % 2 === 0 });
      await r.clock.advance(60_000);
      await until(() => r.informer.status().phase === 'live');
    }
    expect(r.source.requests.filter((request) => request.startsWith('list'))).toHaveLength(1 + 5);
    expect(lines).toHaveLength(5);
    expect(r.informer.lister.list().every((object, at) => object === before[at])).toBe(true);
  });

  test('an event that repeats the version of the cache changes nothing', async () => {
    await using r = await synced([thing('a', 1)]);
    const { lines } = record(r.informer);
    const before = r.informer.indexer.get('shop/a');
    r.source.send({ type: 'ADDED', object: r.source.objects.get('shop/a')! });
    r.source.put(thing('b', 1));
    await until(() => lines.includes('add b 1'));
    expect(lines).toEqual(['add a 1 initial', 'add b 1']);
    expect(r.informer.indexer.get('shop/a')).toBe(before);
  });

  test('objects without a resource version count as changed every time', async () => {
    const transform = (object: Thing) => ({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });
    await using r = await synced([thing('a', 1)], { transform });
    const { lines } = record(r.informer);
    r.source.send({ type: 'MODIFIED', object: r.source.objects.get('shop/a')! });
    await until(() => lines.length === 2);
    expect(lines[1]).toBe('update a 1>1');
  });
});

describe('handlers that are added late', () => {
  test('S002-09: first everything in the cache, then what happens, in order (TestAddWhileActive)', async () => {
    await using r = await synced(many(100, 1));
    r.source.put(thing('t0', 2));
    const { lines, registration } = record(r.informer);
    expect(registration.hasSynced()).toBe(false);
    await registration.ready;
    expect(registration.hasSynced()).toBe(true);
    r.source.put(thing('t1', 2));
    await until(() => lines.includes('update t1 1>2'));
    expect(lines.slice(0, 100).every((text) => text.endsWith('initial'))).toBe(true);
    expect(new Set(lines.slice(0, 100).map((text) => text.split(' ')[1])).size).toBe(100);
    expect(lines.slice(100)).toEqual(['update t0 1>2', 'update t1 1>2']);
  });

  test('without gap or duplicate, at every turn while deltas arrive and while a relist is prepared', async () => {
    // A turn is over when the clock has been looked at three times.
    let looks = 0;
    const counting = { now: () => 0, monotonic: () => looks++, setTimer: () => ({ cancel: () => {} }) };
    await using r = await synced(many(200, 0), { turns: new Turns({ clock: counting, slice: 3 }) });
    const { informer, source, clock } = r;
    const views: { state: Map<string, number>; faults: string[] }[] = [];
    const addOne = () => {
      const state = new Map<string, number>();
      const faults: string[] = [];
      informer.addEventHandler((event) => {
        const { name } = event.object.metadata;
        const known = state.get(name);
        const expected = event.type === 'add' ? undefined : event.type === 'update' ? event.oldObject.spec.size : known;
        if (known !== expected || (event.type === 'delete' && known === undefined)) faults.push(line(event));
        if (event.type === 'delete') state.delete(name);
        else state.set(name, event.object.spec.size);
      });
      views.push({ state, faults });
    };
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    for (let round = 1; round <= 20; round++) {
      for (let at = 0; at < 40; at++) source.put(thing(`t${(round * 7 + at) % 250}`, round));
      source.delete(`t${(round * 7) % 250}`);
      addOne();
      await turn();
    }
    source.disconnect();
    for (let at = 0; at < 250; at++) if (source.objects.has(`shop/t${at}`)) source.put(thing(`t${at}`, 99));
    source.connect({ forget: true });
    const advancing = clock.advance(5_000);
    const relisted = () => informer.indexer.get('shop/t1')?.spec.size === 99;
    for (let count = 0; !relisted(); count++) {
      expect(count).toBeLessThan(50_000);
      if (views.length < 60) addOne();
      await turn();
    }
    await advancing;
    addOne();
    const truth = new Map([...source.objects.values()].map((object) => [object.metadata.name, object.spec.size]));
    const same = (state: Map<string, number>) =>
      state.size === truth.size && [...truth].every(([name, size]) => state.get(name) === size);
    await until(() => views.every(({ state }) => same(state)));
    expect(views.length).toBeGreaterThan(25);
    expect(views.flatMap(({ faults }) => faults)).toEqual([]);
  });

  test('added by an index function or an error listener in the middle of a turn, it hears nothing twice', async () => {
    const late: string[][] = [];
    let add = () => {};
    await using r = await synced<'size'>([thing('a', 1)], {
      turns: new Turns({ slice: 1_000 }),
      indexers: {
        size: (object) => {
          if (object.spec.size === 5) add();
          if (object.spec.size === 6) throw new Error('odd');
          return [String(object.spec.size)];
        },
      },
    });
    const { lines } = record(r.informer);
    await until(() => lines.length === 1);
    add = () => {
      late.push(record(r.informer).lines);
      add = () => {};
    };
    const off = r.informer.on('error', ({ code }) => {
      if (code !== 'IndexFailed') return;
      off();
      late.push(record(r.informer).lines);
    });
    r.source.disconnect();
    r.source.put(thing('b', 4));
    r.source.put(thing('c', 5));
    r.source.put(thing('d', 6));
    r.source.put(thing('e', 7));
    r.source.connect();
    await r.clock.advance(5_000);
    await until(
      () => lines.length === 5 && late.length === 2 && late.every((of) => of.some((text) => / e /.test(text))),
    );
    expect(lines).toEqual(['add a 1 initial', 'add b 4', 'add c 5', 'add d 6', 'add e 7']);
    expect(late[0]).toEqual(['add a 1 initial', 'add b 4 initial', 'add c 5 initial', 'add d 6', 'add e 7']);
    expect(late[1]).toEqual(['add a 1 initial', 'add b 4 initial', 'add c 5 initial', 'add d 6 initial', 'add e 7']);
  });

  test('added when another handler overflows, it hears nothing twice', async () => {
    await using r = await synced([thing('a', 1)]);
    const late: string[] = [];
    r.informer.addEventHandler(() => new Promise(() => {}), { name: 'stuck', overflow: { policy: 'fail', above: 2 } });
    const first = record(r.informer);
    await until(() => first.lines.length === 1);
    r.informer.on('error', (error) => {
      if (error.code === 'HandlerOverflow') r.informer.addEventHandler((event) => void late.push(line(event)));
    });
    for (const name of ['b', 'c', 'd']) r.source.put(thing(name, 1));
    await until(() => late.length >= 4);
    r.source.put(thing('e', 1));
    await until(() => late.includes('add e 1'));
    expect(late.map((text) => text.split(' ')[1])).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('TestSharedInformerMultipleRegistration: one function registered twice is two handlers', async () => {
    await using r = await synced([thing('a', 1)]);
    const lines: string[] = [];
    const handler = (event: Parameters<typeof line>[0]) => void lines.push(line(event));
    const first = r.informer.addEventHandler(handler);
    r.informer.addEventHandler(handler);
    await until(() => lines.length === 2);
    await first.remove();
    r.source.put(thing('b', 1));
    await until(() => lines.length === 3);
    expect(lines[2]).toBe('add b 1');
  });
});
