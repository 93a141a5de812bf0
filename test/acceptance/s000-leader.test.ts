import { createController, KubeClient, LeaderElector, SharedInformerFactory } from 'kube-informer';
import { ApiServer, FakeClock, settle } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import { configMap, configMaps, until } from './s000-world.ts';

/** An instance of an operator as a process has it: a client, caches, a candidate, a controller that delivers. */
function instance(name: string, server: ApiServer, clock: FakeClock, deliver: (what: string) => void) {
  const client = new KubeClient(server.kubeConfig());
  const factory = new SharedInformerFactory(client, { clock, random: () => 0, onError: () => {} });
  const informer = factory.forResource(configMaps);
  const abort = new AbortController();
  const elector = new LeaderElector({
    client,
    namespace: 'shop',
    name: 'notifier',
    identity: name,
    clock,
    random: () => 0.5,
    onError: () => {},
  });
  const controller = createController({
    name: `notifier of ${name}`,
    informers: [informer],
    leaderElection: elector,
    clock,
    reconcile: ({ namespace, name: key }) => deliver(`${key}=${informer.lister.get(namespace, key)?.data?.value}`),
  });
  const ended = [controller.run(abort.signal), elector.run(abort.signal)];
  factory.start(abort.signal);
  return {
    elector,
    informer,
    /** As when the process is gone: nothing of it reaches the server any more, and it gives nothing back. */
    kill: () => client.close(),
    async stop() {
      abort.abort();
      await Promise.all(ended);
      await factory.stop();
      await client.close();
    },
  };
}

async function passUntil(clock: FakeClock, condition: () => boolean, limit: number): Promise<number> {
  for (let passed = 0; ; passed += 100) {
    await settle(60);
    if (condition()) return passed;
    if (passed >= limit) throw new Error(`not within ${limit} ms: ${condition}`);
    await clock.advance(100);
  }
}

describe('S000-31 of two instances of an operator', () => {
  it('one delivers; when it dies, the other does within the lease time, and no key is lost', async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    const delivered: string[] = [];
    const a = instance('a', server, clock, (what) => delivered.push(`a ${what}`));
    await passUntil(clock, () => a.elector.isLeader, 5_000);
    const b = instance('b', server, clock, (what) => delivered.push(`b ${what}`));
    server.create(configMap('blue', '1'));
    await until(() => delivered.length > 0 && b.informer.hasSynced());
    await passUntil(clock, () => b.elector.leader === 'a', 5_000);
    server.create(configMap('green', '1'));
    await until(() => delivered.includes('a green=1'));
    await passUntil(clock, () => b.informer.lister.get('shop', 'green') !== undefined, 5_000);
    expect(delivered).toEqual(['a blue=1', 'a green=1']);

    await a.kill();
    server.patchObject(configMaps, 'shop', 'blue', { data: { value: '2' } });
    server.create(configMap('red', '1'));
    // The lease lasts 15 s; between two looks of the other lie 3.2 s here.
    const passed = await passUntil(clock, () => b.elector.isLeader, 15_000 + 3_200 + 100);
    expect(passed).toBeGreaterThan(10_000);
    expect(a.elector.isLeader).toBe(false);
    await until(() => ['b blue=2', 'b red=1', 'b green=1'].every((what) => delivered.includes(what)));
    expect(delivered.filter((what) => what.startsWith('a'))).toEqual(['a blue=1', 'a green=1']);

    server.patchObject(configMaps, 'shop', 'red', { data: { value: '2' } });
    await until(() => delivered.includes('b red=2'));
    await a.stop();
    await b.stop();
    const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };
    expect(server.get(leases, 'shop', 'notifier')).toMatchObject({ spec: { holderIdentity: '', leaseTransitions: 1 } });
    expect(clock.pendingTimers).toBe(0);
  });

  it('the other takes over at its next look when the first one stops in good order', async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    const a = instance('a', server, clock, () => {});
    await passUntil(clock, () => a.elector.isLeader, 5_000);
    const b = instance('b', server, clock, () => {});
    await passUntil(clock, () => b.elector.leader === 'a', 5_000);
    await a.stop();
    expect(await passUntil(clock, () => b.elector.isLeader, 3_300)).toBeLessThanOrEqual(3_300);
    await b.stop();
  });
});
