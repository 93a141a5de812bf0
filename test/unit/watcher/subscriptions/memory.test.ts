import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import type { CachedObject } from '../../../../src/watcher/cache/index.ts';
import { type AnyNotice, Delivery, type Notice, type Outcome } from '../../../../src/watcher/subscriptions/index.ts';
import { isChange } from '../../../../src/watcher/subscriptions/notice.ts';
import { holds } from '../../../parity/property.ts';
import { Machine, MemoryDisk } from './memory-disk.ts';

/** A cluster, a receiver, and a disk, which outlive the service between them. */
class World {
  readonly disk = new MemoryDisk();
  readonly clock = new FakeClock();
  /** The set that is told of, and what left it and may come back. */
  readonly cluster = new Map<string, CachedObject>();
  readonly #outside = new Map<string, string>();
  /** What the receiver has: versions by uid. */
  readonly has = new Map<string, string>();
  readonly heard: Notice[] = [];
  service: string[] = [];
  /** What the receiver says to the next messages; it accepts those after them. `lost`: it has heard it, and the answer did not come back. */
  answers: ('refused connection' | 'lost' | 'refused')[] = [];
  #version = 0;
  #incarnation = 0;
  #run: { readonly delivery: Delivery; readonly machine: Machine } | undefined;
  #written = new Map<string, AnyNotice>();

  /** Starts the service. @param steps how many it makes before its machine ends. */
  start({ mode = 'latest', concurrency = 2, types = all }: Start = {}, steps?: number, torn?: number): void {
    const machine = new Machine(steps);
    const delivery = new Delivery({
      sink: {
        deliver: async ({ id }): Promise<Outcome> => {
          const down: Outcome = { type: 'failed', problem: 'down', retryAfter: undefined };
          if (!machine.step()) return down;
          const answer = this.answers.shift();
          if (answer === 'refused connection') return down;
          if (answer === 'refused') return { type: 'refused', problem: 'no' };
          this.#hear(this.#written.get(id)!);
          return answer === 'lost' ? down : { type: 'delivered' };
        },
        close: async () => {},
      },
      format: (notice) => {
        const id = isChange(notice)
          ? `${notice.type} ${notice.object.metadata.uid} ${notice.object.metadata.resourceVersion}`
          : notice.type;
        this.#written.set(id, notice);
        const resource = { group: '', resource: 'pods', kind: 'Pod' };
        return { id, headers: {}, body: '', about: { cluster: '', resource, type: notice.type, metadata: undefined } };
      },
      mode,
      bound: 1_000,
      concurrency,
      retry: { baseMs: 1, maxMs: 1, maxAttempts: 0, maxAgeSeconds: 1_000_000 },
      deadLetters: 10,
      memory: this.disk.open(machine, torn),
      clock: this.clock,
      random: () => 0,
      onProblem: () => {},
    });
    this.#run = { delivery, machine };
    this.#types = new Set(types);
    const objects = [...this.cluster.values()];
    delivery.begin({ objects, seq: this.#version, resourceVersion: String(this.#version) }, (notice) =>
      this.#wants(notice),
    );
  }

  #types = new Set<string>(all);

  #wants({ type }: Notice): boolean {
    return this.#types.has(type);
  }

  get isUp(): boolean {
    return this.#run !== undefined;
  }

