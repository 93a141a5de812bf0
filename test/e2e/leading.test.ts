import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/index.ts';
import { ApiServer, seededRandom } from '../../src/testing/index.ts';
import type { WatcherConfigInput } from '../../src/watcher/index.ts';
import { Instance } from './leading/instance.ts';
import { Receiver } from './leading/receiver.ts';

/**
 * Two instances of the service as real processes, one of which delivers. The leader, or sometimes the other one, is killed (SIGKILL) after a number of deliveries drawn by
 * chance, while objects are created, changed and deleted. `CRASH_SEEDS=20` tries that many, `SEED=7` replays one.
 */
const { SEED, CRASH_SEEDS = '1' } = process.env;
const seeds =
  SEED === undefined ? Array.from({ length: Number(CRASH_SEEDS) }, (_, index) => index + 1) : [Number(SEED)];
const rounds = 4;
/** Milliseconds. */
const patience = 30_000;
const leaderElection = { namespace: 'ops', name: 'grw', leaseSeconds: 1, renewSeconds: 0.7, retrySeconds: 0.1 };

async function until(condition: () => boolean, what: () => string): Promise<void> {
  for (const start = performance.now(); !condition(); await delay(10)) {
    if (performance.now() - start > patience) throw new Error(`it did not happen: ${what()}`);
  }
}

/** Creates, changes and deletes a few objects; each call is one write. */
function writer(server: ApiServer, random: () => number) {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  return () => {
    const name = names[Math.floor(random() * names.length)]!;
    if (!server.get('configmaps', 'web', name)) {
      server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'web' } });
    } else if (random() < 0.3) server.delete('configmaps', 'web', name);
    else server.touch('configmaps', 'web', name);
  };
}

describe('two instances, one of which delivers', () => {
  it.each(seeds)(
    'lose nothing and never go back, however often the leader is killed: SEED=%i',
    { timeout: 120_000 },
    async (seed) => {
      const random = seededRandom(seed);
      const directory = await mkdtemp(join(tmpdir(), 'kube-informer-'));
      await using server = await ApiServer.start();
      await using receiver = await Receiver.start(() => (random() < 0.1 ? 503 : 204));
      await server.writeKubeConfig(join(directory, 'kubeconfig'));
      const config: WatcherConfigInput = {
        cluster: { kubeconfig: join(directory, 'kubeconfig') },
        server: { port: 0 },
        metrics: { enabled: false },
        discovery: { followCrds: false },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the environment
        leaderElection: { ...leaderElection, identity: '${WATCHER_IDENTITY}' },
        egress: { allow: ['127.0.0.1'] },
        subscriptions: [
          {
            name: 'maps',
            match: { target: { version: 'v1', kind: 'ConfigMap' } },
            delivery: { retry: { baseMs: 20, maxMs: 100 } },
            sinks: [{ type: 'webhook', url: receiver.url }],
          },
        ],
      };
      const file = join(directory, 'config.json');
      await writeFile(file, JSON.stringify(config));
      const write = writer(server, random);
      for (let count = 0; count < 5; count++) write();

      let number = 0;
      const running = new Map<string, Instance>();
      const begin = () => {
        const instance = new Instance(`instance-${number++}`, file);
        running.set(instance.identity, instance);
      };
      await using _ = {
        async [Symbol.asyncDispose]() {
          for (const instance of running.values()) await instance[Symbol.asyncDispose]();
          await rm(directory, { recursive: true });
        },
      };
      const leader = () => {
        const lease = server.get('leases.coordination.k8s.io', 'ops', 'grw') as
          | (KubeObject & { spec?: { holderIdentity?: string } })
          | undefined;
        return running.get(lease?.spec?.holderIdentity ?? '');
      };
      const report = () =>
        [...running.values()].map(({ identity, printed }) => `${identity}:\n${printed}`).join('\n') +
        receiver.log.slice(-30).join('\n');

      begin();
      begin();
      const killed: string[] = [];
      for (let round = 0; round < rounds; round++) {
        await until(() => leader() !== undefined && [...running.values()].every(({ isReady }) => isReady), report);
        const at = receiver.count + Math.floor(random() * 25);
        while (receiver.count < at) {
          write();
          await delay(random() * 10);
        }
        const victim = random() < 0.8 ? leader() : [...running.values()].find((each) => each !== leader());
        if (victim) {
          killed.push(`${victim.identity}${victim === leader() ? ' (leading)' : ''}`);
          running.delete(victim.identity);
          await victim.kill('SIGKILL');
          // What nobody tells of until somebody else leads.
          for (let count = Math.floor(random() * 8); count > 0; count--) write();
          begin();
        }
      }
      const expected = () =>
        server
          .list('configmaps')
          .map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`)
          .toSorted();
      await until(
        () => receiver.view().join() === expected().join(),
        () => `${expected()} is seen as ${receiver.view()}\n${report()}`,
      );
      console.log(`seed ${seed}: ${receiver.count} told, ${receiver.duplicates} twice; killed ${killed.join(', ')}`);
      expect(receiver.faults).toEqual([]);

      // In peace, the Lease goes over without a wait, and nothing is told twice.
      await until(() => leader() !== undefined && [...running.values()].every(({ isReady }) => isReady), report);
      await delay(500);
      const before = receiver.duplicates;
      const first = leader()!;
      running.delete(first.identity);
      expect(await first.kill('SIGTERM')).toBe(0);
      write();
      await until(() => receiver.view().join() === expected().join(), report);
      expect([receiver.faults, receiver.duplicates]).toEqual([[], before]);
    },
  );
});
