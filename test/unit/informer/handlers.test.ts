import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { coalesce } from '../../../src/informer/coalesce.ts';
import type { InformerEvent } from '../../../src/informer/index.ts';
import { Line } from '../../../src/informer/line.ts';
import { settle } from '../../../src/testing/index.ts';
import { line, record, rig, synced } from './rig.ts';
import { type Thing, thing, until } from './source.ts';

describe('isolation', () => {
  test('S000-01, S004-15: the same generic function for everything, or one for each kind of event', async () => {
    await using r = await synced();
    const one: string[] = [];
    const each: string[] = [];
    r.informer.addEventHandler((event) => void one.push(event.type));
    r.informer.addEventHandler({
      onAdd: () => void each.push('add'),
      onUpdate: () => void each.push('update'),
      onDelete: () => void each.push('delete'),
    });
    r.source.put(thing('a', 1));
    r.source.put(thing('a', 2));
    r.source.delete('a');
    await until(() => one.length === 3 && each.length === 3);
    expect(one).toEqual(['add', 'update', 'delete']);
    expect(each).toEqual(one);
  });

  test('a handler that throws or rejects is reported by name, goes on, and harms nobody (TestEventPanics)', async () => {
    await using r = await synced([thing('a', 1)]);
    const calls: string[] = [];
    r.informer.addEventHandler(
      ({ object }) => {
        calls.push(`throws ${object.metadata.name}`);
        throw new Error('odd');
      },
      { name: 'throws' },
    );
    const rejects = r.informer.addEventHandler(async () => Promise.reject('no error even'), { name: 'rejects' });
    const { lines, registration } = record(r.informer);
    r.source.put(thing('b', 1));
    await until(() => r.errors.length === 4 && lines.length === 2);
    await Promise.all([registration.ready, rejects.ready]);
    expect(calls).toEqual(['throws a', 'throws b']);
    expect(lines).toEqual(['add a 1 initial', 'add b 1']);
    expect(r.errors.map(({ code }) => code)).toEqual(Array(4).fill('HandlerFailed'));
    expect(r.errors.filter(({ message }) => message.includes('throws'))).toHaveLength(2);
    expect(r.errors.map(({ cause }) => cause)).toContainEqual(new Error('odd'));
  });

  test('S004-21: a handler that hangs for ever delays neither the cache nor another handler', async () => {
    await using r = await synced([thing('a', 1)]);
    const stuck = r.informer.addEventHandler(() => new Promise(() => {}), { name: 'stuck' });
    const { lines } = record(r.informer);
    for (let size = 2; size <= 50; size++) r.source.put(thing('a', size));
    await until(() => lines.length === 50);
    expect(r.informer.indexer.get('shop/a')?.spec.size).toBe(50);
    expect(stuck.lag).toBe(49);
    expect(stuck.hasSynced()).toBe(false);
    expect(r.informer.status().handlers).toEqual([
      { name: 'stuck', lag: 49, hasSynced: false },
      { name: 'handler-2', lag: 0, hasSynced: true },
    ]);
    const stopping = r.informer.stop();
    await r.clock.advance(10_000);
    await stopping;
  });

  test('calls to one handler never overlap', async () => {
    await using r = await synced([thing('a', 1), thing('b', 1)]);
    let running = 0;
    let most = 0;
    let calls = 0;
    r.informer.addEventHandler(async () => {
      most = Math.max(most, ++running);
      await settle(2);
      running--;
      calls++;
    });
    for (let size = 2; size <= 10; size++) r.source.put(thing('a', size));
    await until(() => calls === 11);
    expect(most).toBe(1);
  });

  test('a listener of a signal that throws keeps no other from hearing it, and becomes a warning', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await using r = rig();
    r.informer.on('synced', () => {
      throw new Error('odd');
    });
    let heard = 0;
    const off = r.informer.on('synced', () => void heard++);
    expect(off).toBeTypeOf('function');
    const waiting = r.informer.waitForSync();
    r.informer.start();
    await waiting;
    expect(heard).toBe(1);
    expect(warnings).toHaveBeenCalledOnce();
    warnings.mockRestore();
  });

  test('TestTransformingInformer, TestSharedInformerTransformer: cache and handlers see transformed objects only', async () => {
    const transform = (object: Thing) => ({ ...object, spec: { size: object.spec.size * 10 } });
    await using r = await synced([thing('a', 1)], { transform });
    const { lines } = record(r.informer);
    r.source.put(thing('a', 2));
    r.source.delete('a');
    await until(() => lines.length === 3);
    expect(lines).toEqual(['add a 10 initial', 'update a 10>20', 'delete a 20']);
  });

  test('an object that the transform refuses is reported; the informer goes on', async () => {
    const transform = (object: Thing) => {
      if (object.spec.size === 13) throw new Error('odd');
      return object;
    };
    await using r = await synced([thing('a', 1), thing('odd', 13)], { transform });
    const { lines } = record(r.informer);
    r.source.put(thing('a', 13));
    r.source.delete('a');
    r.source.put(thing('b', 1));
    await until(() => lines.length === 3);
    expect(lines).toEqual(['add a 1 initial', 'delete a 1 unknown', 'add b 1']);
    expect(r.errors.map(({ code }) => code)).toEqual(Array(3).fill('TransformFailed'));
  });
});

