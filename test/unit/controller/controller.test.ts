import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, vi } from 'vitest';
import {
  type ControllerOptions,
  createController,
  enqueueOwner,
  type ReconcileMessage,
  sourceOf,
} from '../../../src/controller/index.ts';
import { generationChanged } from '../../../src/informer/index.ts';
import { ApiStatusError } from '../../../src/kubernetes/index.ts';
import { type Hop, KubeInformerError, sleep } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { setUp } from './controller-fixture.ts';
import { added, deleted, FakeInformer, updated, widget } from './fixtures.ts';

describe('S001-03 a controller', () => {
  it('reconciles what changes', async () => {
    const { informer, abort, runs, controller, stop } = setUp();
    informer.sync();
    const ended = controller.run(abort.signal);
    await settle();
    informer.say(added(widget('a')));
    informer.say(deleted(widget('b')));
    await settle();
    expect(runs.map(({ key }) => key)).toEqual(['shop/a', 'shop/b']);
    expect(runs[0]?.reasons).toEqual([{ type: 'add', key: 'shop/a', kind: 'Widget', resourceVersion: '1' }]);
    await stop(ended);
  });

  it('does nothing if it is told to stop before it began, even if its informers have ended by that', async () => {
    const source = {
      attach: () => {
        throw new KubeInformerError('AlreadyStopped', 'the informer has ended', { hint: '' });
      },
    };
    const { clock, controller, runs } = setUp(undefined, { sources: [source] });
    await controller.run(AbortSignal.abort());
    controller.enqueue({ namespace: 'shop', name: 'a' });
    await settle();
    expect([runs.length, controller.queue.length, clock.pendingTimers]).toEqual([0, 0, 0]);
    await expect(controller.run(AbortSignal.abort())).rejects.toMatchObject({ code: 'AlreadyStarted' });
  });

  it('runs once more after 100 events for the object that is being reconciled', async () => {
    const gate = Promise.withResolvers<void>();
    const { informer, abort, runs, controller, stop } = setUp(() => gate.promise, { concurrency: 4 });
    informer.sync();
    const ended = controller.run(abort.signal);
    await settle();
    informer.say(added(widget('a')));
    await settle();
    for (let version = 2; version <= 101; version++) {
      informer.say(updated(widget('a'), widget('a', { metadata: { resourceVersion: String(version) } })));
      await Promise.resolve();
    }
    await settle();
    expect(runs).toHaveLength(1);
    gate.resolve();
    await settle();
    expect(runs).toHaveLength(2);
    expect(runs[1]?.reasons.at(-1)?.resourceVersion).toBe('101');
    await stop(ended);
  });

  it('tries again what fails, after 5 ms, 10 ms, 20 ms, ..., and starts over after a success', async () => {
    const { informer, abort, clock, runs, failures, controller, stop } = setUp((_run, all) => {
      if (all.length !== 4) throw new Error(`failure ${all.length}`);
    });
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    await clock.advance(100);
    expect(runs.map(({ at }) => at)).toEqual([0, 5, 15, 35]);
    expect(runs[1]?.reasons).toEqual([{ type: 'retry' }]);
    expect(failures).toMatchObject([
      { controller: 'widgets', request: { namespace: 'shop', name: 'a' }, failures: 1, retryAfter: 5 },
      { failures: 2, retryAfter: 10 },
      { failures: 3, retryAfter: 20 },
    ]);
    expect(failures[0]?.error).toMatchObject({ code: 'ReconcileFailed', cause: { message: 'failure 1' } });
    informer.say(updated(widget('a'), widget('a')));
    await clock.advance(5);
    expect(runs.map(({ at }) => at)).toEqual([0, 5, 15, 35, 100, 105]);
    await stop(ended);
  });

  it('waits as long as a busy server asks', async () => {
    const busy = new ApiStatusError(
      { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: 429, reason: 'TooManyRequests' },
      { request: 'PATCH widgets', retryAfter: 3_000 },
    );
    const { informer, abort, clock, runs, controller, stop } = setUp((_run, all) => {
      if (all.length === 1) throw busy;
    });
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    await clock.advance(10_000);
    expect(runs.map(({ at }) => at)).toEqual([0, 3_000]);
    await stop(ended);
  });

  it('runs again after requeueAfter, as often as that is asked for', async () => {
    const { informer, abort, clock, runs, failures, controller, stop } = setUp(async (_run, all) =>
      all.length < 3 ? { requeueAfter: 1_000 } : undefined,
    );
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    await clock.advance(10_000);
    expect(runs.map(({ at }) => at)).toEqual([0, 1_000, 2_000]);
    expect(runs[1]?.reasons).toEqual([{ type: 'requeue' }]);
    expect(failures).toEqual([]);
    await stop(ended);
  });

  it('treats an impossible requeueAfter as a failure', async () => {
    const { informer, abort, failures, controller, stop } = setUp(() => ({ requeueAfter: Number.NaN }));
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    await settle();
    expect(failures).toMatchObject([{ error: { code: 'ReconcileFailed', cause: { code: 'InvalidOption' } } }]);
    await stop(ended);
  });

  it('reconciles different objects at the same time, up to its concurrency, and one object never twice', async () => {
    const running = new Map<string, number>();
    let most = 0;
    const { informer, abort, clock, runs, controller, stop } = setUp(
      async ({ key, signal }) => {
        running.set(key, (running.get(key) ?? 0) + 1);
        expect(running.get(key)).toBe(1);
        most = Math.max(most, running.size);
        await sleep(clock, 10, signal);
        running.delete(key);
      },
      { concurrency: 3 },
    );
    informer.sync();
    const ended = controller.run(abort.signal);
    for (let index = 0; index < 20; index++) informer.say(added(widget(`w${index % 7}`)));
    await clock.advance(5);
    for (let index = 0; index < 20; index++) informer.say(added(widget(`w${index % 7}`)));
    await clock.advance(1_000);
    expect(most).toBe(3);
    // Three were under way when the second wave came: those run twice.
    expect(runs).toHaveLength(7 + 3);
    await stop(ended);
  });

  it('takes requests from outside, and events of other resources by map and predicate', async () => {
    const owned = new FakeInformer().sync();
    const informer = new FakeInformer().sync();
    const map = enqueueOwner({ group: 'example.com', kind: 'Widget' });
    const { abort, runs, controller } = setUp(undefined, {
      sources: [sourceOf(informer, { where: generationChanged }), sourceOf(owned, { map })],
    });
    const ended = controller.run(abort.signal);
    await settle();
    informer.say(updated(widget('ignored'), widget('ignored')));
    const ownerReferences = [
      { apiVersion: 'example.com/v1', kind: 'Widget', name: 'owner', uid: '1', controller: true },
    ];
    owned.say(added(widget('child', { metadata: { ownerReferences } })));
    controller.enqueue({ namespace: '', name: 'by-hand' });
    await settle();
    expect(runs.map(({ key }) => key)).toEqual(['shop/owner', 'by-hand']);
    expect(runs[0]?.reasons).toMatchObject([{ type: 'add', key: 'shop/child' }]);
    expect(runs[1]?.reasons).toEqual([{ type: 'direct' }]);
    abort.abort();
    await ended;
  });

  it('lets a change overtake the objects of the start', async () => {
    const gate = Promise.withResolvers<void>();
    const { informer, abort, runs, controller, stop } = setUp(() => gate.promise);
    informer.sync();
    const ended = controller.run(abort.signal);
    for (let index = 0; index < 100; index++) informer.say(added(widget(`old${index}`), true));
    await settle();
    informer.say(updated(widget('old99'), widget('old99')));
    gate.resolve();
    await settle(50);
    expect(runs.slice(0, 3).map(({ key }) => key)).toEqual(['shop/old0', 'shop/old99', 'shop/old1']);
    expect(runs).toHaveLength(100);
    await stop(ended);
  });
});

