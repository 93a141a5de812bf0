/** What is left of the scenarios of client-go that make sense here, by the names of its tests. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InformerEvent } from '../../../src/informer/index.ts';
import { parseLabelSelector } from '../../../src/kubernetes/index.ts';
import { settle } from '../../../src/testing/index.ts';
import { record, rig, synced } from './rig.ts';
import { status, type Thing, thing, until } from './source.ts';

/** Follows one handler, and notes where its events do not chain. */
function follower() {
  const state = new Map<string, unknown>();
  const faults: string[] = [];
  const follow = (event: InformerEvent<Thing>) => {
    const { name } = event.object.metadata;
    const before = state.get(name);
    const chains =
      event.type === 'add'
        ? before === undefined
        : event.type === 'update'
          ? before === event.oldObject
          : before !== undefined;
    if (!chains) faults.push(`${event.type} ${name}`);
    if (event.type === 'delete') state.delete(name);
    else state.set(name, event.object);
  };
  return { state, faults, follow };
}

describe('indexes and lists', () => {
  test('TestIndexer: indexes before and after the start, over what was there and what comes', async () => {
    await using r = await synced<'size'>([thing('a', 1), thing('b', 1)], {
      indexers: { size: ({ spec }) => [String(spec.size)] },
    });
    const names = r.informer.addIndexers({ initial: ({ metadata }) => [metadata.name[0]!] });
    const { lines } = record(r.informer);
    r.source.put(thing('abc', 2));
    await until(() => lines.length === 3);
    expect([...names.indexer.byIndex('initial', 'a')].map(({ metadata }) => metadata.name)).toEqual(['a', 'abc']);
    expect([...names.indexer.indexValues('initial')]).toEqual(['a', 'b']);
    expect([...names.indexer.byIndex('size', '1')]).toHaveLength(2);
  });

  test('TestListAll: by label, everything, nothing', async () => {
    const objects = Array.from({ length: 500 }, (_, at) => thing(`t${at}`, at, { labels: { third: String(at % 3) } }));
    await using r = await synced(objects);
    const list = (selector: string) => r.informer.lister.list({ selector: parseLabelSelector(selector) }).length;
    expect([list('third=0'), list(''), list('third=9'), list('third in (0,1)')]).toEqual([167, 500, 0, 334]);
  });

  test('an index function that throws is reported; the object is kept, and not found by that index', async () => {
    await using r = await synced<'size'>([thing('a', 1), thing('b', 2)], {
      indexers: {
        size: ({ spec }) => {
          if (spec.size === 1) throw new Error('odd');
          return [String(spec.size)];
        },
      },
    });
    expect(r.errors.map(({ code }) => code)).toEqual(['IndexFailed']);
    expect(r.informer.indexer.size).toBe(2);
    expect([...r.informer.indexer.indexValues('size')]).toEqual(['2']);
  });
});

describe('errors and versions', () => {
  test('TestSharedInformerErrorHandling: a failing list is reported with its cause', async () => {
    await using r = rig();
    r.source.failures.push(status(500));
    r.informer.start();
    await until(() => r.errors.length === 1);
    expect(r.errors[0]).toMatchObject({ code: 'ApiStatus', class: 'internal' });
    expect(r.informer.status()).toMatchObject({ phase: 'reconnecting', consecutiveFailures: 1, everSynced: false });
    await r.clock.advance(5_000);
    await until(() => r.informer.status().phase === 'live');
    expect(r.informer.status()).toMatchObject({ consecutiveFailures: 0, connected: true, nextAttemptAt: undefined });
  });

  test('TestResetWatch: a missed change and a missed creation are one update and one add, not of the initial list', async () => {
    await using r = await synced([thing('a', 1)]);
    const { lines } = record(r.informer);
    await until(() => lines.length === 1);
    r.source.disconnect();
    r.source.put(thing('a', 2));
    r.source.put(thing('b', 1));
    r.source.connect();
    await r.clock.advance(5_000);
    await until(() => lines.length === 3);
    expect(lines.slice(1)).toEqual(['update a 1>2', 'add b 1']);
  });

  test('TestStoreResourceVersion: it follows lists, changes, deletions and bookmarks', async () => {
    await using r = rig([thing('a', 1)]);
    const version = () => r.informer.status().resourceVersion;
    expect(version()).toBe('');
    r.informer.start();
    await until(() => version() === r.source.version && r.informer.status().phase === 'live');
    r.source.put(thing('a', 2));
    await until(() => version() === r.source.version);
    r.source.delete('a');
    await until(() => version() === r.source.version);
    r.source.send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '900' } } });
    await until(() => version() === '900');
  });
});

