import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { SharedIndexInformer, signalFromProcess, waitFor, waitForCacheSync } from '../../../src/informer/index.ts';
import { Turns } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { line, record, rig, synced } from './rig.ts';
import { Source, status, type Thing, thing, until } from './source.ts';

const many = (count: number, size = 0) => Array.from({ length: count }, (_, at) => thing(`t${at}`, size));

describe('stop', () => {
  test('leaves no timer, no watch and no call (TestShutdown, TestStateSharedInformer)', async () => {
    const r = await synced(many(3), { resyncPeriod: 1_000 });
    const { lines, registration } = record(r.informer);
    await registration.ready;
    await r.informer.stop();
    expect(r.clock.pendingTimers).toBe(0);
    expect(r.source.openWatches).toBe(0);
    r.source.put(thing('late', 1));
    await r.clock.advance(100_000);
    expect(lines).toHaveLength(3);
    expect(r.informer.status()).toMatchObject({ phase: 'stopped', objects: 3, everSynced: true });
    await r.informer.done;
  });

  test('drops what waits, and waits for the call that is under way', async () => {
    const r = await synced(many(5));
    const calls: string[] = [];
    let release = () => {};
    r.informer.addEventHandler(async ({ object }) => {
      calls.push(object.metadata.name);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      calls.push('returned');
    });
    await until(() => calls.length === 1);
    let stopped = false;
    const stopping = r.informer.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect(calls).toEqual(['t0', 'returned']);
    expect(r.clock.pendingTimers).toBe(0);
  });

  test('a call that never ends is given ten seconds, then reported by name', async () => {
    const r = await synced(many(1));
    r.informer.addEventHandler(() => new Promise(() => {}), { name: 'stuck' });
    await settle();
    let stopped = false;
    const stopping = r.informer.stop().then(() => {
      stopped = true;
    });
    await r.clock.advance(9_999);
    expect(stopped).toBe(false);
    await r.clock.advance(1);
    await stopping;
    expect(r.errors.map(({ message }) => message)).toEqual(['handler stuck of things did not return within 10000 ms']);
    expect(r.clock.pendingTimers).toBe(0);
  });

  test('during the first list ends the list', async () => {
    const r = rig(many(3));
    r.source.hold = new Promise(() => {});
    const { lines, registration } = record(r.informer);
    r.informer.start();
    await settle();
    expect(r.informer.status().phase).toBe('listing');
    await r.informer.stop();
    await expect(registration.ready).rejects.toMatchObject({ code: 'SyncAborted' });
    expect(lines).toEqual([]);
    expect(r.informer.hasSynced()).toBe(false);
    expect(r.clock.pendingTimers).toBe(0);
  });

  test('while a relist is being prepared leaves the cache as it was, for good', async () => {
    const r = await synced(many(300, 1));
    const { lines } = record(r.informer);
    await until(() => lines.length === 300);
    r.source.disconnect();
    for (const object of many(300, 2)) r.source.put(object);
    r.source.connect({ forget: true });
    const requests = r.source.requests.length;
    const advancing = r.clock.advance(5_000);
    await until(() => r.source.requests.length >= requests + 3);
    await settle(2);
    await Promise.all([r.informer.stop(), advancing]);
    const sizes = () => [...new Set(r.informer.lister.list().map(({ spec }) => spec.size))];
    const before = sizes();
    await settle(100);
    expect(before).toHaveLength(1);
    expect(sizes()).toEqual(before);
    expect(lines).toHaveLength(300);
  });

  test('from inside a handler', async () => {
    const r = await synced(many(5));
    const lines: string[] = [];
    r.informer.addEventHandler((event) => {
      lines.push(line(event));
      void r.informer.stop();
    });
    await r.informer.done;
    expect(lines).toHaveLength(1);
  });

  test('before the start, twice, and by a signal that is aborted already', async () => {
    const never = rig();
    const { registration } = record(never.informer);
    await Promise.all([never.informer.stop(), never.informer.stop()]);
    await registration.closed;
    never.informer.start();
    expect(never.source.requests).toEqual([]);
    const aborted = rig([], { resyncPeriod: 1_000 });
    record(aborted.informer);
    await aborted.informer.run(AbortSignal.abort());
    expect(aborted.source.requests).toEqual([]);
    expect(aborted.clock.pendingTimers).toBe(0);
  });

  test('S002-10, S004-13: by its signal; a second start does nothing', async () => {
    const r = rig(many(1));
    const stopper = new AbortController();
    r.informer.start(stopper.signal);
    r.informer.start(AbortSignal.abort());
    await r.informer.waitForSync();
    stopper.abort();
    await r.informer.done;
    expect(r.source.requests.filter((request) => request.startsWith('list'))).toHaveLength(1);
  });

  test('TestAddOnStoppedSharedInformer, TestRemoveOnStoppedSharedInformer: then handlers are refused, and can be removed', async () => {
    const r = await synced();
    const { registration } = record(r.informer);
    const stopping = r.informer.stop();
    expect(() => r.informer.addEventHandler({})).toThrowError(expect.objectContaining({ code: 'AlreadyStopped' }));
    await stopping;
    await registration.remove();
  });

  test('everything is told in order: synced, then stopped', async () => {
    const r = rig();
    const signals: string[] = [];
    r.informer.on('synced', () => signals.push('synced'));
    r.informer.on('stopped', (error) => signals.push(`stopped ${error}`));
    r.informer.start();
    await r.informer.waitForSync();
    await r.informer.stop();
    expect(signals).toEqual(['synced', 'stopped undefined']);
  });
});

