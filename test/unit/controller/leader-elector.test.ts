import { describe, expect, it, vi } from 'vitest';
import { type LeaderElectionOptions, LeaderElector, type LeaseClient } from '../../../src/controller/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { type Clock, type KubeInformerError, sleep } from '../../../src/runtime/index.ts';
import { ApiServer, FakeClock, seededRandom } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';

const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };

interface Lease extends KubeObject {
  spec: Record<string, unknown>;
}

/** One server, one clock, and candidates that count their requests, so that time goes on only when no answer is under way. */
class World implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly server: ApiServer;
  readonly #client: KubeClient;
  readonly #stops: AbortController[] = [];
  readonly #ends: Promise<unknown>[] = [];
  #pending = 0;

  constructor(clock: FakeClock, server: ApiServer) {
    this.clock = clock;
    this.server = server;
    this.#client = new KubeClient(server.kubeConfig());
  }

  static async open(): Promise<World> {
    const clock = new FakeClock();
    return new World(clock, await ApiServer.start({ clock }));
  }

  candidate(identity: string, options: Partial<LeaderElectionOptions> = {}) {
    const log: string[] = [];
    const errors: KubeInformerError[] = [];
    const stop = new AbortController();
    const signals: AbortSignal[] = [];
    const network = { up: true };
    const elector = new LeaderElector({
      client: this.#counting(network),
      namespace: 'shop',
      name: 'operator',
      identity,
      clock: this.clock,
      random: seededRandom(this.#stops.length),
      onStartedLeading: (signal) => {
        log.push('started');
        signals.push(signal);
      },
      onStoppedLeading: (error) => log.push(`stopped${error ? `: ${error.code}` : ''}`),
      onNewLeader: (leader) => log.push(`leader ${leader}`),
      onError: (error) => errors.push(error),
      ...options,
    });
    this.#stops.push(stop);
    let ended = false;
    const end = elector.run(stop.signal).finally(() => {
      ended = true;
    });
    end.catch(() => {});
    this.#ends.push(end.catch(() => {}));
    const hasEnded = () => ended;
    return { elector, log, errors, stop, end, signals, network, hasEnded };
  }

  #counting(network: { readonly up: boolean }): LeaseClient {
    const counted = <T>(request: () => Promise<T>): Promise<T> => {
      if (!network.up) return new Promise(() => {});
      this.#pending++;
      return request().finally(() => this.#pending--);
    };
    return {
      resource: (definition, options) => {
        const resource = this.#client.resource(definition, options);
        return {
          get: (name, o) => counted(() => resource.get(name, o)),
          create: (object, o) => counted(() => resource.create(object, o)),
          replace: (object, o) => counted(() => resource.replace(object, o)),
        };
      },
    };
  }

  /** Lets answers arrive; those that never come are not waited for. */
  async answers(): Promise<void> {
    for (let quiet = 0, turn = 0; quiet < 5 && turn < 300; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = this.#pending === 0 ? quiet + 1 : 0;
    }
  }

  async advance(duration: number): Promise<void> {
    await this.answers();
    for (let left = duration; left > 0; left -= 100) {
      await this.clock.advance(Math.min(100, left));
      await this.answers();
    }
  }

  lease(): Lease | undefined {
    return this.server.get<Lease>(leases, 'shop', 'operator');
  }

  putLease(spec: unknown): void {
    this.server.create({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'shop', name: 'operator' },
      spec,
    } as never);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops) stop.abort();
    await this.advance(4_000);
    await Promise.all(this.#ends);
    expect(this.clock.pendingTimers).toBe(0);
    await this.#client.close();
    await this.server.close();
  }
}