describe('handlers', () => {
  test('TestResyncCheckPeriod: periods are as asked for, whatever the informer and the other handlers have', async () => {
    await using r = await synced([thing('a', 1)], { resyncPeriod: 12 * 3_600_000 });
    const periods = [0, 60_000, 55_000, 5_000];
    const all = periods.map((resyncPeriod) => record(r.informer, { resyncPeriod }));
    await until(() => all.every(({ lines }) => lines.length === 1));
    await r.clock.advance(60_000);
    expect(all.map(({ lines }) => lines.length - 1)).toEqual([0, 1, 1, 12]);
  });

  test('TestSharedInformerRemoveHandler, TestShutDownEventHandler_Lifecycles: before the start, after it, and after the end', async () => {
    const r = rig([thing('a', 1)]);
    const early = record(r.informer);
    const stays = record(r.informer);
    await early.registration.remove();
    expect(r.informer.status().handlers).toHaveLength(1);
    r.informer.start();
    const late = record(r.informer);
    await Promise.all([stays.registration.ready, late.registration.ready]);
    await late.registration.remove();
    expect(r.informer.status().handlers.map(({ name }) => name)).toEqual([stays.registration.name]);
    await r.informer.stop();
    await stays.registration.remove();
    expect([early, stays, late].map(({ lines }) => lines.length)).toEqual([0, 1, 1]);
  });

  test('TestSharedInformerInitializationRace: handlers of the tick of the start and of the next ones hear everything', async () => {
    await using r = rig(Array.from({ length: 200 }, (_, at) => thing(`t${at}`)));
    const all = [record(r.informer)];
    r.informer.start();
    for (let turn = 0; turn < 10; turn++) {
      all.push(record(r.informer));
      await settle(1);
    }
    await Promise.all(all.map(({ registration }) => registration.ready));
    expect(all.map(({ lines }) => new Set(lines).size)).toEqual(Array(11).fill(200));
    expect(all.every(({ lines }) => lines.length === 200)).toBe(true);
  });

  test('TestNameForHandler: handlers are called by their option, their function, or a number', async () => {
    await using r = rig();
    const names = [
      r.informer.addEventHandler(function watchdog() {}),
      r.informer.addEventHandler({}),
      r.informer.addEventHandler(() => {}, { name: 'mine' }),
    ].map(({ name }) => name);
    expect(names).toEqual(['watchdog', 'handler-2', 'mine']);
  });

  test('TestHammerController, TestSharedInformerHandlerAbuse, TestUpdate: any history, handlers that come and go: all chain, all agree in the end', async () => {
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key: fc.nat(5) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), key: fc.nat(5) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('add', 'addLimited', 'remove', 'turn') }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('disconnect', 'resume', 'relist') }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
        await using r = await synced([thing('t0', 0)]);
        const followers: (ReturnType<typeof follower> & { gone?: boolean; remove: () => Promise<void> })[] = [];
        const add = (above?: number) => {
          const one = follower();
          const overflow = above === undefined ? undefined : ({ policy: 'coalesce', above } as const);
          const registration = r.informer.addEventHandler(one.follow, overflow && { overflow });
          followers.push({ ...one, remove: registration.remove });
        };
        add();
        let size = 0;
        for (const step of operations) {
          if (step.do === 'put') r.source.put(thing(`t${step.key}`, ++size));
          else if (step.do === 'delete') {
            if (r.source.objects.has(`shop/t${step.key}`)) r.source.delete(`t${step.key}`);
          } else if (step.do === 'add') add();
          else if (step.do === 'addLimited') add(2);
          else if (step.do === 'remove') {
            const last = followers.findLast(({ gone }) => !gone);
            if (last && last !== followers[0]) {
              last.gone = true;
              await last.remove();
            }
          } else if (step.do === 'turn') await settle(1);
          else if (step.do === 'disconnect') r.source.disconnect();
          else {
            r.source.connect({ forget: step.do === 'relist' });
            await r.clock.advance(1_000);
          }
        }
        r.source.connect();
        await r.clock.advance(120_000);
        const truth = JSON.stringify([...r.source.objects.values()].sort(byName));
        const agrees = (values: Iterable<unknown>) => JSON.stringify([...values].sort(byName as never)) === truth;
        await until(
          () =>
            agrees(r.informer.indexer.values()) && followers.every(({ gone, state }) => gone || agrees(state.values())),
        );
        expect(followers.flatMap(({ faults }) => faults)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

function byName(one: Thing, other: Thing): number {
  return one.metadata.name < other.metadata.name ? -1 : 1;
}