  change(act: Notice['type'] | 'leaves', name: string): void {
    const known = this.cluster.get(name);
    if ((act === 'ADDED') === (known !== undefined)) return;
    const type = act === 'leaves' ? 'DELETED' : act;
    const uid = known?.metadata.uid ?? this.#outside.get(name) ?? `${name}-${++this.#incarnation}`;
    if (act === 'leaves') this.#outside.set(name, uid);
    else this.#outside.delete(name);
    const resourceVersion = String(++this.#version);
    const metadata = { name, namespace: 'web', uid, resourceVersion, creationTimestamp: '' };
    const object = { apiVersion: 'v1', kind: 'Pod', metadata } as CachedObject;
    if (type === 'DELETED') this.cluster.delete(name);
    else this.cluster.set(name, object);
    const notice: Notice = {
      type,
      object,
      oldObject: known,
      reason: undefined,
      origin: 'live',
      initial: false,
      seq: this.#version,
      at: 0,
    };
    const { delivery } = this.#run ?? {};
    if (this.#wants(notice)) delivery?.file(notice);
    else delivery?.skip(notice);
  }

  /** Keeps the machine from ending. @returns whether there is a run that has not ended. */
  goOn(): boolean {
    const { machine } = this.#run ?? {};
    if (!machine || machine.isOff) return false;
    machine.left = Number.POSITIVE_INFINITY;
    return true;
  }

  /** Lets everything be told. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) await this.clock.advance(40_000);
    await settle();
  }

  async stop(): Promise<void> {
    await this.#run?.delivery.close();
    this.#run = undefined;
  }

  /** The end of the machine: what is not on the disk is gone. */
  async kill(): Promise<void> {
    if (this.#run) this.#run.machine.left = 0;
    await this.stop();
  }

  told(): string[] {
    return this.heard.map(({ type, object: { metadata } }) => `${type} ${metadata.uid}@${metadata.resourceVersion}`);
  }

  #hear(notice: AnyNotice): void {
    if (!isChange(notice)) return void this.service.push(notice.type);
    this.heard.push(notice);
    const { uid, resourceVersion } = notice.object.metadata;
    if (notice.type === 'DELETED') this.has.delete(uid);
    else this.has.set(uid, resourceVersion);
  }
}

const all: readonly string[] = ['ADDED', 'MODIFIED', 'DELETED'];

interface Start {
  readonly mode?: 'latest' | 'every';
  readonly concurrency?: number;
  readonly types?: readonly string[];
}

describe('a receiver after a restart', () => {
  test('hears what came, changed and went meanwhile, and of nothing that it knows', async () => {
    const world = new World();
    world.start();
    for (const name of ['same', 'changes', 'goes', 'replaced']) world.change('ADDED', name);
    world.change('MODIFIED', 'same');
    await world.settle();
    await world.stop();
    world.heard.length = 0;
    world.service.length = 0;
    world.change('MODIFIED', 'changes');
    world.change('DELETED', 'goes');
    world.change('DELETED', 'replaced');
    world.change('ADDED', 'replaced');
    world.change('ADDED', 'new');
    world.start();
    await world.settle();
    expect(world.told().sort()).toEqual([
      'ADDED new-6@10',
      'ADDED replaced-5@9',
      'DELETED goes-3@3',
      'DELETED replaced-4@4',
      'MODIFIED changes-2@6',
    ]);
    expect(world.heard.every(({ initial }) => initial)).toBe(true);
    // The end of one comes before what has its name now.
    const replaced = world.told().filter((one) => one.includes('replaced'));
    expect(replaced).toEqual(['DELETED replaced-4@4', 'ADDED replaced-5@9']);
    expect(world.service).toEqual(['SYNCED']);
    await world.stop();
    world.heard.length = 0;
    world.start();
    await world.settle();
    expect(world.told()).toEqual([]);
    await world.stop();
  });

  test('that may have heard of an object hears of its end, also if nobody knows whether it did', async () => {
    const world = new World();
    world.start();
    world.answers = ['lost'];
    world.change('ADDED', 'a');
    await settle();
    await world.kill();
    expect(world.told()).toEqual(['ADDED a-1@1']);
    world.change('DELETED', 'a');
    world.start();
    await world.settle();
    expect(world.told()).toEqual(['ADDED a-1@1', 'DELETED a-1@']);
    await world.stop();
  });

  test('that may have heard of an object in the last run hears of its end before the next run tells it anything', async () => {
    const world = new World();
    world.start({ concurrency: 1 });
    world.answers = ['lost', 'lost'];
    world.change('ADDED', 'a');
    world.change('ADDED', 'b');
    await settle();
    await world.kill();
    expect([...world.has.keys()]).toEqual(['a-1', 'b-2']);
    world.start({ concurrency: 1 });
    // It waits for its turn behind the other.
    world.change('DELETED', 'b');
    await world.settle();
    expect([...world.has.keys()]).toEqual(['a-1']);
    await world.stop();
  });

  test('that may have heard that an object left hears that it came back, not that it changed', async () => {
    const world = new World();
    world.start();
    world.change('ADDED', 'a');
    await world.settle();
    world.answers = ['lost'];
    world.change('leaves', 'a');
    await settle();
    await world.kill();
    world.change('ADDED', 'a');
    world.start();
    await world.settle();
    expect(world.told()).toEqual(['ADDED a-1@1', 'DELETED a-1@2', 'ADDED a-1@3']);
    await world.stop();
  });

  test('that wants ends alone hears of those it missed', async () => {
    const world = new World();
    world.start({ types: ['DELETED'] });
    world.change('ADDED', 'a');
    await world.settle();
    await world.stop();
    world.change('DELETED', 'a');
    world.start({ types: ['DELETED'] });
    await world.settle();
    expect(world.told()).toEqual(['DELETED a-1@1']);
    await world.stop();
  });

  test('that refused an object is offered it again, also if it does not want to hear of changes', async () => {
    const world = new World();
    const types = ['ADDED', 'DELETED'];
    world.start({ types });
    world.answers = ['refused'];
    world.change('ADDED', 'a');
    await world.settle();
    world.change('MODIFIED', 'a');
    await world.settle();
    await world.stop();
    world.start({ types });
    await world.settle();
    expect(world.told()).toEqual(['ADDED a-1@2']);
    await world.stop();
  });

  test('is told of nothing that can not be remembered', async () => {
    const world = new World();
    world.start({}, 0);
    world.change('ADDED', 'a');
    await world.settle();
    expect(world.told()).toEqual([]);
    await world.kill();
  });

  const names = fc.constantFrom('a', 'b', 'c');
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'leaves'), names) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('turn'), fc.constant('')) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('lost', 'refused connection'), fc.constant('')) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('kill', 'stop'), fc.constant('')) },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom('start'), fc.constant('')) },
  );
  const run = fc.record({ steps: fc.integer({ min: 0, max: 12 }), torn: fc.integer({ min: 0, max: 3 }) });

  test('has the last states, whenever the process ended, and no older state after a newer one', async () => {
    const histories = fc.asyncProperty(
      fc.record({ mode: fc.constantFrom('latest' as const, 'every' as const), concurrency: fc.constantFrom(1, 2) }),
      fc.array(step, { maxLength: 30 }),
      fc.array(run, { minLength: 8, maxLength: 8 }),
      async (options, steps, runs) => {
        const world = new World();
        let count = 0;
        const start = () => {
          const next = runs[count++];
          world.start(options, next?.steps, next?.torn);
        };
        start();
        for (const [act, name] of steps) {
          if (act === 'turn') await settle(2);
          else if (act === 'lost' || act === 'refused connection') world.answers.push(act);
          else if (act === 'kill') await world.kill();
          else if (act === 'stop') await world.stop();
          else if (act !== 'start') world.change(act as Notice['type'], name);
          else if (!world.isUp) start();
        }
        world.answers = [];
        // In the run that there is, if nothing ends it, or in a last one.
        if (!world.goOn()) {
          await world.kill();
          world.start(options);
        }
        await world.settle();
        const expected = Array.from(world.cluster.values(), ({ metadata }) => [metadata.uid, metadata.resourceVersion]);
        expect(Array.from(world.has).sort()).toEqual(expected.sort());
        const newest = new Map<string, number>();
        const ended = new Set<string>();
        for (const {
          type,
          object: { metadata },
        } of world.heard) {
          const { uid, resourceVersion } = metadata;
          if (type === 'DELETED') ended.add(uid);
          else {
            if (ended.has(uid)) expect(type).toBe('ADDED');
            ended.delete(uid);
            expect(Number(resourceVersion)).toBeGreaterThanOrEqual(newest.get(uid) ?? 0);
            newest.set(uid, Number(resourceVersion));
          }
        }
        // Once all is told and kept, the next run repeats nothing.
        await world.stop();
        world.heard.length = 0;
        world.start(options);
        await world.settle();
        expect(world.told()).toEqual([]);
        await world.stop();
        expect(world.clock.pendingTimers).toBe(0);
      },
    );
    await holds(histories, 150);
  });
});
