import { describe, expect, it } from 'vitest';
import {
  type ControllerOptions,
  LeaderElector,
  type LeaseClient,
  sourceOf,
  terminal,
} from '../../../src/controller/index.ts';
import { KubeInformerError, sleep } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { setUp } from './controller-fixture.ts';
import { added, FakeInformer, updated, widget } from './fixtures.ts';

describe('the order of a controller', () => {
  it('is that of priorities: of sources, of requests from outside, of what a run asks for', async () => {
    const gate = Promise.withResolvers<void>();
    const secrets = new FakeInformer().sync();
    const informer = new FakeInformer().sync();
    const { clock, abort, runs, controller } = setUp(
      async ({ key }, all) => {
        await gate.promise;
        return key === 'shop/first' && all.length === 1 ? { requeueAfter: 0, priority: 20 } : undefined;
      },
      { sources: [informer, sourceOf(secrets, { priority: 10 })] },
    );
    const ended = controller.run(abort.signal);
    await settle();
    for (const name of ['first', 'second']) informer.say(added(widget(name)));
    secrets.say(added(widget('secret of the start'), true));
    informer.say(added(widget('start'), true));
    secrets.say(added(widget('secret')));
    controller.enqueue({ namespace: 'shop', name: 'urgent' }, 15);
    gate.resolve();
    await clock.advance(1);
    expect(runs.map(({ key }) => key)).toEqual([
      'shop/first',
      'shop/first',
      'shop/urgent',
      'shop/secret',
      'shop/second',
      'shop/secret of the start',
      'shop/start',
    ]);
    abort.abort();
    await ended;
  });

  it('keeps what failed, and what asked to come again, in the background if that is where it was', async () => {
    const { informer, clock, abort, runs, controller, stop } = setUp(async ({ key }, all) => {
      const time = all.filter((run) => run.key === key).length;
      if (key === 'shop/old' && time === 1) throw new Error('once');
      if (key === 'shop/old' && time === 2) return { requeueAfter: 5 };
      if (key.startsWith('shop/slow')) await sleep(clock, 10);
      return undefined;
    });
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('old'), true));
    await settle();
    informer.say(added(widget('slow')));
    await settle();
    // The retry waits already when these come.
    await clock.advance(7);
    for (const name of ['a', 'b']) informer.say(added(widget(name)));
    await clock.advance(3);
    expect(runs.map(({ key }) => key)).toEqual(['shop/old', 'shop/slow', 'shop/a', 'shop/b', 'shop/old']);
    informer.say(added(widget('slow again')));
    await clock.advance(7);
    informer.say(added(widget('c')));
    await clock.advance(3);
    expect(runs.slice(5).map(({ key }) => key)).toEqual(['shop/slow again', 'shop/c', 'shop/old']);
    await stop(ended);
  });
});

describe('a request that fails', () => {
  const givenUp: object[] = [];
  const onGaveUp: ControllerOptions['onGaveUp'] = (error, failure) => void givenUp.push({ error, ...failure });

  it('is given up after so many retries, said once, and begins anew with its next event', async () => {
    givenUp.length = 0;
    const { informer, clock, abort, runs, failures, controller, stop } = setUp(
      (_run, all) => {
        throw new Error(`failure ${all.length}`);
      },
      { maxRetries: 2, onGaveUp },
    );
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    await clock.advance(10_000);
    expect(runs.map(({ at }) => at)).toEqual([0, 5, 15]);
    expect(failures.map(({ failures, retryAfter }) => [failures, retryAfter])).toEqual([
      [1, 5],
      [2, 10],
    ]);
    expect(givenUp).toMatchObject([
      {
        controller: 'widgets',
        request: { namespace: 'shop', name: 'a' },
        failures: 3,
        retryAfter: undefined,
        error: { code: 'ReconcileGivenUp', cause: { message: 'failure 3' } },
      },
    ]);
    informer.say(updated(widget('a'), widget('a')));
    await clock.advance(10_000);
    expect(runs.map(({ at }) => at)).toEqual([0, 5, 15, 10_000, 10_005, 10_015]);
    expect(givenUp).toHaveLength(2);
    await stop(ended);
  });

  it('is not tried again if it says that this is of no use', async () => {
    const { informer, clock, abort, runs, failures, controller, stop } = setUp(() => {
      throw terminal('there is no such colour');
    });
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    await clock.advance(1_000_000);
    expect(runs).toHaveLength(1);
    expect(failures).toMatchObject([
      { failures: 1, retryAfter: undefined, error: { code: 'ReconcileGivenUp', message: 'there is no such colour' } },
    ]);
    await stop(ended);
  });

  it('keeps the error that is given as the cause', () => {
    const cause = new TypeError('nope');
    expect(terminal(cause)).toMatchObject({ message: 'nope', cause });
    expect(terminal('text')).not.toHaveProperty('cause');
    expect(terminal('text')).toBeInstanceOf(KubeInformerError);
  });

  it('can be counted out at once', async () => {
    givenUp.length = 0;
    const { informer, clock, abort, runs, controller, stop } = setUp(() => Promise.reject(new Error('no')), {
      maxRetries: 0,
      onGaveUp,
    });
    informer.sync();
    const ended = controller.run(abort.signal);
    informer.say(added(widget('a')));
    await clock.advance(10_000);
    expect(runs).toHaveLength(1);
    expect(givenUp).toHaveLength(1);
    await stop(ended);
    expect(() => setUp(undefined, { maxRetries: -1 })).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  });
});

