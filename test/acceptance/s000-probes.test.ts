import { createController, LeaderElector, SharedInformerFactory } from 'kube-informer';
import { exportMetrics } from 'kube-informer/prometheus';
import { ApiServer, FakeClock, settle } from 'kube-informer/testing';
import { register } from 'prom-client';
import { expect, it } from 'vitest';
import { serveProbes } from '../../examples/ladder/probes.ts';
import { configMap, configMaps, until } from './s000-world.ts';

it('S000-31 an operator can be asked whether it is alive, ready, and what it does', async () => {
  const clock = new FakeClock();
  await using server = await ApiServer.start({ clock });
  server.create(configMap('blue'));
  const signalled = new AbortController();
  const { signal } = signalled;
  const factory = new SharedInformerFactory(server.kubeConfig(), { clock, onError: () => {} });
  const informer = factory.forResource(configMaps);
  const elector = new LeaderElector({
    client: factory.client,
    namespace: 'shop',
    name: 'operator',
    clock,
    random: () => 0.5,
    onError: () => {},
  });
  const handled: string[] = [];
  const reconcile = async ({ name }: { name: string }) => void handled.push(name);
  const controller = createController({
    name: 'probed',
    informers: [informer],
    leaderElection: elector,
    clock,
    reconcile,
  });
  const stop = exportMetrics({ informers: () => [informer], clock });
  const probes = await serveProbes({ isAlive: () => elector.isHealthy(), isReady: () => informer.hasSynced() });
  const count = async (line: RegExp) => Number(line.exec((await probes.ask('/metrics')).text)?.[1]);

  // Nothing is synced: alive, and not ready.
  expect([(await probes.ask('/healthz')).status, (await probes.ask('/readyz')).status]).toEqual([200, 503]);
  factory.start(signal);
  const running = [elector.run(signal), controller.run(signal)];
  await until(() => handled.length === 1);
  expect([(await probes.ask('/healthz')).status, (await probes.ask('/readyz')).status]).toEqual([200, 200]);

  const before = await count(/^workqueue_adds_total\{name="probed"\} (\d+)$/m);
  server.create(configMap('green'));
  await until(() => handled.length === 2);
  expect(await count(/^workqueue_adds_total\{name="probed"\} (\d+)$/m)).toBe(before + 1);
  expect(await count(/^informer_objects\{name="v1\/configmaps"\} (\d+)$/m)).toBe(2);
  expect(await count(/^leader_election_master_status\{name="operator"\} (\d+)$/m)).toBe(1);

  // A short disconnection takes nobody out of service.
  server.closeWatches();
  await settle(50);
  expect([(await probes.ask('/healthz')).status, (await probes.ask('/readyz')).status]).toEqual([200, 200]);

  signalled.abort();
  await Promise.all(running);
  await factory.stop();
  stop();
  expect(await register.metrics()).not.toContain('workqueue_adds_total');
  await probes.close();
});
