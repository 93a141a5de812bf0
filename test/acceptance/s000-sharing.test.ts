import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  builtInResources,
  type CheckpointEvent,
  createController,
  fileCheckpoint,
  type Hop,
  SharedInformerFactory,
} from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import { type ConfigMap, configMap, configMaps, live, purpose, until, world } from './s000-world.ts';

describe('S000-17 whoever asks for the same collection', () => {
  it.each([
    ['one stream', true, ['stream']],
    ['one list and one watch', false, ['list 0', 'watch 1']],
  ])('shares one informer: %s for fifty handlers', async (_how, streamInitialState, requests) => {
    await using w = await world({ factory: { streamInitialState } });
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'blue', namespace: 'shop' } };
    const heard = new Set<number>();
    for (let index = 0; index < 50; index++) {
      const pods =
        index % 2 === 0
          ? w.factory.core.v1.pods()
          : w.factory.forResource({ group: '', version: 'v1', resource: 'pods' });
      pods.addEventHandler({ onAdd: () => heard.add(index) });
    }
    const pods = w.factory.core.v1.pods();
    await live(w.factory, pods);
    w.server.create({ ...pod, spec: { containers: [{ name: 'main', image: 'web' }] } });
    await until(() => heard.size === 50);
    expect(Array.from(w.factory.informers())).toEqual([pods]);
    expect(w.server.requests.all().map(purpose)).toEqual(requests);
  });

  it('is whoever means the same: selectors in another order do, other namespaces do not', async () => {
    await using w = await world();
    const some = w.factory.forResource(configMaps, { labelSelector: 'a=1,b=2', namespaces: ['y', 'x'] });
    expect(w.factory.forResource(configMaps, { labelSelector: 'b=2,a=1', namespaces: ['x', 'y'] })).toBe(some);
    expect(w.factory.forResource(configMaps, { labelSelector: 'b=2', namespaces: ['x', 'y'] })).not.toBe(some);
    expect(w.factory.forResource(configMaps, { labelSelector: 'a=1,b=2', namespaces: ['x'] })).not.toBe(some);
  });
});

describe('S000-17 ten kinds over HTTP/2', () => {
  it('share one TCP connection', async () => {
    await using server = await ApiServer.start({ tls: true });
    await using factory = new SharedInformerFactory(server.kubeConfig());
    const kinds = builtInResources.filter(({ group, version }) => group === '' && version === 'v1').slice(0, 10);
    expect(kinds.length).toBe(10);
    for (const kind of kinds) factory.forResource(kind);
    factory.start();
    const synced = await factory.waitForCacheSync();
    expect(Array.from(synced.values())).toEqual(Array(10).fill(true));
    await until(() => server.watches === 10);
    const requests = server.requests.all();
    expect(requests.length).toBe(10);
    expect(new Set(requests.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['2.0']));
    expect(new Set(requests.map(({ connection }) => connection)).size).toBe(1);
    expect(server.connections).toBe(1);
  });
});

describe('S000-17 more watches than a connection may carry', () => {
  it('take a second connection: 120 of them at 100 for each', async () => {
    await using server = await ApiServer.start({ tls: true });
    await using factory = new SharedInformerFactory(server.kubeConfig());
    for (let team = 0; team < 120; team++) factory.forResource(configMaps, { namespaces: [`team-${team}`] });
    factory.start();
    const synced = await factory.waitForCacheSync();
    expect(new Set(synced.values())).toEqual(new Set([true]));
    await until(() => server.watches === 120);
    expect(server.requests.length).toBe(120);
    expect(server.connections).toBe(2);
  });
});