describe('S004-18: what ends an informer', () => {
  test('maxFailures: done rejects, the phase says failed, the cache is kept', async () => {
    await using r = await synced(many(3), { maxFailures: 3 });
    const { registration } = record(r.informer);
    await registration.ready;
    r.source.disconnect();
    await r.clock.advance(200_000);
    await expect(r.informer.done).rejects.toMatchObject({ code: 'ConnectionFailed' });
    expect(r.informer.status()).toMatchObject({ phase: 'failed', objects: 3, lastError: { code: 'ConnectionFailed' } });
    expect(r.informer.lister.list()).toHaveLength(3);
    expect(r.clock.pendingTimers).toBe(0);
    await registration.closed;
  });

  test.each([401, 403, 404, 410, 429, 500, 503])('%i never does', async (code) => {
    await using r = await synced(many(1));
    r.source.disconnect();
    for (let count = 0; count < 20; count++) r.source.failures.push(status(code));
    r.source.connect();
    await r.clock.advance(3_600_000);
    await until(() => r.informer.status().phase === 'live');
    expect(r.errors.length).toBeGreaterThanOrEqual(20);
  });

  test.each([
    [
      'in a list',
      (r: Awaited<ReturnType<typeof synced>>) => {
        r.source.disconnect();
        for (const object of many(5)) r.source.put(object);
        r.source.connect({ forget: true });
      },
    ],
    ['in a watch', (r: Awaited<ReturnType<typeof synced>>) => many(5).map((object) => r.source.put(object))],
  ])('S004-09: more than maxObjects %s: a typed error, the process goes on, the cache is kept', async (_, grow) => {
    await using r = await synced(many(3), { maxObjects: 4 });
    grow(r);
    await r.clock.advance(10_000);
    await expect(r.informer.done).rejects.toMatchObject({ code: 'CacheLimitExceeded' });
    expect(r.errors.at(-1)).toMatchObject({ code: 'CacheLimitExceeded' });
    expect(r.informer.indexer.size).toBeGreaterThanOrEqual(3);
    expect(r.informer.indexer.size).toBeLessThanOrEqual(4);
    expect(r.clock.pendingTimers).toBe(0);
  });

  test('maxObjects and maxBytes count all namespaces together', async () => {
    const sources = new Map(
      ['a', 'b'].map((namespace) => [
        namespace,
        new Source(
          namespace,
          many(3).map((object) => ({
            ...object,
            metadata: { ...object.metadata, namespace },
          })),
        ),
      ]),
    );
    for (const limit of [{ maxObjects: 5 }, { maxBytes: 5.5 * JSON.stringify(thing('t0')).length }]) {
      const informer = new SharedIndexInformer<Thing>({ listerWatcher: sources, clock: new FakeClock(), ...limit });
      await expect(informer.run()).rejects.toMatchObject({ code: 'CacheLimitExceeded' });
      expect(informer.indexer.size).toBe(3);
    }
  });

  test('maxBytes: objects that grow end the informer, which keeps what it has; those that go make room', async () => {
    const bytes = JSON.stringify(thing('t0')).length;
    const long = (name: string) => thing(name, 1, { labels: { is: 'x'.repeat(bytes) } });
    await using r = await synced(many(3), { maxBytes: 3.6 * bytes });
    r.source.delete('t2');
    r.source.put(long('t0'));
    await r.clock.advance(1_000);
    expect(r.informer.status().phase).toBe('live');
    r.source.put(long('t1'));
    await expect(r.informer.done).rejects.toMatchObject({ code: 'CacheLimitExceeded' });
    expect(r.informer.indexer.get('shop/t0')?.metadata.labels).toBeDefined();
    expect(r.informer.indexer.size).toBe(2);
  });

  test('maxBytes: a list of one namespace may grow here and shrink there, if it fits in the end', async () => {
    const of = (namespace: string, name: string, letters: number) =>
      thing(name, 1, { namespace, labels: { is: 'x'.repeat(letters) } });
    const [small, large] = [0, 1_000];
    const grown = new Source('a', [of('a', 'x', small), of('a', 'y', large), of('a', 'z', large)]);
    const other = new Source(
      'b',
      ['p', 'q', 'r'].map((name) => of('b', name, small)),
    );
    const listerWatcher = new Map([
      ['b', other],
      ['a', grown],
    ]);
    const bytes = JSON.stringify(of('a', 'x', small)).length;
    const clock = new FakeClock();
    await using informer = new SharedIndexInformer<Thing>({ listerWatcher, clock, maxBytes: 7 * bytes + 2 * large });
    informer.start();
    await clock.advance(1_000);
    grown.disconnect();
    grown.put(of('a', 'x', 2 * large));
    grown.put(of('a', 'y', small));
    grown.delete('z', 'a');
    grown.connect({ forget: true });
    await clock.advance(10_000);
    expect(informer.indexer.get('a/y')?.metadata.labels).toEqual({ is: '' });
    expect(informer.indexer.get('a/x')?.metadata.labels?.is).toHaveLength(2 * large);
    // What went has made room.
    grown.put(of('a', 'w', small));
    await clock.advance(1_000);
    expect(informer.indexer.has('a/w')).toBe(true);
    expect(informer.status().phase).toBe('live');
  });
});