describe('ready', () => {
  test('S002-14: resolves when the handler has finished every initial object, not before', async () => {
    await using r = rig([thing('a', 1), thing('b', 1)]);
    const gates: (() => void)[] = [];
    const registration = r.informer.addEventHandler(() => new Promise<void>((resolve) => void gates.push(resolve)));
    r.informer.start();
    await r.informer.waitForSync();
    await until(() => gates.length === 1);
    gates[0]!();
    await until(() => gates.length === 2);
    await settle();
    expect(registration.hasSynced()).toBe(false);
    gates[1]!();
    await registration.ready;
    expect(registration.hasSynced()).toBe(true);
  });

  test('resolves for an empty collection, and for a late handler of an empty cache', async () => {
    await using r = rig();
    const early = r.informer.addEventHandler({});
    r.informer.start();
    await early.ready;
    await r.informer.addEventHandler({}).ready;
  });

  test('resolves although initial adds failed', async () => {
    await using r = await synced([thing('a', 1)]);
    const registration = r.informer.addEventHandler(() => Promise.reject(new Error('odd')));
    await registration.ready;
    expect(r.errors).toHaveLength(1);
  });

  test('comes after onSynced, which is called once, after the initial objects and before later events', async () => {
    await using r = await synced([thing('a', 1)]);
    const calls: string[] = [];
    const registration = r.informer.addEventHandler({
      onAdd: ({ metadata: { name } }) => void calls.push(name),
      onSynced: async () => {
        await settle();
        calls.push('synced');
      },
    });
    r.source.put(thing('b', 1));
    await registration.ready;
    expect(calls).toEqual(['a', 'synced']);
    await until(() => calls.length === 3);
    expect(calls).toEqual(['a', 'synced', 'b']);
  });

  test('rejects when the handler is removed or the informer stops before; and hasSynced stays as it was', async () => {
    const r = await synced([thing('a', 1)]);
    const removed = r.informer.addEventHandler({});
    await removed.remove();
    await expect(removed.ready).rejects.toMatchObject({ code: 'SyncAborted' });
    expect(removed.hasSynced()).toBe(false);
    const stopped = r.informer.addEventHandler({});
    const ready = r.informer.addEventHandler({});
    await ready.ready;
    const late = r.informer.addEventHandler({});
    await r.informer.stop();
    await expect(late.ready).rejects.toMatchObject({ code: 'SyncAborted' });
    await stopped.ready;
    await ready.closed;
    expect(ready.hasSynced()).toBe(true);
  });

  test('a relist does not take it back', async () => {
    await using r = await synced([thing('a', 1)]);
    const { registration } = record(r.informer);
    await registration.ready;
    r.source.disconnect();
    expect(r.informer.hasSynced() && registration.hasSynced()).toBe(true);
    r.source.connect({ forget: true });
    await r.clock.advance(5_000);
    expect(r.informer.hasSynced() && registration.hasSynced()).toBe(true);
  });
});

