/** What client-go promises or does without a test that shows it, by the rules of our description of it; where we differ, what we do. */
import { describe, expect, test } from 'vitest';
import { DynamicSharedInformerFactory } from '../../src/factory/index.ts';
import { SharedIndexInformer, waitForCacheSync } from '../../src/informer/index.ts';
import { Turns } from '../../src/runtime/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import { record, synced } from '../unit/informer/rig.ts';
import { Source, status, type Thing, thing, until } from '../unit/informer/source.ts';
import { start } from '../unit/reflector/fixture.ts';
import {
  type Answer,
  mark,
  page,
  statusError,
  type Widget,
  widget,
} from '../unit/reflector/scripted-lister-watcher.ts';
import { configFor } from '../unit/transport/server.ts';
import { scripted } from './scripted-informer.ts';

const listing = { streamInitialState: false } as const;
const many = (count: number, size = 0) => Array.from({ length: count }, (_, at) => thing(`t${at}`, size));

describe('a transform', () => {
  const refusing = (object: Widget) => {
    if (object.metadata.name === 'bad' && Number(object.metadata.resourceVersion) > 1) throw new Error('odd');
    return object;
  };

  test.each(['list', 'stream'] as const)(
    'that fails for one object of a %s: it is reported, what is cached stays, the others come through (REF-38, adapted: the same both ways)',
    async (how) => {
      const states = [
        [widget('a', '1'), widget('bad', '1')],
        [widget('a', '2'), widget('bad', '2')],
      ];
      const script = states.flatMap((objects, at): Answer[] => {
        const version = String(at + 1);
        const events = objects.map((object) => ({ type: 'ADDED', object }) as const);
        const expired = statusError(410, 'Expired');
        return how === 'list' ? [page(objects, version), expired] : [[[...events, mark(version)], expired]];
      });
      const { clock, lines, errors, cached } = scripted(script, {
        transform: refusing,
        streamInitialState: how === 'stream',
      });
      await clock.advance(1_500);
      expect(lines).toEqual(['add a@1 initial', 'add bad@1 initial', 'update a@1>2']);
      expect(cached()).toBe('a@2 bad@1');
      expect(errors.filter(({ code }) => code === 'TransformFailed')).toHaveLength(1);
    },
  );

  test('that takes away the resource version keeps nobody from hearing of changes (SI-15, adapted: every state counts as changed)', async () => {
    const transform = (object: Thing) => ({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });
    await using r = await synced([thing('a', 1)], { transform, resyncPeriod: 1_000 });
    const { lines } = record(r.informer, { resyncPeriod: 0 });
    await until(() => lines.length === 1);
    await r.clock.advance(1_000);
    r.source.put(thing('a', 2));
    await until(() => lines.length === 2);
    expect(lines[1]).toBe('update a 1>2');
  });
});

describe('a relist', () => {
  test.each([0, 1_000])(
    'that changes nothing tells no handler of it, with resyncs every %i ms or without (SI-14, adapted: client-go tells all)',
    async (resyncPeriod) => {
      await using r = await synced(many(3, 1));
      const { lines } = record(r.informer, { resyncPeriod });
      await until(() => lines.length === 3);
      r.source.disconnect();
      r.source.connect({ forget: true });
      await r.clock.advance(5_000);
      await until(() => r.informer.status().phase === 'live');
      expect(r.source.requests.filter((request) => request.startsWith('list'))).toHaveLength(2);
      expect(lines.slice(3).filter((text) => !text.endsWith('resync'))).toEqual([]);
    },
  );

  test('shows its version when its objects can be read, neither earlier nor later (REF-63, STO-14)', async () => {
    await using r = await synced(many(200, 1));
    const old = r.informer.status().resourceVersion;
    r.source.disconnect();
    for (const object of many(200, 2)) r.source.put(object);
    r.source.connect({ forget: true });
    const requests = r.source.requests.length;
    const advancing = r.clock.advance(5_000);
    await until(() => r.source.requests.length >= requests + 2);
    const seen = new Set<string>();
    for (let turn = 0; turn < 2_000; turn++) {
      const { resourceVersion } = r.informer.status();
      const sizes = new Set(r.informer.lister.list().map(({ spec }) => spec.size));
      seen.add(`${resourceVersion === old ? 'old' : 'new'} ${[...sizes]}`);
      if (resourceVersion !== old) break;
      await settle(1);
    }
    await advancing;
    expect([...seen]).toEqual(['old 1', 'new 2']);
  });
});