describe('a leader election', () => {
  it('makes the first candidate the leader, and the lease says so', async () => {
    await using world = await World.open();
    const { elector, log } = world.candidate('a');
    expect(elector.phase).toBe('standby');
    await world.answers();
    expect(elector).toMatchObject({ phase: 'leading', isLeader: true, leader: 'a', transitions: 0 });
    expect(log).toEqual(['leader a', 'started']);
    expect(world.lease()?.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: expect.stringMatching(/^2026-01-01T00:00:00\.000\d{3}Z$/),
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await world.advance(2_000);
    expect(world.lease()?.spec.renewTime).toBe('2026-01-01T00:00:02.000000Z');
    expect(world.lease()?.spec.leaseTransitions).toBe(0);
  });

  it('has one leader of many candidates, and the others know who it is', async () => {
    await using world = await World.open();
    const candidates = ['a', 'b', 'c'].map((identity) => world.candidate(identity));
    await world.advance(60_000);
    const leaders = candidates.filter(({ elector }) => elector.isLeader);
    expect(leaders).toHaveLength(1);
    for (const { elector } of candidates) expect(elector.leader).toBe(leaders[0]?.elector.identity);
    expect(candidates.flatMap(({ log }) => log).filter((line) => line === 'started')).toHaveLength(1);
  });

  it('hands over at once when the leader stops, at the next look of the others', async () => {
    await using world = await World.open();
    const a = world.candidate('a');
    await world.answers();
    const b = world.candidate('b');
    await world.advance(10_000);
    expect(b.elector.isLeader).toBe(false);
    a.stop.abort();
    await world.answers();
    expect(a.hasEnded()).toBe(true);
    expect(a.log).toEqual(['leader a', 'started', 'stopped']);
    expect(world.lease()?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await world.advance(4_400);
    expect(b.elector.isLeader).toBe(true);
    expect(b.log).toEqual(['leader a', 'leader b', 'started']);
    expect(world.lease()?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1, leaseDurationSeconds: 15 });
  });

  it('keeps the lease until the work has ended, however long after the stop, and gives it back then', async () => {
    await using world = await World.open();
    const gate = Promise.withResolvers<void>();
    const a = world.candidate('a', { onStartedLeading: () => gate.promise });
    await world.answers();
    const b = world.candidate('b');
    a.stop.abort();
    expect(a.elector).toMatchObject({ phase: 'resigning', isLeader: false });
    await world.advance(60_000);
    expect(b.elector.isLeader).toBe(false);
    expect(a.hasEnded()).toBe(false);
    gate.resolve();
    await world.answers();
    expect(a.hasEnded()).toBe(true);
    await world.advance(4_400);
    expect(b.elector.isLeader).toBe(true);
  });

  it('gives back also a lease whose winner was stopped before it knew', async () => {
    await using world = await World.open();
    const mute = world.server.faults.add({ match: { verb: 'create' }, action: { kind: 'stallAfter', bytes: 10 } });
    const a = world.candidate('a');
    await world.advance(500);
    expect(world.lease()?.spec.holderIdentity).toBe('a');
    a.stop.abort();
    await world.answers();
    expect(mute.hits).toBe(1);
    expect(a.hasEnded()).toBe(true);
    expect(a.log).not.toContain('started');
    expect(world.lease()?.spec.holderIdentity).toBe('');
  });

  it('waits, when it finds a lease at its start, as long as that binds: its times are of another clock and tell nothing', async () => {
    await using world = await World.open();
    world.putLease({
      holderIdentity: 'dead',
      leaseDurationSeconds: 20,
      renewTime: '2020-01-01T00:00:00.000000Z',
      leaseTransitions: 6,
    });
    const { elector, log } = world.candidate('a');
    await world.advance(19_900);
    expect(elector).toMatchObject({ isLeader: false, leader: 'dead' });
    await world.advance(4_600);
    expect(elector).toMatchObject({ isLeader: true, leader: 'a', transitions: 7 });
    expect(log).toEqual(['leader dead', 'leader a', 'started']);
  });

  it.each<[string, unknown]>([
    ['is empty', {}],
    ['has no spec', undefined],
    ['names nobody', { holderIdentity: '', leaseDurationSeconds: 3600 }],
    ['has null where a name should be', { holderIdentity: null }],
  ])('takes at once a lease that %s', async (_name, spec) => {
    await using world = await World.open();
    world.putLease(spec);
    const { elector } = world.candidate('a');
    await world.answers();
    expect(elector.isLeader).toBe(true);
    expect(world.lease()?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15 });
  });

  it.each<[string, Record<string, unknown>]>([
    ['does not say how long it binds', { holderIdentity: 'b' }],
    ['says it in an impossible way', { holderIdentity: 'b', leaseDurationSeconds: -3, leaseTransitions: 'many' }],
    ['has a holder that is no text', { holderIdentity: { name: 'b' }, acquireTime: 5, renewTime: [] }],
  ])('waits for its own lease duration when a lease %s, and mends it', async (_name, spec) => {
    await using world = await World.open();
    world.putLease(spec);
    const { elector, errors } = world.candidate('a');
    await world.advance(14_900);
    expect(elector.isLeader).toBe(false);
    await world.advance(4_600);
    expect(elector.isLeader).toBe(true);
    expect(world.lease()?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 1 });
    expect(errors).toEqual([]);
  });

  it('keeps what else is on the lease', async () => {
    await using world = await World.open();
    world.putLease({ holderIdentity: '', preferredHolder: 'x', strategy: 'OldestEmulationVersion' });
    world.candidate('a');
    await world.advance(3_000);
    expect(world.lease()?.spec).toMatchObject({ preferredHolder: 'x', strategy: 'OldestEmulationVersion' });
  });

  it('takes the lease of another process with its own name for that of another', async () => {
    await using world = await World.open();
    const first = world.candidate('twin');
    await world.answers();
    const second = world.candidate('twin');
    await world.advance(120_000);
    expect(first.elector.isLeader).toBe(true);
    expect(second.elector.isLeader).toBe(false);
  });

  it('refuses impossible options', async () => {
    await using world = await World.open();
    const impossible: Partial<LeaderElectionOptions>[] = [
      { leaseDuration: 10_000 },
      { renewDeadline: 2_400 },
      { retryPeriod: 0 },
      { jitter: -1 },
      { leaseDuration: 500, renewDeadline: 400, retryPeriod: 100 },
      { identity: '' },
      { name: '' },
      { namespace: '' },
    ];
    for (const options of impossible) {
      expect(() => world.candidate('a', options)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
    }
  });

  it('names a candidate by itself, each differently', async () => {
    const client = { resource: () => expect.fail() } as never;
    const make = () => new LeaderElector({ client: { resource: () => client }, namespace: 'shop', name: 'operator' });
    expect(make().identity).toMatch(/.+_[0-9a-f-]{36}$/);
    expect(make().identity).not.toBe(make().identity);
  });

  it('runs once', async () => {
    await using world = await World.open();
    const { elector, stop } = world.candidate('a');
    await expect(elector.run(stop.signal)).rejects.toMatchObject({ code: 'AlreadyStarted' });
  });
});

