/** Rules of our description of client-go about informers that no other test proves; which these are for is said in `rules/`. */
import { describe, expect, test } from 'vitest';
import { SharedIndexInformer } from '../../src/informer/index.ts';
import { Turns } from '../../src/runtime/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import { record, rig, synced } from '../unit/informer/rig.ts';
import { Source, type Thing, thing, until } from '../unit/informer/source.ts';
import { page, widget } from '../unit/reflector/scripted-lister-watcher.ts';
import { scripted } from './scripted-informer.ts';

describe('a resync', () => {
  test('is due at its time, a relist before it or not', async () => {
    await using r = await synced([thing('a', 1)]);
    const { lines } = record(r.informer, { resyncPeriod: 10_000 });
    await until(() => lines.length === 1);
    r.source.disconnect();
    r.source.connect({ forget: true });
    await r.clock.advance(9_999);
    expect(r.source.requests.filter((request) => request.startsWith('list'))).toHaveLength(2);
    expect(lines).toHaveLength(1);
    await r.clock.advance(1);
    expect(lines.slice(1)).toEqual(['update a 1>1 resync']);
  });
});

describe('indexes', () => {
  test('can be added to a cache whose informer has ended', async () => {
    const r = await synced([thing('a', 1), thing('b', 2)]);
    await r.informer.stop();
    const { indexer } = r.informer.addIndexers({ size: ({ spec }) => [String(spec.size)] });
    expect(Array.from(indexer.byIndex('size', '2'), ({ metadata }) => metadata.name)).toEqual(['b']);
  });
});

describe('a lister', () => {
  test('before the sync has what there is so far', async () => {
    const clock = new FakeClock();
    const bank = new Source('bank');
    const held = Promise.withResolvers<void>();
    bank.hold = held.promise;
    const informer = new SharedIndexInformer<Thing>({
      listerWatcher: new Map([
        ['shop', new Source('shop', [thing('a')])],
        ['bank', bank],
      ]),
      clock,
      turns: new Turns({ clock }),
    });
    expect(informer.lister.list()).toEqual([]);
    informer.start();
    await until(() => informer.lister.list().length === 1);
    expect(informer.hasSynced()).toBe(false);
    held.resolve();
    await informer.waitForSync();
    await informer.stop();
  });
});

describe('a stop', () => {
  test('at any turn of a relist leaves the cache wholly old or wholly new, and for good', async () => {
    const many = (size: number) => Array.from({ length: 300 }, (_, at) => thing(`t${at}`, size));
    const left = new Map<string, number>();
    for (let turns = 0; turns < 60; turns++) {
      const r = await synced(many(1));
      r.source.disconnect();
      for (const object of many(2)) r.source.put(object);
      r.source.connect({ forget: true });
      const lists = () => r.source.requests.filter((request) => request.startsWith('list')).length;
      const advancing = r.clock.advance(5_000);
      await until(() => lists() === 2);
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      await r.informer.stop();
      const sizes = () => Array.from(new Set(r.informer.lister.list().map(({ spec }) => spec.size))).join(' ');
      const before = sizes();
      left.set(before, (left.get(before) ?? 0) + 1);
      await Promise.all([advancing, settle(30)]);
      expect(sizes()).toBe(before);
    }
    expect(Array.from(left.keys())).toEqual(['1', '2']);
    // Far more turns than the request takes: most of these stops were in the middle of the preparation.
    expect(left.get('1')).toBeGreaterThan(10);
  });
});

describe('the sync', () => {
  test('of a handler and of its informer outlasts changes, failures, relists and the end', async () => {
    await using r = await synced([thing('a', 1)]);
    const { registration, lines } = record(r.informer);
    await registration.ready;
    const both = () => [r.informer.hasSynced(), registration.hasSynced()];
    r.source.put(thing('a', 2));
    await until(() => lines.length === 2);
    expect(both()).toEqual([true, true]);
    r.source.disconnect();
    r.source.put(thing('a', 3));
    await r.clock.advance(60_000);
    expect(both()).toEqual([true, true]);
    r.source.connect({ forget: true });
    await r.clock.advance(60_000);
    await until(() => lines.length === 3);
    expect(both()).toEqual([true, true]);
    await r.informer.stop();
    expect(both()).toEqual([true, true]);
  });
});

describe('to run an informer', () => {
  test('is to wait until it has ended, calls of handlers included', async () => {
    const r = rig([thing('a', 1)]);
    let release = () => {};
    let called = false;
    r.informer.addEventHandler(() => {
      called = true;
      return new Promise<void>((resolve) => (release = resolve));
    });
    const stopper = new AbortController();
    let ended = false;
    const running = r.informer.run(stopper.signal).then(() => {
      ended = true;
    });
    await until(() => called);
    expect(ended).toBe(false);
    stopper.abort();
    await settle();
    expect(ended).toBe(false);
    release();
    await running;
  });
});

describe('a handler', () => {
  test('that another one adds in a call has everything once', async () => {
    await using r = rig([thing('a', 1), thing('b', 1)]);
    const inner: string[][] = [];
    const outer: string[] = [];
    r.informer.addEventHandler(({ type, object }) => {
      outer.push(`${type} ${object.metadata.name}`);
      inner.push(record(r.informer).lines);
    });
    r.informer.start();
    await until(() => outer.length === 2 && inner.every((lines) => lines.length === 2));
    r.source.put(thing('c', 1));
    await until(() => outer.length === 3 && inner.every((lines) => lines.length === 3));
    await settle();
    expect(outer).toEqual(['add a', 'add b', 'add c']);
    expect(inner.map((lines) => lines.map((text) => text.split(' ')[1]).join(' '))).toEqual(Array(3).fill('a b c'));
  });
});

describe('a transform', () => {
  test('may change the object in place', async () => {
    const transform = (object: Thing) => {
      object.spec = { size: object.spec.size + 100 };
      return object;
    };
    const { clock, cached, errors, lines } = scripted([page([widget('a', '1')], '1')], {
      transform: (object) => {
        object.color = 'red';
        return object;
      },
    });
    await clock.advance(0);
    expect([lines, cached(), errors]).toEqual([['add a@1 initial'], 'a@1', []]);
    await using r = rig([], { transform });
    r.informer.start();
    const { lines: sizes } = record(r.informer);
    await until(() => r.informer.status().phase === 'live');
    r.source.put(thing('a', 1));
    await until(() => sizes.length === 1);
    expect(sizes).toEqual(['add a 101']);
  });
});