describe('what is reported', () => {
  test.each([410, 500, 429])(
    'includes an error %i inside a watch (REF-69, adapted: client-go keeps it to itself)',
    async (code) => {
      await using r = await synced();
      r.source.send({ type: 'ERROR', object: status(code).status });
      await until(() => r.errors.length === 1);
      expect(r.errors[0]).toMatchObject({ code: 'ApiStatus', status: { code } });
    },
  );

  test('includes that a resource can be listed and not watched, each time; it is polled, ever more slowly (§5.13)', async () => {
    const { clock, server, store, failures } = start([], listing, {
      otherwise: ({ verb }) => (verb === 'list' ? page([widget('a', '1')], '1') : statusError(405, 'MethodNotAllowed')),
    });
    await clock.advance(600_000);
    expect(store.content.size).toBe(1);
    const lists = server.sent.filter(({ verb }) => verb === 'list').map(({ at }) => at);
    const pauses = lists.slice(1).map((at, index) => at - lists[index]!);
    expect(pauses.slice(0, 4)).toEqual([6_250, 12_500, 25_000, 50_000]);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(90_000);
    expect(failures).toHaveLength(lists.length);
  });
});

describe('a factory', () => {
  const of = (resource: string) => ({ group: '', version: 'v1', resource });

  test('has what was asked for after the start in its map, unsynced; a second start begins it, and only it (FA-2, FA-5, adapted: not left out)', async () => {
    await using factory = new DynamicSharedInformerFactory(configFor('http://127.0.0.1:1'), { clock: new FakeClock() });
    const first = factory.forResource(of('pods'));
    // Nothing was started, so nothing is waited for.
    expect(await factory.waitForCacheSync()).toEqual(new Map([[first.name, false]]));
    factory.start();
    const second = factory.forResource(of('secrets'));
    expect(first.status().phase).not.toBe('idle');
    expect(second.status().phase).toBe('idle');
    const map = await factory.waitForCacheSync({ signal: AbortSignal.abort() });
    expect([...map]).toEqual([
      [first.name, false],
      [second.name, false],
    ]);
    factory.start();
    expect(second.status().phase).not.toBe('idle');
  });

  test('that is stopped ends what runs by itself, and nothing starts after it (FA-3, FA-6, adapted: it cancels)', async () => {
    const clock = new FakeClock();
    const factory = new DynamicSharedInformerFactory(configFor('http://127.0.0.1:1'), { clock });
    const informer = factory.forResource(of('pods'));
    factory.start();
    await factory.stop();
    expect(informer.status().phase).toBe('stopped');
    factory.start();
    expect(informer.status().phase).toBe('stopped');
    expect(() => factory.forResource(of('pods'))).toThrowError(expect.objectContaining({ code: 'AlreadyStopped' }));
    expect(clock.pendingTimers).toBe(0);
  });

  test('gives a new informer for one that has ended (FA-3, adapted: client-go cannot restart it)', async () => {
    await using factory = new DynamicSharedInformerFactory(configFor('http://127.0.0.1:1'), { clock: new FakeClock() });
    const first = factory.forResource(of('pods'));
    factory.start(AbortSignal.abort());
    await first.done;
    expect(factory.forResource(of('pods'))).not.toBe(first);
  });
});

describe('a late handler', () => {
  test('of an empty cache is synced at once (SI-36)', async () => {
    await using r = await synced();
    const { registration, lines } = record(r.informer);
    await registration.ready;
    expect(lines).toEqual([]);
    expect(await waitForCacheSync(AbortSignal.abort(), r.informer)).toBe(true);
  });

  test('that comes during the initial sync hears of each object once, and is synced with the rest (SI-21)', async () => {
    const clock = new FakeClock();
    const shop = new Source('shop', many(50));
    const bank = new Source('bank', [{ ...thing('b'), metadata: { ...thing('b').metadata, namespace: 'bank' } }]);
    const held = Promise.withResolvers<void>();
    bank.hold = held.promise;
    const informer = new SharedIndexInformer<Thing>({
      listerWatcher: new Map([
        ['shop', shop],
        ['bank', bank],
      ]),
      clock,
      turns: new Turns({ clock, slice: 0 }),
    });
    informer.start();
    await until(() => informer.indexer.size === 50);
    const { lines, registration } = record(informer);
    await until(() => lines.length === 50);
    shop.put(thing('t0', 7));
    await until(() => lines.length === 51);
    expect(registration.hasSynced()).toBe(false);
    held.resolve();
    await registration.ready;
    expect(lines.slice(0, 50).every((text) => text.endsWith('initial'))).toBe(true);
    expect(lines.slice(50)).toEqual(['update t0 0>7', 'add b 0 initial']);
    await informer.stop();
  });
});