describe('a leader', () => {
  it('that is cut off ceases to lead before anybody else begins, and stands again later', async () => {
    await using world = await World.open();
    const a = world.candidate('a');
    await world.answers();
    const b = world.candidate('b');
    await world.advance(10_100);
    // Nothing of it arrives any more; the other is not concerned.
    a.network.up = false;
    const cutAt = world.clock.now();
    let lostAt = 0;
    a.signals[0]?.addEventListener('abort', () => {
      lostAt = world.clock.now();
    });
    let ledAt = 0;
    while (!b.elector.isLeader) {
      await world.advance(100);
      if (b.elector.isLeader) ledAt = world.clock.now();
      expect(a.elector.isLeader && b.elector.isLeader).toBe(false);
    }
    // The last renewal was at 10 s, 100 ms before.
    expect(lostAt - cutAt).toBe(9_900);
    expect(ledAt - lostAt).toBeGreaterThanOrEqual(5_000);
    expect(a.elector.phase).toBe('standby');
    expect(a.log).toEqual(['leader a', 'started', 'stopped: LeadershipLost']);
    expect(a.errors[0]).toMatchObject({ code: 'LeaseFailed', cause: { code: 'ConnectionFailed' } });
    expect(world.lease()?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    a.network.up = true;
    b.stop.abort();
    await world.advance(5_000);
    expect(a.elector).toMatchObject({ isLeader: true, transitions: 2 });
  });

  it('counts its time from when a renewal was asked for, not from when it was granted', async () => {
    await using world = await World.open();
    const a = world.candidate('a');
    await world.answers();
    world.server.faults.add({ match: { verb: 'update' }, times: 1, action: { kind: 'delay', delay: 3_000 } });
    // Asked for at 2 s, granted at 5 s.
    await world.advance(5_000);
    a.network.up = false;
    await world.advance(6_900);
    expect(a.elector.isLeader).toBe(true);
    await world.advance(100);
    expect(a.elector.isLeader).toBe(false);
  });

  it('makes each renewal a change, even if its date stands still', async () => {
    await using world = await World.open();
    const still: Clock = {
      now: () => 0,
      monotonic: () => world.clock.monotonic(),
      setTimer: (callback, delay) => world.clock.setTimer(callback, delay),
    };
    const a = world.candidate('a', { clock: still });
    await world.answers();
    const b = world.candidate('b');
    await world.advance(60_000);
    expect(a.log).toEqual(['leader a', 'started']);
    expect(a.elector.isLeader).toBe(true);
    expect(b.elector.isLeader).toBe(false);
    expect(world.lease()?.spec.renewTime).toBe('1970-01-01T00:00:00.000030Z');
  });

  it('that comes back to a lease of another process with its name leaves it alone', async () => {
    await using world = await World.open();
    const first = world.candidate('twin');
    await world.answers();
    first.network.up = false;
    const second = world.candidate('twin');
    await world.advance(20_000);
    expect(second.elector.isLeader).toBe(true);
    first.network.up = true;
    await world.advance(20_000);
    expect(second.log).toEqual(['leader twin', 'started']);
    expect(first.elector.isLeader).toBe(false);
    expect(second.elector.isLeader).toBe(true);
  });

  it('keeps the lease through an outage that is shorter than its deadline', async () => {
    await using world = await World.open();
    const { elector, errors, log } = world.candidate('a');
    await world.answers();
    const down = world.server.faults.add({ action: { kind: 'status', code: 503 } });
    await world.advance(7_500);
    expect(elector.isLeader).toBe(true);
    down.remove();
    await world.advance(30_000);
    expect(elector.isLeader).toBe(true);
    expect(log).toEqual(['leader a', 'started']);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toMatchObject({ code: 'LeaseFailed', cause: { code: 'ApiStatus' } });
  });

  it('leads anew after a longer one, without waiting for its own lease, when its work has ended', async () => {
    await using world = await World.open();
    const gate = Promise.withResolvers<void>();
    let works = 0;
    const a = world.candidate('a', { onStartedLeading: () => (++works === 1 ? gate.promise : undefined) });
    await world.answers();
    const down = world.server.faults.add({ action: { kind: 'reset' } });
    await world.advance(10_000);
    expect(a.elector).toMatchObject({ isLeader: false, phase: 'deposed' });
    down.remove();
    await world.advance(60_000);
    // It does not stand while its work of the lost term goes on, and says that this is not well.
    expect(a.elector).toMatchObject({ phase: 'deposed' });
    expect(works).toBe(1);
    expect(a.elector.isHealthy()).toBe(false);
    gate.resolve();
    await world.advance(100);
    expect(a.elector).toMatchObject({ isLeader: true, transitions: 1 });
    expect(a.elector.isHealthy()).toBe(true);
    expect(works).toBe(2);
  });

  it('is healthy up to its tolerance after the lease has run out', async () => {
    await using world = await World.open();
    const gate = Promise.withResolvers<void>();
    const { elector } = world.candidate('a', { onStartedLeading: () => gate.promise });
    await world.answers();
    world.server.faults.add({ action: { kind: 'status', code: 500 } });
    await world.advance(35_000);
    expect(elector.isHealthy()).toBe(true);
    expect(elector.isHealthy(19_999)).toBe(false);
    await world.advance(100);
    expect(elector.isHealthy()).toBe(false);
    gate.resolve();
    await world.answers();
    expect(elector.isHealthy()).toBe(true);
  });

  it.each<[string, (world: World) => void, string]>([
    [
      'taken by force',
      (world) => world.server.patchObject(leases, 'shop', 'operator', { spec: { holderIdentity: 'thief' } }),
      'held by thief',
    ],
    ['emptied', (world) => world.server.patchObject(leases, 'shop', 'operator', { spec: null }), 'held by nobody'],
    ['deleted', (world) => world.server.delete(leases, 'shop', 'operator'), 'deleted'],
  ])('ceases to lead as soon as it sees that its lease was %s', async (_name, act, message) => {
    await using world = await World.open();
    const { log, signals } = world.candidate('a');
    await world.answers();
    act(world);
    await world.advance(2_000);
    expect(log).toContain('stopped: LeadershipLost');
    expect(signals[0]?.reason).toMatchObject({ message: expect.stringContaining(message) });
  });

  it('is not disturbed by changes of the lease that are not about leading', async () => {
    await using world = await World.open();
    const { elector, log, errors } = world.candidate('a');
    await world.answers();
    for (let round = 0; round < 20; round++) {
      world.server.patchObject(leases, 'shop', 'operator', { metadata: { labels: { round: String(round) } } });
      await world.advance(1_000);
    }
    expect(elector.isLeader).toBe(true);
    expect(log).toEqual(['leader a', 'started']);
    expect(errors).toEqual([]);
    expect(world.lease()?.metadata.labels).toEqual({ round: '19' });
  });

  it('survives a storm of conflicts if it ends in time, and asks no more than a few times at once', async () => {
    await using world = await World.open();
    const { elector, errors } = world.candidate('a');
    await world.answers();
    const storm = world.server.faults.add({
      match: { verb: 'update' },
      action: { kind: 'status', code: 409, reason: 'Conflict' },
    });
    world.server.requests.clear();
    await world.advance(8_500);
    expect(storm.hits).toBe(16);
    storm.remove();
    await world.advance(20_000);
    expect(elector.isLeader).toBe(true);
    expect(errors).toEqual([]);
  });

  it('knows its own renewal when only the answer was lost', async () => {
    await using world = await World.open();
    const { elector, log } = world.candidate('a');
    await world.answers();
    world.server.faults.add({ match: { verb: 'update' }, times: 2, action: { kind: 'resetAfter', bytes: 10 } });
    await world.advance(30_000);
    expect(elector.isLeader).toBe(true);
    expect(log).toEqual(['leader a', 'started']);
  });

  it('knows its own claim when only the answer was lost', async () => {
    await using world = await World.open();
    world.server.faults.add({ match: { verb: 'create' }, times: 1, action: { kind: 'resetAfter', bytes: 10 } });
    const { elector } = world.candidate('a');
    await world.advance(4_400);
    expect(elector.isLeader).toBe(true);
  });

  it('gives the lease back, and says why, when its work fails', async () => {
    await using world = await World.open();
    const a = world.candidate('a', {
      onStartedLeading: async (signal) => {
        await sleep(world.clock, 1_000, signal);
        throw new Error('no disk');
      },
    });
    const other = Promise.withResolvers<string>();
    void a.elector.whileLeading((signal) => {
      signal.addEventListener('abort', () => other.resolve('told'));
    }, new AbortController().signal);
    const rejected = expect(a.end).rejects.toMatchObject({ code: 'HandlerFailed', cause: { message: 'no disk' } });
    await world.advance(1_000);
    await rejected;
    expect(await other.promise).toBe('told');
    expect(world.lease()?.spec.holderIdentity).toBe('');
  });

  it('is told apart from its callbacks: what they throw is reported and changes nothing', async () => {
    await using world = await World.open();
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const a = world.candidate('a', {
      onNewLeader: () => {
        throw new Error('deaf');
      },
      onError: () => {
        throw new Error('deaf, too');
      },
    });
    await world.advance(5_000);
    expect(a.elector.isLeader).toBe(true);
    expect(warning.mock.calls).toMatchObject([[expect.stringContaining('deaf, too'), { type: 'KubeInformerWarning' }]]);
    warning.mockRestore();
  });
});

describe('a candidate', () => {
  it('that may not read leases says so, with what to grant, and leads when it may', async () => {
    await using world = await World.open();
    const forbidden = world.server.faults.add({ action: { kind: 'status', code: 403, reason: 'Forbidden' } });
    const { elector, errors } = world.candidate('a');
    await world.advance(20_000);
    expect(elector).toMatchObject({ isLeader: false, phase: 'standby', leader: undefined });
    expect(errors.length).toBeGreaterThan(3);
    expect(errors.length).toBeLessThanOrEqual(11);
    expect(errors[0]).toMatchObject({
      code: 'LeaseFailed',
      hint: expect.stringContaining('create and update on leases'),
    });
    forbidden.remove();
    await world.advance(4_400);
    expect(elector.isLeader).toBe(true);
  });

  it('loses a race quietly', async () => {
    await using world = await World.open();
    world.server.faults.add({
      match: { verb: 'create' },
      times: 3,
      action: { kind: 'status', code: 409, reason: 'AlreadyExists' },
    });
    const { elector, errors } = world.candidate('a');
    await world.advance(20_000);
    expect(elector.isLeader).toBe(true);
    expect(errors).toEqual([]);
  });

  it('does not take a deleted lease before its holder must have noticed', async () => {
    await using world = await World.open();
    world.putLease({ holderIdentity: 'other', leaseDurationSeconds: 15 });
    const { elector } = world.candidate('a');
    await world.advance(1_000);
    world.server.delete(leases, 'shop', 'operator');
    await world.advance(13_900);
    expect(elector.isLeader).toBe(false);
    await world.advance(4_600);
    expect(elector.isLeader).toBe(true);
  });

  it('does standing work whenever it leads, from the middle of a term, too, until that is no longer wanted', async () => {
    await using world = await World.open();
    const { elector } = world.candidate('a');
    await world.answers();
    const wanted = new AbortController();
    const runs: AbortSignal[] = [];
    const ended = elector.whileLeading((signal) => void runs.push(signal), wanted.signal);
    expect(runs).toHaveLength(1);
    world.server.patchObject(leases, 'shop', 'operator', { spec: { holderIdentity: '' } });
    await world.advance(6_500);
    expect(runs.map(({ aborted }) => aborted)).toEqual([true, false]);
    wanted.abort();
    await ended;
    expect(runs[1]?.aborted).toBe(true);
    expect(elector.isLeader).toBe(true);
  });
});