describe('events()', () => {
  test('S002-09: the cache first, then what happens; a late reader misses nothing', async () => {
    await using r = await synced([thing('a', 1)]);
    const events = r.informer.events();
    r.source.put(thing('b', 1));
    await until(() => r.informer.indexer.size === 2);
    const lines: string[] = [];
    for await (const event of events) {
      lines.push(line(event));
      if (lines.length === 2) r.source.put(thing('a', 2));
      if (lines.length === 3) break;
    }
    expect(lines).toEqual(['add a 1 initial', 'add b 1 initial', 'update a 1>2']);
    expect(r.informer.status().handlers).toEqual([]);
  });

  test('what the reader has not taken waits, under the overflow policy', async () => {
    await using r = await synced();
    const events = r.informer.events({ name: 'slow', overflow: { policy: 'coalesce', above: 2 } });
    const first = events.next();
    r.source.put(thing('a', 1));
    expect(line((await first).value!)).toBe('add a 1');
    for (let size = 2; size <= 50; size++) r.source.put(thing('a', size));
    await until(() => r.informer.indexer.get('shop/a')?.spec.size === 50);
    await settle(100);
    expect(r.informer.status().handlers[0]!.lag).toBeLessThanOrEqual(3);
    let last = '';
    while (!last.endsWith('>50')) last = line((await events.next()).value!);
    await events.return();
  });

  test('a reader that falls behind under the policy fail is told so', async () => {
    await using r = await synced();
    const events = r.informer.events({ overflow: { policy: 'fail', above: 3 } });
    const first = events.next();
    r.source.put(thing('a', 0));
    await first;
    for (let size = 1; size <= 10; size++) r.source.put(thing('a', size));
    await until(() => r.errors.length === 1);
    await expect(events.next()).rejects.toMatchObject({ code: 'HandlerOverflow' });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test('ends with its signal, with return while a next is pending, and with the informer', async () => {
    const r = await synced();
    const aborter = new AbortController();
    const byAbort = r.informer.events({ signal: aborter.signal });
    const byReturn = r.informer.events();
    const byEnd = r.informer.events();
    const pending = [byAbort.next(), byReturn.next(), byReturn.next(), byEnd.next()];
    await settle();
    aborter.abort();
    await byReturn.return();
    await r.informer.stop();
    expect(await Promise.all(pending)).toEqual(Array(4).fill({ done: true, value: undefined }));
    expect(await byEnd.next()).toEqual({ done: true, value: undefined });
    expect(r.clock.pendingTimers).toBe(0);
  });

  test('a reader that is busy with an event does not hold up the end, even if it asked for it', async () => {
    const r = await synced([thing('a', 1), thing('b', 1)]);
    const lines: string[] = [];
    for await (const event of r.informer.events()) {
      lines.push(line(event));
      await r.informer.stop();
    }
    expect(lines).toHaveLength(1);
    expect(r.errors).toEqual([]);
    await expect(r.informer.events().next()).rejects.toMatchObject({ code: 'AlreadyStopped' });
  });

  test('with a signal that is aborted already there is nothing', async () => {
    await using r = await synced([thing('a', 1)]);
    await using events = r.informer.events({ signal: AbortSignal.abort() });
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});

describe('waiting', () => {
  test('S004-20: waitFor resolves with the event, also for what is in the cache', async () => {
    await using r = await synced([thing('a', 1)]);
    const { clock } = r;
    expect(line(await waitFor(r.informer, ({ object }) => object.spec.size === 1))).toBe('add a 1 initial');
    const later = waitFor(r.informer, ({ type }) => type === 'delete', { timeout: 1_000, clock });
    r.source.delete('a');
    expect(line(await later)).toBe('delete a 1');
    await settle();
    expect(r.informer.status().handlers).toEqual([]);
  });

  test('waitFor rejects on timeout, on abort, when the predicate throws, and when the informer ends', async () => {
    const r = await synced([thing('a', 1)]);
    const { clock, informer } = r;
    const timers = clock.pendingTimers;
    const aborter = new AbortController();
    const waits = [
      waitFor(informer, () => false, { timeout: 1_000, clock }),
      waitFor(informer, () => false, { signal: aborter.signal }),
      waitFor(informer, () => {
        throw new Error('odd');
      }),
      waitFor(informer, () => false, { signal: AbortSignal.abort() }),
    ].map((wait) => wait.catch((error) => error));
    const byEnd = waitFor(informer, () => false).catch((error) => error);
    aborter.abort();
    await clock.advance(1_000);
    const errors = await Promise.all(waits);
    expect(errors.map((error) => error.code ?? error.message)).toEqual([
      'SyncTimeout',
      'SyncAborted',
      'odd',
      'SyncAborted',
    ]);
    expect(clock.pendingTimers).toBe(timers);
    await informer.stop();
    expect(await byEnd).toMatchObject({ code: 'SyncAborted' });
    await expect(waitFor(informer, () => true)).rejects.toMatchObject({ code: 'AlreadyStopped' });
  });

  test.each([
    ['forbidden', 403],
    ['notFound', 404],
  ])('S004-19: waitForSync says why: timeout, with %s as the cause', async (why, code) => {
    await using r = rig();
    for (let count = 0; count < 50; count++) r.source.failures.push(status(code));
    r.informer.start();
    const waiting = r.informer.waitForSync({ timeout: 5_000 }).catch((error) => error);
    await r.clock.advance(5_000);
    expect(await waiting).toMatchObject({ code: 'SyncTimeout', cause: { class: why } });
    expect(r.informer.status()).toMatchObject({ phase: 'suspended', lastError: { class: why } });
  });

  test('S004-19: waitForSync rejects when aborted, when the informer ends, and when it has ended long ago', async () => {
    const r = rig();
    r.source.disconnect();
    r.informer.start();
    const aborter = new AbortController();
    const aborted = r.informer.waitForSync({ signal: aborter.signal }).catch((error) => error);
    const ended = r.informer.waitForSync().catch((error) => error);
    await settle();
    aborter.abort();
    expect(await aborted).toMatchObject({ code: 'SyncAborted', cause: { code: 'ConnectionFailed' } });
    await r.informer.stop();
    expect(await ended).toMatchObject({ code: 'SyncAborted' });
    await expect(r.informer.waitForSync()).rejects.toMatchObject({ code: 'SyncAborted' });
  });

  test('S002-12: waitForCacheSync is true when all have synced, false on abort', async () => {
    await using one = await synced();
    await using other = rig();
    const aborter = new AbortController();
    expect(await waitForCacheSync(undefined)).toBe(true);
    expect(await waitForCacheSync(aborter.signal, one.informer)).toBe(true);
    const waiting = waitForCacheSync(aborter.signal, one.informer, other.informer);
    aborter.abort();
    expect(await waiting).toBe(false);
  });
});

describe('several namespaces', () => {
  const inNamespace = (namespace: string, names: readonly string[]) =>
    new Source(
      namespace,
      names.map((name) => thing(name, 1, { namespace })),
    );

  test('S000-02: one cache and one stream of events; a relist of one touches no other', async () => {
    const clock = new FakeClock();
    const sources = new Map([
      ['a', inNamespace('a', ['x', 'y'])],
      ['b', inNamespace('b', ['x'])],
    ]);
    const turns = new Turns({ clock, slice: 0 });
    await using informer = new SharedIndexInformer<Thing>({ listerWatcher: sources, clock, turns });
    const { lines } = record(informer);
    informer.start();
    await informer.waitForSync();
    await until(() => lines.length === 3 && informer.status().connected);
    const a = sources.get('a')!;
    a.disconnect();
    a.delete('y', 'a');
    a.connect({ forget: true });
    sources.get('b')!.put(thing('z', 1, { namespace: 'b' }));
    await clock.advance(5_000);
    await until(() => lines.length === 5);
    expect(lines.slice(3).sort()).toEqual(['add z 1', 'delete y 1 unknown']);
    expect([...informer.indexer.keys()].sort()).toEqual(['a/x', 'b/x', 'b/z']);
    expect(informer.lister.namespace('b').list()).toHaveLength(2);
  });

  test('one that fails keeps the informer from being synced, and the rest goes on', async () => {
    const clock = new FakeClock();
    const bad = inNamespace('bad', ['x']);
    for (let count = 0; count < 3; count++) bad.failures.push(status(403));
    const sources = new Map([
      ['good', inNamespace('good', ['x'])],
      ['bad', bad],
    ]);
    await using informer = new SharedIndexInformer<Thing>({
      listerWatcher: sources,
      clock,
      turns: new Turns({ clock, slice: 0 }),
    });
    const { lines, registration } = record(informer);
    informer.start();
    await until(() => lines.length === 1);
    sources.get('good')!.put(thing('y', 1, { namespace: 'good' }));
    await until(() => lines.length === 2);
    expect(informer.hasSynced() || registration.hasSynced()).toBe(false);
    expect(informer.status()).toMatchObject({
      phase: 'suspended',
      connected: false,
      lastError: { class: 'forbidden' },
    });
    expect(informer.status().reflectors.get('good')?.state.phase).toBe('live');
    await clock.advance(300_000);
    await registration.ready;
    expect(lines[2]).toBe('add x 1 initial');
  });

  test('none, or all and some, is refused', () => {
    const make = (names: readonly string[]) => () =>
      new SharedIndexInformer<Thing>({ listerWatcher: new Map(names.map((name) => [name, new Source(name)])) });
    expect(make([])).toThrowError(expect.objectContaining({ code: 'InvalidOption' }));
    expect(make(['', 'a'])).toThrowError(expect.objectContaining({ code: 'InvalidOption' }));
  });
});

describe('S002-22: cached objects are read-only', () => {
  const write = ({ object }: { object: unknown }) => {
    (object as Thing).metadata.labels!['example.com/x'] = 'changed';
  };
  const labelled = (name: string) => thing(name, 1, { labels: { 'example.com/x': 'as it was' } });

  test('freeze: the write throws, and the cache is as it was', async () => {
    await using r = await synced([labelled('a')], { immutability: 'freeze' });
    r.informer.addEventHandler(write, { name: 'writer' });
    r.source.put(labelled('b'));
    await until(() => r.errors.length === 2);
    expect(r.errors.every(({ cause }) => cause instanceof TypeError)).toBe(true);
    expect(r.informer.indexer.get('shop/b')?.metadata.labels).toEqual({ 'example.com/x': 'as it was' });
  });

  test('detect: reports the path and the name of the handler, once (TestMutationDetector)', async () => {
    await using r = await synced([labelled('a')], { immutability: 'detect' });
    r.informer.addEventHandler(async (event) => write(event), { name: 'writer' });
    record(r.informer, { name: 'reader' });
    await until(() => r.errors.length === 1);
    await settle(50);
    expect(r.errors.map(({ code, message }) => [code, message])).toEqual([
      ['CacheModified', 'handler writer modified metadata.labels["example.com/x"] of shop/a in the cache'],
    ]);
  });

  test('detect: looks at both objects of an update and at deleted ones', async () => {
    await using r = await synced([labelled('a')], { immutability: 'detect' });
    const { lines } = record(r.informer);
    r.informer.addEventHandler({
      onUpdate: (old) => write({ object: old }),
      onDelete: (object) => write({ object }),
    });
    r.source.put(labelled('a'));
    r.source.delete('a');
    await until(() => lines.length === 3 && r.errors.length === 2);
    expect(r.errors.every(({ message }) => message.startsWith('handler handler-2 modified'))).toBe(true);
  });

  test('off: nothing is looked at', async () => {
    await using r = await synced([labelled('a')]);
    const { registration } = record(r.informer);
    r.informer.addEventHandler(write);
    await registration.ready;
    expect(r.errors).toEqual([]);
  });
});

describe('stats', () => {
  test('S004-09: objects, bytes, indexes, lag', async () => {
    const objects = many(1_000, 5);
    await using r = await synced<'size'>(objects, { indexers: { size: ({ spec }) => [String(spec.size)] } });
    r.informer.addIndexers({ none: () => [] });
    r.informer.addEventHandler(() => new Promise(() => {}), { name: 'stuck' });
    await settle();
    const stats = r.informer.stats();
    const bytes = JSON.stringify(r.informer.lister.list()).length;
    expect(stats).toMatchObject({ name: 'things', objects: 1_000, handlers: [{ name: 'stuck', lag: 999 }] });
    expect(stats.approximateBytes / bytes).toBeGreaterThan(0.95);
    expect(stats.approximateBytes / bytes).toBeLessThan(1.05);
    expect(Object.fromEntries(stats.indexes)).toEqual({
      namespace: { values: 1, keys: 1_000 },
      size: { values: 1, keys: 1_000 },
      none: { values: 0, keys: 0 },
    });
    const stopping = r.informer.stop();
    await r.clock.advance(10_000);
    await stopping;
    expect(rig().informer.stats().approximateBytes).toBe(0);
  });
});

describe('S002-19: signalFromProcess', () => {
  const fakeProcess = () => {
    const codes: number[] = [];
    return Object.assign(new EventEmitter(), { codes, exit: (code: number) => void codes.push(code) });
  };

  test('the first signal aborts, the second exits', () => {
    const process = fakeProcess();
    const signal = signalFromProcess({ process });
    expect(signal.aborted).toBe(false);
    process.emit('SIGTERM', 'SIGTERM');
    expect(signal.aborted).toBe(true);
    expect(process.codes).toEqual([]);
    process.emit('SIGINT', 'SIGINT');
    expect(process.codes).toEqual([130]);
  });

  test('disposed of, it listens no more', () => {
    const process = fakeProcess();
    {
      using signal = signalFromProcess({ process });
      expect(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')).toBe(2);
      expect(signal.aborted).toBe(false);
    }
    expect(process.eventNames()).toEqual([]);
  });
});