describe('resync', () => {
  test('S002-07, S004-16: 90 s at 30 s are three replays of everything, and no request', async () => {
    await using r = rig([thing('a', 1), thing('b', 1)], { resyncPeriod: 30_000 });
    const { lines } = record(r.informer);
    r.informer.start();
    await until(() => lines.length === 2 && r.informer.status().phase === 'live');
    const requests = [...r.source.requests];
    // Bookmarks keep the watch from being taken for dead.
    for (let at = 0; at < 9; at++) {
      r.source.send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: r.source.version } } });
      await r.clock.advance(10_000);
    }
    expect(lines.slice(2)).toEqual(Array(3).fill(['update a 1>1 resync', 'update b 1>1 resync']).flat());
    expect(r.source.requests).toEqual(requests);
  });

  test('TestListenerResyncPeriods: each handler has its own period; 0 is never', async () => {
    await using r = await synced([thing('a', 1)], { resyncPeriod: 5_000 });
    const never = record(r.informer, { resyncPeriod: 0 });
    const two = record(r.informer, { resyncPeriod: 2_000 });
    const three = record(r.informer, { resyncPeriod: 3_000 });
    const counts = () => [never, two, three].map(({ lines }) => lines.length);
    await until(() => counts().every((count) => count === 1));
    await r.clock.advance(2_000);
    expect(counts()).toEqual([1, 2, 1]);
    await r.clock.advance(1_000);
    expect(counts()).toEqual([1, 2, 2]);
  });

  test('a handler that has not finished the last resync misses one', async () => {
    await using r = await synced([thing('a', 1), thing('b', 1)]);
    const lines: string[] = [];
    let release = () => {};
    r.informer.addEventHandler(
      (event) => {
        lines.push(line(event));
        if (event.type === 'update') return new Promise<void>((resolve) => (release = resolve));
      },
      { resyncPeriod: 1_000 },
    );
    await until(() => lines.length === 2);
    await r.clock.advance(10_000);
    expect(lines).toHaveLength(3);
    release();
    await until(() => lines.length === 4);
    release();
    await settle();
    expect(lines).toHaveLength(4);
    await r.clock.advance(1_000);
    expect(lines).toHaveLength(5);
    release();
  });

  test('periods under a second are refused, by the informer and by the handler', async () => {
    expect(() => rig([], { resyncPeriod: 999 })).toThrowError(expect.objectContaining({ code: 'InvalidOption' }));
    await using r = rig();
    expect(() => r.informer.addEventHandler({}, { resyncPeriod: 1 })).toThrowError(/resyncPeriod/);
  });

  test('no timer runs before the start, and none after the handler is removed', async () => {
    await using r = rig([], { resyncPeriod: 1_000 });
    const { registration } = record(r.informer);
    expect(r.clock.pendingTimers).toBe(0);
    r.informer.start();
    await registration.ready;
    const timers = r.clock.pendingTimers;
    await registration.remove();
    expect(r.clock.pendingTimers).toBe(timers - 1);
  });
});

describe('remove', () => {
  test('S002-08: in the middle of a burst, no later call (TestRemoveWhileActive, TestRemovingRemovedSharedInformer)', async () => {
    await using r = await synced();
    const lines: string[] = [];
    const registration = r.informer.addEventHandler((event) => {
      lines.push(line(event));
      if (lines.length === 3) void registration.remove();
    });
    const other = record(r.informer);
    for (let size = 1; size <= 10; size++) r.source.put(thing('a', size));
    await until(() => other.lines.length === 10);
    expect(lines).toHaveLength(3);
    await registration.remove();
    await registration.closed;
    expect(r.informer.status().handlers).toHaveLength(1);
  });

  test('waits for the call that is under way (TestRemoveEventHandler_SynchronousShutdown)', async () => {
    await using r = await synced([thing('a', 1)]);
    let release = () => {};
    let ended = false;
    const registration = r.informer.addEventHandler(async () => {
      await new Promise<void>((resolve) => (release = resolve));
      ended = true;
    });
    await settle();
    const removing = registration.remove().then(() => expect(ended).toBe(true));
    await settle();
    expect(ended).toBe(false);
    release();
    await removing;
  });

  test('waits for the call that it was asked from, too', async () => {
    await using r = await synced([thing('a', 1)]);
    const order: string[] = [];
    const registration = r.informer.addEventHandler(async () => {
      void registration.remove().then(() => order.push('removed'));
      await settle();
      order.push('returned');
    });
    await until(() => order.length === 2);
    expect(order).toEqual(['returned', 'removed']);
  });

  test('gives up a call that does not end within ten seconds, one that awaits it itself included', async () => {
    await using r = await synced([thing('a', 1)]);
    const outcomes: unknown[] = [];
    const registration = r.informer.addEventHandler(
      async () => {
        await Promise.resolve();
        await registration.remove().catch((thrown: unknown) => outcomes.push(thrown));
        outcomes.push('went on');
      },
      { name: 'self' },
    );
    await r.clock.advance(9_999);
    expect([outcomes, r.errors]).toEqual([[], []]);
    // Whoever else asks for it meanwhile waits for the same.
    const outside = expect(registration.remove()).rejects.toMatchObject({ code: 'HandlerFailed' });
    await r.clock.advance(1);
    await outside;
    await until(() => outcomes.length === 2);
    expect(outcomes).toEqual([r.errors[0], 'went on']);
    expect(r.errors).toMatchObject([
      { code: 'HandlerFailed', message: 'handler self of things did not return within 10000 ms' },
    ]);
    expect(r.errors[0]?.hint).toContain('waits for itself');
    await registration.remove();
    expect(r.informer.status().handlers).toEqual([]);
  });

  test('that nobody waits for, of a call that never ends, is reported once, and does not hold up the stop again', async () => {
    const r = await synced([thing('a', 1)]);
    const registration = r.informer.addEventHandler(() => new Promise(() => {}), { name: 'stuck' });
    await settle();
    void registration.remove();
    await r.clock.advance(4_000);
    const stopping = r.informer.stop();
    await r.clock.advance(6_000);
    await stopping;
    expect(r.errors.map(({ message }) => message)).toEqual(['handler stuck of things did not return within 10000 ms']);
    expect(r.clock.pendingTimers).toBe(0);
  });

  test('onClose is called once, after the last call, and is waited for', async () => {
    const r = await synced([thing('a', 1)]);
    const calls: string[] = [];
    const handler = (name: string) => ({
      onAdd: () => void calls.push(`${name} add`),
      onClose: async () => {
        await settle();
        calls.push(`${name} close`);
      },
    });
    const removed = r.informer.addEventHandler(handler('removed'));
    r.informer.addEventHandler(handler('stopped'));
    await removed.ready;
    await Promise.all([removed.remove(), removed.remove()]);
    expect(calls).toEqual(['removed add', 'stopped add', 'removed close']);
    await r.informer.stop();
    expect(calls.slice(3)).toEqual(['stopped close']);
  });
});