describe('indexes', () => {
  test('whose name is taken are added neither alone nor with others (IDX-4); a function that fails loses its index one object (IDX-1)', async () => {
    await using r = await synced<'size'>([thing('a', 1), thing('b', 2)], {
      indexers: {
        size: ({ spec }) => {
          if (spec.size === 3) throw new Error('odd');
          return [String(spec.size)];
        },
      },
    });
    expect(() => r.informer.addIndexers({ fresh: () => ['x'], size: () => ['x'] })).toThrowError(/size/);
    expect(r.informer.indexer.hasIndex('fresh')).toBe(false);
    r.source.put(thing('a', 3));
    await until(() => r.errors.length === 1);
    expect(r.errors[0]?.code).toBe('IndexFailed');
    expect(r.informer.lister.get('shop', 'a')?.spec.size).toBe(3);
    expect([...r.informer.indexer.indexValues('size')]).toEqual(['2']);
  });
});

describe('a lister', () => {
  test('has nothing for what is not there, and does not throw (L-1, adapted: no NotFound)', async () => {
    await using r = await synced([thing('a', 1)]);
    const { lister } = r.informer;
    expect([lister.get('shop', 'b'), lister.get('a'), lister.namespace('bank').get('a')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(lister.namespace('shop').list()).toHaveLength(1);
  });
});

describe('an end', () => {
  test.each([
    ['during a list', [], 0],
    ['during a delay of a streaming list', [statusError(429, 'TooManyRequests')], 600],
    ['between pages', [page([widget('a', '1')], '1', 't')], 0],
  ] as const)(
    '%s: no request follows and the store is left alone (REF-14, REF-22, PAG-6)',
    async (when, script, after) => {
      const { clock, server, store, stop, done, failures } = start(script, {
        streamInitialState: when.includes('stream'),
      });
      await clock.advance(after);
      const before = [server.sent.length, failures.length];
      stop();
      await done;
      await clock.advance(3_600_000);
      expect([server.sent.length, failures.length]).toEqual(before);
      expect(store.calls).toEqual([]);
    },
  );

  test('drops what waits for a handler, and waits for the call under way (SI-8)', async () => {
    const r = await synced(many(10));
    const calls: string[] = [];
    let release = () => {};
    const registration = r.informer.addEventHandler({
      onAdd: async ({ metadata }) => {
        calls.push(metadata.name);
        await new Promise<void>((resolve) => (release = resolve));
        calls.push('returned');
      },
      onClose: () => void calls.push('closed'),
    });
    await until(() => calls.length === 1);
    expect(registration.lag).toBe(9);
    const stopping = r.informer.stop().then(() => calls.push('stopped'));
    await settle();
    expect(calls).toEqual(['t0']);
    release();
    await stopping;
    expect(calls).toEqual(['t0', 'returned', 'closed', 'stopped']);
  });
});

describe('an end after a removal', () => {
  test('waits for the call of the removed handler, too (SI-8, SI-34)', async () => {
    const r = await synced([thing('a')]);
    let release = () => {};
    const registration = r.informer.addEventHandler(() => new Promise<void>((resolve) => (release = resolve)));
    await settle();
    const order: string[] = [];
    const removing = registration.remove().then(() => order.push('removed'));
    const stopping = r.informer.stop().then(() => order.push('stopped'));
    await settle();
    expect(order).toEqual([]);
    release();
    await Promise.all([removing, stopping]);
    expect(order.sort()).toEqual(['removed', 'stopped']);
    expect(r.clock.pendingTimers).toBe(0);
  });
});