describe('draining', () => {
  async function busy(drain: number) {
    const world = setUp(({ signal }) => sleep(world.clock, 100, signal).then(() => {}), { drain });
    world.informer.sync();
    const ended = world.controller.run(world.abort.signal);
    for (const name of ['a', 'b', 'c', 'd']) world.informer.say(added(widget(name)));
    await settle();
    world.abort.abort();
    return { ...world, ended };
  }

  it('works off what waits when it is stopped, without aborting anything, and takes nothing new', async () => {
    const { clock, informer, runs, stop, ended } = await busy(1_000);
    informer.say(added(widget('late')));
    await clock.advance(400);
    expect(runs.map(({ key, signal }) => [key, signal.aborted])).toEqual([
      ['shop/a', false],
      ['shop/b', false],
      ['shop/c', false],
      ['shop/d', false],
    ]);
    await stop(ended);
  });

  it('ends when its time is over: runs are told, and what still waits is dropped', async () => {
    const { clock, runs, stop, ended } = await busy(250);
    await clock.advance(250);
    expect(runs.map(({ key, signal }) => [key, signal.aborted])).toEqual([
      ['shop/a', false],
      ['shop/b', false],
      ['shop/c', true],
    ]);
    await stop(ended);
  });

  it('is refused a time that is none', () => {
    expect(() => setUp(undefined, { drain: -1 })).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  });
});

/** A lease that nobody else wants. `up` decides whether the server answers. */
function lonelyLease() {
  const server = { up: true, version: 0 };
  const write = async (object: object) => {
    if (!server.up) throw new Error('down');
    return { ...object, metadata: { resourceVersion: String(++server.version) } } as never;
  };
  const client = {
    resource: () => ({
      get: async () => {
        if (!server.up) throw new Error('down');
        return { spec: {} } as never;
      },
      create: write,
      replace: write,
    }),
  } satisfies LeaseClient;
  return { server, client };
}

describe('a controller under leader election', () => {
  async function standby(body?: Parameters<typeof setUp>[0], options: Partial<ControllerOptions> = {}) {
    const clock = new FakeClock();
    const { server, client } = lonelyLease();
    server.up = false;
    const elector = new LeaderElector({
      client,
      namespace: 'shop',
      name: 'operator',
      clock,
      random: () => 0,
      onError: () => {},
    });
    const world = setUp(body, { leaderElection: elector, clock, concurrency: 2, ...options });
    const stopElection = new AbortController();
    const elected = elector.run(stopElection.signal);
    world.informer.sync();
    const ended = world.controller.run(world.abort.signal);
    world.informer.say(added(widget('a'), true));
    world.informer.say(added(widget('b'), true));
    await clock.advance(3_000);
    const end = async () => {
      world.abort.abort();
      await ended;
      stopElection.abort();
      await elected;
      expect(clock.pendingTimers).toBe(0);
      expect(world.informer.handlers.size).toBe(0);
    };
    return { ...world, clock, server, elector, end };
  }

  it('S000-31 is warm while it stands by: it listens, and begins at once when it leads', async () => {
    const { clock, server, elector, informer, runs, controller, end } = await standby();
    expect(elector.isLeader).toBe(false);
    expect(informer.handlers.size).toBe(1);
    expect(runs).toEqual([]);
    expect(controller.queue.length).toBe(2);
    informer.say(updated(widget('b'), widget('b')));
    server.up = true;
    await clock.advance(2_000);
    expect(elector.isLeader).toBe(true);
    expect(runs.map(({ key }) => key)).toEqual(['shop/b', 'shop/a']);
    await end();
  });

  it('stops its runs when it is deposed, keeps listening, and begins with what was left when it leads again', async () => {
    const { clock, server, elector, informer, runs, failures, controller, end } = await standby(({ signal }, all) =>
      all.length > 2
        ? undefined
        : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    server.up = true;
    await clock.advance(2_000);
    expect(runs).toHaveLength(2);
    server.up = false;
    await clock.advance(12_000);
    expect(runs.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(elector.isLeader).toBe(false);
    expect(informer.handlers.size).toBe(1);
    informer.say(added(widget('c')));
    expect(controller.queue.length).toBe(3);
    await clock.advance(60_000);
    expect(runs).toHaveLength(2);
    server.up = true;
    await clock.advance(2_000);
    expect(
      runs
        .slice(2)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['shop/a', 'shop/b', 'shop/c']);
    expect(failures).toEqual([]);
    await end();
  });

  it('drains what it leads, and has nothing to drain while it stands by', async () => {
    const idle = await standby(undefined, { drain: 60_000 });
    await idle.end();
    expect(idle.runs).toEqual([]);

    const busy = await standby(({ signal }) => sleep(busy.clock, 1_000, signal).then(() => {}), { drain: 60_000 });
    busy.informer.say(added(widget('c')));
    busy.server.up = true;
    await busy.clock.advance(2_000);
    busy.abort.abort();
    await busy.clock.advance(2_000);
    expect(busy.runs.map(({ signal }) => signal.aborted)).toEqual([false, false, false]);
    await busy.end();
  });

  it('begins nothing when the lease has run out, even if the timer that says so is late', async () => {
    const { clock, server, informer, runs, controller, end } = await standby();
    server.up = true;
    await clock.advance(2_000);
    expect(runs).toHaveLength(2);
    // As when the event loop was held up: the time has passed, and no timer has fired yet.
    const monotonic = clock.monotonic.bind(clock);
    clock.monotonic = () => monotonic() + 10_000;
    informer.say(added(widget('late')));
    await settle();
    expect(runs).toHaveLength(2);
    expect(controller.queue.length).toBe(1);
    clock.monotonic = monotonic;
    await end();
  });
});
