import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installDefinitions, removeDefinitions } from '../../examples/operator/definitions.ts';
import { playControllerManager } from '../../examples/operator/stand-ins.ts';
import { KubeClient } from '../../src/index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { Chronicle } from './operator/chronicle.ts';
import { type Cluster, openCluster } from './operator/cluster.ts';
import { actualOf, expectedOf } from './operator/judge.ts';
import { OperatorProcess } from './operator/process.ts';
import { Scene } from './operator/scene.ts';

/**
 * The operator of `examples/operator` as a real process, which is killed (SIGKILL) at writes drawn by chance while websites are created,
 * changed and deleted. The controller manager is played by this process. `CRASH_SEEDS=20` tries that many, `SEED=7` replays one.
 */
const { SEED, CRASH_SEEDS = '1' } = process.env;
const seeds =
  SEED === undefined ? Array.from({ length: Number(CRASH_SEEDS) }, (_, index) => index + 1) : [Number(SEED)];
const mostWrites = 20;
/** Milliseconds. */
const patience = 30_000;

describe('the operator of the example', () => {
  let cluster: Cluster;
  let client: KubeClient;
  const stop = new AbortController();
  let manager: Promise<void>;

  beforeAll(async () => {
    cluster = await openCluster();
    client = new KubeClient(cluster.config);
    await installDefinitions(client, AbortSignal.timeout(30_000));
    manager = playControllerManager({ client, signal: stop.signal, startTime: 5 });
  });

  afterAll(async () => {
    stop.abort();
    await manager;
    await removeDefinitions(client);
    await client.close();
    await cluster[Symbol.asyncDispose]();
  });

  it.each(seeds)(
    'brings the world in line, however often it is killed half-way: SEED=%i',
    { timeout: 120_000 },
    async (seed) => {
      const random = seededRandom(seed);
      const scene = await Scene.open(client);
      await using chronicle = await Chronicle.open(client, scene.namespace);
      const killedAt: string[] = [];
      let done: Promise<unknown> = Promise.resolve();
      let names: readonly string[] = [];
      for (const { act, leaves } of actsOf(scene)) {
        await using operator = new OperatorProcess(cluster.kubeconfig);
        const write = 1 + Math.floor(random() * mostWrites);
        cluster.killAtWrite(operator, write);
        done = Promise.all([done, act()]);
        names = leaves;
        // Either it comes to that write, or it is done before, and killed while idle.
        killedAt.push((await bringsInLine(operator, done, scene, names)) ? 'idle' : `write ${write}`);
      }
      console.log(`seed ${seed}: killed at ${killedAt.join(', ')}`);

      await using operator = new OperatorProcess(cluster.kubeconfig);
      const isDone = await bringsInLine(operator, done, scene, names);
      const report = () => `killed at ${killedAt.join(', ')}; what the last one said:\n${operator.output}`;
      expect(await actualOf(scene), report()).toEqual(await expectedOf(scene, names));
      expect(isDone, report()).toBe(true);
      await done;
      const afterKills = chronicle.compareWith(await scene.events());
      expect(afterKills.faults).toEqual([]);
      expect(afterKills.surplus).toBeLessThanOrEqual((killedAt.length + changes) * inFlight);

      // Undisturbed, it does everything once.
      done = scene.change('delta', { replicas: 3, page: null });
      await bringsInLine(operator, done, scene, names);
      expect(await actualOf(scene), report()).toEqual(await expectedOf(scene, names));
      operator.kill('SIGTERM');
      expect(await operator.exited).toBe(0);
      expect(await actualOf(scene), report()).toEqual(await expectedOf(scene, names));
      const events = await scene.events();
      expect(chronicle.compareWith(events)).toEqual({ faults: [], surplus: afterKills.surplus });
      expect(chronicle.faults).toEqual([]);
      const released = events.filter(({ reason }) => reason === 'HostReleased').map(({ message }) => message);
      expect(released.sort()).toEqual(['a', 'g'].map((host) => `Gave back ${scene.host(host)}.`));

      for (const name of names) await scene.delete(name);
      await using last = new OperatorProcess(cluster.kubeconfig);
      expect(await bringsInLine(last, done, scene, []), last.output).toBe(true);
    },
  );
});

/** Changes of websites that are there: each may collide with a status that is being written, which is then derived again. */
const changes = 6;
/** Events that may be written, and their status not yet: two conditions of each website. */
const inFlight = 8;

/** What somebody does while the operator runs, and which websites are left then. One operator for each act, and each is killed. */
function actsOf(scene: Scene): { readonly act: () => Promise<unknown>; readonly leaves: readonly string[] }[] {
  return [
    {
      // Two want the same host.
      act: async () => {
        await scene.create('alpha', { host: 'a', replicas: 2, page: 'one' });
        await Promise.all([scene.create('beta', { host: 'b' }), scene.create('delta', { host: 'b' })]);
      },
      leaves: ['alpha', 'beta', 'delta'],
    },
    {
      act: async () => {
        await scene.change('alpha', { image: 'nginx:2', replicas: 3, page: 'two' });
        await scene.create('gamma', { host: 'g', page: 'short' });
      },
      leaves: ['alpha', 'beta', 'delta', 'gamma'],
    },
    {
      act: () => Promise.all([scene.change('beta', { host: scene.host('c') }), scene.change('alpha', { page: null })]),
      leaves: ['alpha', 'beta', 'delta', 'gamma'],
    },
    {
      act: () => Promise.all([scene.delete('gamma'), scene.change('delta', { replicas: 2, page: 'three' })]),
      leaves: ['alpha', 'beta', 'delta'],
    },
    {
      act: () => scene.recreate('alpha', { host: 'a', image: 'nginx:3' }),
      leaves: ['alpha', 'beta', 'delta'],
    },
  ];
}

/**
 * Waits until `done` is done and everything has been in line for a while, seen by an operator that knows all there is (`true`); or until
 * the operator has ended, or it takes too long.
 */
async function bringsInLine(
  operator: OperatorProcess,
  done: Promise<unknown>,
  scene: Scene,
  names: readonly string[],
): Promise<boolean> {
  let acted = false;
  const onDone = () => {
    acted = true;
  };
  done.then(onDone, onDone);
  let times = 0;
  for (const start = performance.now(); performance.now() - start < patience; ) {
    if (operator.hasEnded) return false;
    const inLine =
      acted && operator.hasSynced && isDeepStrictEqual(await actualOf(scene), await expectedOf(scene, names));
    times = inLine ? times + 1 : 0;
    if (times === 5) return true;
    await delay(20);
  }
  return false;
}