/** What a generator that may be interrupted returns in the end. */
function whole<Result>(steps: Generator<void, Result, undefined>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

describe('overflow', () => {
  const burst = async (r: Awaited<ReturnType<typeof synced>>) => {
    for (let size = 1; size <= 100; size++) r.source.put(thing(`t${size % 4}`, size));
    await until(() => r.informer.indexer.get('shop/t0')?.spec.size === 100);
  };

  test('grow: everything is delivered', async () => {
    await using r = await synced();
    const lines: string[] = [];
    let release: (() => void) | undefined = () => {};
    r.informer.addEventHandler((event) => {
      lines.push(line(event));
      if (lines.length === 1) return new Promise<void>((resolve) => (release = resolve));
    });
    await burst(r);
    release();
    await until(() => lines.length === 100);
    expect(lines.at(-1)).toBe('update t0 96>100');
  });

  test('coalesce: at most one change for each object beyond the limit, and the last state always', async () => {
    await using r = await synced();
    const lines: string[] = [];
    let release = () => {};
    const registration = r.informer.addEventHandler(
      (event) => {
        lines.push(line(event));
        if (lines.length === 1) return new Promise<void>((resolve) => (release = resolve));
      },
      { overflow: { policy: 'coalesce', above: 8 } },
    );
    await burst(r);
    expect(registration.lag).toBeLessThanOrEqual(16);
    release();
    await until(() => registration.lag === 0);
    await settle();
    const last = (name: string) => lines.findLast((text) => text.includes(name));
    expect(['t0', 't1', 't2', 't3'].map((name) => last(name)?.replace(/.*>/, ''))).toEqual(['100', '97', '98', '99']);
  });

  test('coalesce: neither the initial list nor the mark behind it is put off by what comes later', async () => {
    await using r = await synced(Array.from({ length: 20 }, (_, at) => thing(`t${at}`, 0)));
    const lines: string[] = [];
    const gates: (() => void)[] = [];
    const registration = r.informer.addEventHandler(
      (event) => {
        lines.push(line(event));
        return new Promise<void>((resolve) => void gates.push(resolve));
      },
      { overflow: { policy: 'coalesce', above: 2 } },
    );
    for (let size = 1; size <= 100; size++) r.source.put(thing(`t${size % 4}`, size));
    for (let at = 0; at < 20; at++) {
      expect(registration.hasSynced()).toBe(false);
      await until(() => gates.length === at + 1);
      r.source.put(thing('t3', 1_000 + at));
      gates[at]!();
    }
    await registration.ready;
    expect(lines.slice(0, 20).every((text) => text.endsWith('initial'))).toBe(true);
    await until(() => gates.length === 21);
    expect(lines[20]).toBe('update t1 0>97');
    await Promise.all([registration.remove(), gates[20]!()]);
  });

  test('fail: the handler is removed and that is reported; initial objects do not count', async () => {
    await using r = await synced(Array.from({ length: 50 }, (_, at) => thing(`t${at}`, 0)));
    const registration = r.informer.addEventHandler(() => new Promise(() => {}), {
      name: 'slow',
      resyncPeriod: 1_000,
      overflow: { policy: 'fail', above: 10 },
    });
    const timers = r.clock.pendingTimers;
    await settle();
    expect(r.errors).toEqual([]);
    for (let size = 1; size <= 11; size++) r.source.put(thing('t0', size));
    await expect(registration.closed).rejects.toMatchObject({ code: 'HandlerOverflow' });
    expect(r.errors.map(({ code }) => code)).toEqual(['HandlerOverflow']);
    expect(r.informer.status().handlers).toEqual([]);
    expect(r.clock.pendingTimers).toBe(timers - 1);
  });

  test('impossible limits are refused', async () => {
    await using r = rig();
    const add = () => r.informer.addEventHandler({}, { overflow: { policy: 'fail', above: 0 } });
    expect(add).toThrowError(expect.objectContaining({ code: 'InvalidOption' }));
  });

  test('coalesced events chain, end in the same state and are at most two for each object (property)', () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 3 }), kind: fc.constantFrom('put', 'delete', 'resync') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(20), (steps, cut) => {
        const world = new Map<string, Thing>();
        const events: InformerEvent<Thing>[] = [];
        let size = 0;
        for (const { key, kind } of steps) {
          const name = `t${key}`;
          const old = world.get(name);
          if (kind === 'put') {
            const object = thing(name, ++size);
            world.set(name, object);
            events.push(
              old
                ? { type: 'update', object, oldObject: old, isResync: false }
                : { type: 'add', object, isInInitialList: false },
            );
          } else if (old && kind === 'delete') {
            world.delete(name);
            events.push({ type: 'delete', object: old, finalStateUnknown: false });
          } else if (old) events.push({ type: 'update', object: old, oldObject: old, isResync: true });
        }
        const seen = new Map<string, unknown>();
        const apply = (event: InformerEvent<Thing>) => {
          const { name } = event.object.metadata;
          if (event.type === 'add') expect(seen.has(name)).toBe(false);
          if (event.type === 'update') expect(event.oldObject).toBe(seen.get(name));
          if (event.type === 'delete') expect(seen.has(name)).toBe(true);
          if (event.type === 'delete') seen.delete(name);
          else seen.set(name, event.object);
        };
        // Some of it was handed over before the rest is merged.
        for (const event of events.slice(0, cut)) apply(event);
        const merged = whole(coalesce(events.slice(cut)));
        for (const event of merged) apply(event);
        expect(seen).toEqual(world);
        for (const name of ['t0', 't1', 't2', 't3'])
          expect(merged.filter(({ object }) => object.metadata.name === name).length).toBeLessThanOrEqual(2);
      }),
      { verbose: true },
    );
  });

  test('what waits before the mark is merged among itself and stays before the mark', () => {
    const waiting = new Line<Thing>();
    const update = (size: number): InformerEvent<Thing> => ({
      type: 'update',
      object: thing('a', size),
      oldObject: thing('a', size - 1),
      isResync: false,
    });
    waiting.events([{ type: 'add', object: thing('i', 1), isInInitialList: true }]);
    waiting.events([update(2), update(3)]);
    waiting.objects('resync', [thing('a', 3)]);
    waiting.mark();
    waiting.events([update(4), update(5)]);
    expect([waiting.length, waiting.backlog]).toEqual([6, 4]);
    while (waiting.mergeStep()) {
      // To the end.
    }
    expect([waiting.length, waiting.backlog]).toEqual([3, 2]);
    const taken: string[] = [];
    for (let next = waiting.take(); next; next = waiting.take()) taken.push(next === 'synced' ? next : line(next));
    expect(taken).toEqual(['add i 1 initial', 'update a 1>3', 'synced', 'update a 3>5']);
    expect([waiting.length, waiting.backlog, waiting.empty]).toEqual([0, 0, true]);
  });

  test('an add that is merged with later changes is still of the initial list', () => {
    const events: InformerEvent<Thing>[] = [
      { type: 'add', object: thing('a', 1), isInInitialList: true },
      { type: 'update', object: thing('a', 2), oldObject: thing('a', 1), isResync: false },
    ];
    const merged = whole(coalesce(events));
    expect(merged.map(line)).toEqual(['add a 2 initial']);
  });
});
