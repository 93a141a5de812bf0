/** What client-go tests of its stores, keys and waits, and the unit tests of ours do not show under its names. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DynamicSharedInformerFactory } from '../../src/factory/index.ts';
import { SharedIndexInformer, waitForCacheSync } from '../../src/informer/index.ts';
import { keyOf, splitKey } from '../../src/kubernetes/index.ts';
import { KubeInformerError, Turns } from '../../src/runtime/index.ts';
import { Indexer } from '../../src/store/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import { rig, synced } from '../unit/informer/rig.ts';
import { Source, status, type Thing, thing, until } from '../unit/informer/source.ts';
import { configFor } from '../unit/transport/server.ts';

describe('a store', () => {
  test('TestCacheWithTransformer: adds, changes and lists bring in transformed objects (adapted: before the store)', async () => {
    let calls = 0;
    const transform = (object: Thing) => {
      calls++;
      return { ...object, spec: { size: object.spec.size + 100 } };
    };
    await using r = await synced([thing('a', 1)], { transform });
    const sizes = () => Array.from(r.informer.indexer.values(), ({ spec }) => spec.size);
    expect(sizes()).toEqual([101]);
    r.source.put(thing('a', 2));
    r.source.put(thing('b', 3));
    await until(() => sizes().length === 2);
    expect(sizes()).toEqual([102, 103]);
    r.source.delete('a');
    await until(() => sizes().length === 1);
    r.source.disconnect();
    r.source.put(thing('b', 4));
    r.source.connect({ forget: true });
    await r.clock.advance(5_000);
    await until(() => sizes()[0] === 104);
    // One list of one, three changes (the deletion carries an object), one list of one.
    expect(calls).toBe(5);
  });

  test('TestKeyError: an object without a key is refused with a code, and is the cause of what is reported', async () => {
    const nameless = { ...thing(''), metadata: { ...thing('').metadata, name: '' } };
    const thrownBy = (act: () => unknown): unknown => {
      try {
        return act();
      } catch (thrown) {
        return thrown;
      }
    };
    for (const act of [() => keyOf(nameless), () => new Indexer<Thing>().put(nameless)]) {
      const thrown = thrownBy(act);
      expect(thrown).toBeInstanceOf(KubeInformerError);
      expect(thrown).toMatchObject({ code: 'InvalidObject', hint: expect.stringContaining('transform') });
      const wrapped = new Error('outer', { cause: new Error('inner', { cause: thrown }) });
      expect((wrapped.cause as Error).cause).toBe(thrown);
    }
    await using r = await synced([], { transform: () => nameless });
    r.source.put(thing('a', 1));
    await until(() => r.errors.length === 1);
    expect(r.errors[0]).toMatchObject({ code: 'TransformFailed', cause: { code: 'InvalidObject' } });
  });

  test('TestObjectNames: keys are read as they were written; too many slashes are refused (property)', () => {
    const part = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(fc.option(part, { nil: '' }), part, (namespace, name) => {
        const key = keyOf({ metadata: { namespace, name } });
        expect(key).toBe(namespace === '' ? name : `${namespace}/${name}`);
        expect(splitKey(key)).toEqual({ namespace, name });
      }),
      { verbose: true },
    );
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 5 }), { minLength: 3, maxLength: 6 }), (parts) => {
        expect(() => splitKey(parts.join('/'))).toThrowError(expect.objectContaining({ code: 'InvalidResource' }));
      }),
      { verbose: true },
    );
    // An empty namespace that is written out is read, and not written again.
    expect(splitKey('/a')).toEqual({ namespace: '', name: 'a' });
    expect(keyOf({ metadata: { ...splitKey('/a') } })).toBe('a');
  });
});

describe('names of informers', () => {
  test('TestNewInformerName, TestRelease: are unique in a factory; one that has ended gives its name back (adapted: no registry of the process)', async () => {
    await using factory = new DynamicSharedInformerFactory(configFor('http://127.0.0.1:1'));
    const of = (resource: string) => factory.forResource({ group: '', version: 'v1', resource }, { name: 'mine' });
    const first = of('pods');
    expect([first.name, of('services').name, of('secrets').name]).toEqual(['mine', 'mine (2)', 'mine (3)']);
    expect(of('pods')).toBe(first);
    await first.stop();
    await settle();
    expect(of('configmaps').name).toBe('mine');
  });
});

describe('waiting for a sync', () => {
  const waits: [string, () => Promise<unknown>, unknown][] = [
    ['nothing is waited for: at once', () => waitForCacheSync(undefined), true],
    ['nothing is waited for, and it is aborted: at once', () => waitForCacheSync(AbortSignal.abort()), true],
  ];
  test.each(waits)('TestWaitFor: %s', async (_, wait, expected) => {
    expect(await wait()).toBe(expected);
  });

  test('TestWaitFor: several: true when the last one has synced, false when aborted first, with or without anything left', async () => {
    await using one = rig([thing('a')]);
    await using other = rig([thing('b')]);
    const held = Promise.withResolvers<void>();
    other.source.hold = held.promise;
    one.informer.start();
    other.informer.start();
    let done: boolean | undefined;
    const all = waitForCacheSync(undefined, one.informer, other.informer).then((result) => (done = result));
    const stopper = new AbortController();
    const aborted = waitForCacheSync(stopper.signal, one.informer, other.informer);
    await one.informer.waitForSync();
    await settle();
    expect(done).toBeUndefined();
    stopper.abort();
    expect(await aborted).toBe(false);
    held.resolve();
    expect(await all).toBe(true);
    // What has synced has synced, whatever the signal says.
    expect(await waitForCacheSync(AbortSignal.abort(), one.informer, other.informer)).toBe(true);
  });

  test('TestWaitFor: the end of the time says who is late and why (adapted: an error instead of lines in a log)', async () => {
    await using r = rig([]);
    for (let count = 0; count < 99; count++) r.source.failures.push(status(403));
    r.informer.start();
    const waiting = r.informer.waitForSync({ timeout: 20_000 });
    const failed = expect(waiting).rejects.toMatchObject({
      code: 'SyncTimeout',
      message: expect.stringMatching(/^things has not synced: 20000 ms are over; its last failure: .*403/),
      cause: { class: 'forbidden' },
    });
    await r.clock.advance(20_000);
    await failed;
  });

  test('TestSyncResult: is by name, and the reason is with the informer (adapted: a map and an error of each)', async () => {
    const clock = new FakeClock();
    await using factory = new DynamicSharedInformerFactory(configFor('http://127.0.0.1:1'), { clock });
    expect(await factory.waitForCacheSync()).toEqual(new Map());
    const names = ['secrets', 'pods'].map(
      (resource) => factory.forResource({ group: '', version: 'v1', resource }).name,
    );
    const [, pods] = Array.from(factory.informers());
    factory.start();
    await until(() => pods!.status().lastError !== undefined);
    expect(await factory.waitForCacheSync({ signal: AbortSignal.abort() })).toEqual(
      new Map(names.map((name) => [name, false])),
    );
    await expect(pods!.waitForSync({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'SyncAborted',
      cause: { code: 'ConnectionFailed' },
    });
  });
});

describe('the sync of a handler', () => {
  /** An informer of two namespaces; the list of the second one comes when `upstream` is called. */
  async function twoSources(objects: number) {
    const clock = new FakeClock();
    const held = Promise.withResolvers<void>();
    const shop = new Source(
      'shop',
      Array.from({ length: objects }, (_, at) => thing(`t${at}`, at)),
    );
    const bank = new Source('bank');
    bank.hold = held.promise;
    const informer = new SharedIndexInformer<Thing>({
      listerWatcher: new Map([
        ['shop', shop],
        ['bank', bank],
      ]),
      clock,
      turns: new Turns({ clock }),
    });
    const calls: (() => void)[] = [];
    const registration = informer.addEventHandler(() => new Promise<void>((resolve) => void calls.push(resolve)));
    informer.start();
    await until(() => shop.openWatches === 1);
    await settle();
    const upstream = async () => {
      held.resolve();
      await informer.waitForSync();
      await settle();
    };
    return {
      registration,
      calls,
      upstream,
      informer,
      [Symbol.asyncDispose]: async () => {
        for (const release of calls) release();
        await informer.stop();
      },
    };
  }

  const rows: [objects: number, finished: number, upstream: boolean, synced: boolean][] = [
    [0, 0, false, false],
    [0, 0, true, true],
    [1, 0, false, false],
    [1, 0, true, false],
    [1, 1, false, false],
    [1, 1, true, true],
  ];
  test.each(rows)(
    'synctrack: TestBasicLogic, TestSingleFile: %i objects, %i finished, the informer synced: %s makes %s',
    async (objects, finished, upstream, synced) => {
      for (const order of ['finish first', 'upstream first']) {
        await using t = await twoSources(objects);
        const finish = async () => {
          for (let at = 0; at < finished; at++) t.calls[at]!();
          await settle();
        };
        if (order === 'finish first') await finish();
        if (upstream) await t.upstream();
        if (order === 'upstream first') await finish();
        expect(t.registration.hasSynced(), order).toBe(synced);
        const ready = await Promise.race([t.registration.ready.then(() => true), settle().then(() => false)]);
        expect(ready, order).toBe(synced);
      }
    },
  );

  test('synctrack: TestSingleFileCounting: a hundred initial objects need a hundred finished calls (adapted: nobody can finish one too many)', async () => {
    await using t = await twoSources(100);
    await t.upstream();
    for (let at = 0; at < 100; at++) {
      expect(t.registration.hasSynced()).toBe(false);
      await until(() => t.calls.length === at + 1);
      t.calls[at]!();
    }
    await t.registration.ready;
    expect(t.calls).toHaveLength(100);
  });

  test('synctrack: TestAsyncLocking: eleven handlers that finish in any order are all synced, each by itself', async () => {
    await using r = rig([thing('a'), thing('b')]);
    const gates: (() => void)[][] = Array.from({ length: 11 }, () => []);
    const registrations = gates.map((mine) =>
      r.informer.addEventHandler(() => new Promise<void>((resolve) => void mine.push(resolve))),
    );
    r.informer.start();
    await r.informer.waitForSync();
    await until(() => gates.every((mine) => mine.length === 1));
    for (const at of [3, 10, 0, 7, 1, 9, 2, 8, 4, 6, 5]) {
      gates[at]![0]!();
      await until(() => gates[at]!.length === 2);
      expect(registrations[at]!.hasSynced()).toBe(false);
      gates[at]![1]!();
      await registrations[at]!.ready;
    }
    expect(registrations.map((registration) => registration.hasSynced())).toEqual(Array(11).fill(true));
  });
});
