import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineResource, KubeClient, type KubeInformerError, type KubeObject, LeaderElector } from '../../src/index.ts';
import { soon, World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
}, 60_000);
afterAll(() => world?.close());

/** The numbers of an election in a hurry. */
const hurry = { leaseDuration: 2_000, renewDeadline: 1_500, retryPeriod: 200 };

interface Lease extends KubeObject {
  readonly spec: { readonly renewTime: string };
}

const leases = (namespace: string) =>
  world.client.resource(
    defineResource<Lease>({ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases' }),
    { namespace },
  );

function candidate(namespace: string, identity: string, client = world.client) {
  const stop = new AbortController();
  const errors: KubeInformerError[] = [];
  const onError = (error: KubeInformerError) => void errors.push(error);
  const elector = new LeaderElector({ client, namespace, name: 'operator', identity, onError, ...hurry });
  const ended = elector.run(stop.signal);
  return {
    elector,
    errors,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

test('S000-31 a lease is taken, renewed, handed over at once and taken from the dead', async () => {
  const namespace = await world.namespace();
  const first = candidate(namespace, 'first');
  await soon(() => first.elector.isLeader).toBe(true);
  const second = candidate(namespace, 'second');
  await soon(() => second.elector.leader).toBe('first');
  // It is renewed: the server gives back its times as they were written, by which a leader knows its own lease.
  const renewTime = async () => (await leases(namespace).get('operator')).spec.renewTime;
  for (let renewals = 0; renewals < 3; renewals++) await expect.poll(renewTime).not.toBe(await renewTime());
  expect(first.elector).toMatchObject({ isLeader: true, transitions: 0 });
  expect(second.elector.isLeader).toBe(false);
  await first.stop();
  await soon(() => second.elector.isLeader).toBe(true);
  expect(second.elector.transitions).toBe(1);

  const doomed = new KubeClient(world.cluster.kubeConfig());
  await second.stop();
  const third = candidate(namespace, 'third', doomed);
  await soon(() => third.elector.isLeader).toBe(true);
  const fourth = candidate(namespace, 'fourth');
  await soon(() => fourth.elector.leader).toBe('third');
  await doomed.close();
  await soon(() => fourth.elector.isLeader).toBe(true);
  expect(third.elector.isLeader).toBe(false);
  expect([...first.errors, ...second.errors, ...fourth.errors]).toEqual([]);
  expect(third.errors[0]).toMatchObject({ code: 'LeaseFailed' });
  await third.stop();
  await fourth.stop();
});

test('who may not touch leases is told what to grant', async () => {
  const namespace = await world.namespace();
  await using client = new KubeClient(world.cluster.powerless());
  const { elector, errors, stop } = candidate(namespace, 'nobody', client);
  await soon(() => errors.length).toBeGreaterThan(0);
  expect(errors[0]).toMatchObject({
    code: 'LeaseFailed',
    hint: expect.stringContaining('Grant get, create and update'),
  });
  expect(elector.isLeader).toBe(false);
  await stop();
});