describe('the start of a controller', () => {
  it('waits until all sources have synced', async () => {
    const second = new FakeInformer();
    const informer = new FakeInformer();
    const { abort, runs, controller } = setUp(undefined, { sources: [informer, second] });
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a'), true));
    informer.sync();
    await settle();
    expect(runs).toEqual([]);
    second.sync();
    await settle();
    expect(runs.map(({ key }) => key)).toEqual(['shop/a']);
    abort.abort();
    await ended;
  });

  it('fails when they take longer than the sync timeout, and leaves nothing behind', async () => {
    const { informer, abort, clock, controller } = setUp(undefined, { syncTimeout: 1_000 });
    const ended = controller.run(abort.signal);
    const outcome = expect(ended).rejects.toMatchObject({ code: 'SyncTimeout' });
    await clock.advance(1_000);
    await outcome;
    expect(informer.handlers.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails when a source ends before', async () => {
    const { informer, abort, controller } = setUp();
    const outcome = expect(controller.run(abort.signal)).rejects.toMatchObject({ code: 'SyncAborted' });
    informer.end();
    await outcome;
    expect(informer.handlers.size).toBe(0);
  });

  it('detaches from the sources it has when another one refuses', async () => {
    const informer = new FakeInformer();
    const refusing = {
      addEventHandler: () => {
        throw new KubeInformerError('AlreadyStopped', 'stopped', { hint: 'none' });
      },
    };
    const { abort, controller } = setUp(undefined, { sources: [informer, refusing] });
    await expect(controller.run(abort.signal)).rejects.toMatchObject({ code: 'AlreadyStopped' });
    expect(informer.handlers.size).toBe(0);
  });

  it('happens once', async () => {
    const { informer, abort, controller, stop } = setUp();
    informer.sync();
    const ended = controller.run(abort.signal);
    await expect(controller.run(abort.signal)).rejects.toMatchObject({ code: 'AlreadyStarted' });
    await stop(ended);
  });

  it('refuses impossible options', () => {
    const impossible: Partial<ControllerOptions>[] = [{ concurrency: 0 }, { timeout: 0 }, { syncTimeout: -1 }];
    for (const options of impossible) {
      expect(() => setUp(undefined, options)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
    }
  });
});

describe('the end of a controller', () => {
  it('waits for the runs under way, tells them, and drops what waits', async () => {
    const gate = Promise.withResolvers<void>();
    const { informer, abort, runs, failures, controller } = setUp(() => gate.promise);
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    informer.say(added(widget('b')));
    await settle();
    let hasEnded = false;
    void ended.then(() => {
      hasEnded = true;
    });
    abort.abort();
    await settle();
    expect(hasEnded).toBe(false);
    expect(runs[0]?.signal.aborted).toBe(true);
    gate.resolve();
    await ended;
    expect(runs.map(({ key }) => key)).toEqual(['shop/a']);
    expect(failures).toEqual([]);
    expect(controller.queue.isShuttingDown).toBe(true);
  });

  it('is no failure of a run that ends because of it; another failure then is reported, and not tried again', async () => {
    const { informer, abort, clock, failures, controller, stop } = setUp(
      ({ key, signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(key === 'shop/a' ? signal.reason : new Error('disk full')));
        }),
      { concurrency: 2 },
    );
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    informer.say(added(widget('b')));
    await settle();
    await stop(ended);
    expect(failures).toMatchObject([{ request: { name: 'b' }, error: { cause: { message: 'disk full' } } }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('comes at once when it was stopped before it started', async () => {
    const { informer, abort, runs, controller } = setUp();
    abort.abort();
    await controller.run(abort.signal);
    expect(informer.handlers.size).toBe(0);
    expect(runs).toEqual([]);
  });
});

describe('a run that takes too long', () => {
  it('is told by its signal, reported once, and tried again', async () => {
    const { informer, abort, clock, runs, failures, controller, stop } = setUp(
      ({ signal }, all) =>
        all.length > 1
          ? undefined
          : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      { timeout: 1_000 },
    );
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    await clock.advance(1_000);
    expect(failures).toMatchObject([{ error: { code: 'ReconcileTimeout' }, retryAfter: undefined }]);
    await clock.advance(5);
    expect(runs.map(({ at }) => at)).toEqual([0, 1_005]);
    expect(failures).toHaveLength(1);
    await stop(ended);
  });

  it('keeps its object to itself until it ends, and delays no other', async () => {
    const gate = Promise.withResolvers<void>();
    const { informer, abort, clock, runs, failures, controller, stop } = setUp(
      ({ key }) => (key === 'shop/deaf' ? gate.promise : undefined),
      { timeout: 1_000, concurrency: 2 },
    );
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('deaf')));
    await clock.advance(2_000);
    informer.say(added(widget('deaf')));
    informer.say(added(widget('b')));
    await clock.advance(2_000);
    expect(runs.map(({ key }) => key)).toEqual(['shop/deaf', 'shop/b']);
    expect(failures).toHaveLength(1);
    gate.resolve();
    await settle();
    expect(runs.map(({ key }) => key)).toEqual(['shop/deaf', 'shop/b', 'shop/deaf']);
    await stop(ended);
  });
});

describe('errors of a controller', () => {
  it.each<[string, Pick<ControllerOptions, 'onError'>, object]>([
    ['nobody hears of them', {}, [expect.stringContaining('boom'), { code: 'ReconcileFailed' }]],
    [
      'it is the hearer who fails',
      {
        onError: () => {
          throw new Error('deaf');
        },
      },
      [expect.stringContaining('deaf'), { code: 'HandlerFailed' }],
    ],
  ])('become warnings when %s', async (_name, options, expected) => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const abort = new AbortController();
    const controller = createController({
      name: 'widgets',
      sources: [],
      clock: new FakeClock(),
      reconcile: () => Promise.reject(new Error('boom')),
      ...options,
    });
    const ended = controller.run(abort.signal);
    controller.enqueue({ namespace: 'shop', name: 'a' });
    await settle();
    expect(warning.mock.calls).toMatchObject([expected]);
    abort.abort();
    await ended;
    warning.mockRestore();
  });
});

describe('what a controller publishes', () => {
  it('are its measures, before and after each run', async () => {
    const messages: ReconcileMessage[] = [];
    const listener = (message: unknown) => void messages.push(message as ReconcileMessage);
    subscribe('kube-informer:reconcile', listener);
    const { informer, abort, clock, controller, stop } = setUp(async ({ signal }, all) => {
      await sleep(clock, 20, signal);
      if (all.length === 1) throw new Error('boom');
      return { requeueAfter: 1_000 };
    });
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a', { metadata: { resourceVersion: '7' } })));
    await clock.advance(100);
    await stop(ended);
    unsubscribe('kube-informer:reconcile', listener);
    expect(messages).toMatchObject([
      { name: 'widgets', event: 'start', key: 'shop/a', resourceVersion: '7', reconcile_total: 1, active_workers: 1 },
      { event: 'end', result: 'error', reconcile_errors_total: 1, reconcile_time_seconds: 0.02 },
      { event: 'start', reconcile_total: 2, max_concurrent_reconciles: 1 },
      { event: 'end', result: 'requeue_after', reconcile_errors_total: 1, reconcile_timeouts_total: 0 },
    ]);
  });

  it('S000-21 are the last two hops of a change, under the id of the object that changed', async () => {
    const hops: Hop[] = [];
    const listener = (hop: unknown) => void hops.push(hop as Hop);
    subscribe('kube-informer:hop', listener);
    const informer = new FakeInformer().sync();
    const { abort, controller } = setUp(undefined, {
      sources: [sourceOf(informer, { map: () => ({ namespace: 'shop', name: 'owner' }) })],
    });
    const ended = controller.run(abort.signal);
    await settle();
    informer.say(added(widget('child', { metadata: { resourceVersion: '42' } })));
    await settle();
    unsubscribe('kube-informer:hop', listener);
    abort.abort();
    await ended;
    expect(hops).toEqual([
      { hop: 'workqueue', name: 'widgets', key: 'shop/child', resourceVersion: '42' },
      { hop: 'worker', name: 'widgets', key: 'shop/child', resourceVersion: '42' },
    ]);
  });
});