describe('S000-19 after a restart', () => {
  it('the events are what changed in between, and nothing of the untouched thousand', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'checkpoint-'));
    try {
      await using w = await world();
      w.server.seed(Array.from({ length: 1_000 }, (_, index) => configMap(`untouched-${index}`)));
      for (const name of ['updated', 'deleted', 'recreated']) w.server.create(configMap(name, '1'));
      const run = async (expected: number): Promise<string[]> => {
        const factory = new SharedInformerFactory(w.server.kubeConfig(), { clock: w.clock, random: () => 0 });
        const informer = factory.forResource(configMaps);
        const events: string[] = [];
        const handler = (event: CheckpointEvent<ConfigMap>) => {
          events.push(`${event.type} ${event.type === 'missedDelete' ? event.key : event.object.metadata.name}`);
        };
        const store = fileCheckpoint(join(directory, 'config-maps'));
        const registration = informer.addEventHandler(handler, { checkpoint: { store } });
        await live(factory, informer);
        await registration.ready;
        expect(informer.indexer.size).toBe(w.server.list(configMaps).length);
        await until(
          () => events.length >= expected,
          () => [expected, events],
        );
        await factory.stop();
        return events;
      };
      expect((await run(1_003)).filter((event) => event.startsWith('add '))).toHaveLength(1_003);
      w.server.patchObject(configMaps, 'shop', 'updated', { data: { value: '2' } });
      w.server.delete(configMaps, 'shop', 'deleted');
      w.server.create(configMap('created', '1'));
      const second = await run(3);
      expect(second.toSorted()).toEqual(['add created', 'missedDelete shop/deleted', 'missedUpdate updated']);
      w.server.delete(configMaps, 'shop', 'recreated');
      w.server.create(configMap('recreated', '1'));
      expect(await run(2)).toEqual(['missedDelete shop/recreated', 'add recreated']);
      expect(await run(0)).toEqual([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('S000-19 a process without a checkpoint starts from the whole state', async () => {
    await using w = await world();
    for (const name of ['a', 'b']) w.server.create(configMap(name, '1'));
    for (let start = 0; start < 2; start++) {
      await using factory = new SharedInformerFactory(w.server.kubeConfig(), { clock: w.clock });
      const informer = factory.forResource(configMaps);
      const added: string[] = [];
      informer.addEventHandler({
        onAdd: ({ metadata }, { isInInitialList }) => added.push(`${metadata.name} ${isInInitialList}`),
      });
      await live(factory, informer);
      await until(() => added.length === 2);
      expect(added.toSorted()).toEqual(['a true', 'b true']);
    }
  });
});

describe('S000-21 a change that is traced', () => {
  it('passes reflector, queue, store, handler, work queue and worker, in this order, under one id', async () => {
    await using w = await world();
    w.server.create(configMap('blue', '1'));
    const informer = w.factory.forResource(configMaps);
    const abort = new AbortController();
    const reconciled: (string | undefined)[] = [];
    const controller = createController({
      name: 'painter',
      sources: [informer],
      clock: w.clock,
      reconcile: ({ namespace, name }) => void reconciled.push(informer.lister.get(namespace, name)?.data?.value),
    });
    const ended = controller.run(abort.signal);
    await live(w.factory, informer);
    await until(() => reconciled.length === 1);
    const passed: Hop[] = [];
    const listen = (hop: unknown) => void passed.push(hop as Hop);
    subscribe('kube-informer:hop', listen);
    try {
      const { metadata } = w.server.patchObject<ConfigMap>(configMaps, 'shop', 'blue', { data: { value: '2' } });
      await until(() => reconciled.length === 2);
      expect(passed.map(({ hop }) => hop)).toEqual(['reflector', 'queue', 'store', 'handler', 'workqueue', 'worker']);
      for (const { key, resourceVersion } of passed) {
        expect({ key, resourceVersion }).toEqual({ key: 'shop/blue', resourceVersion: metadata.resourceVersion });
      }
      expect(passed.map(({ name }) => name).slice(-2)).toEqual(['painter', 'painter']);
      expect(reconciled).toEqual(['1', '2']);
    } finally {
      unsubscribe('kube-informer:hop', listen);
      abort.abort();
      await ended;
    }
  });
});
