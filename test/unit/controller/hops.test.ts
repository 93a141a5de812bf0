import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { createController, enqueueOwner, sourceOf } from '../../../src/controller/index.ts';
import { SharedInformerFactory } from '../../../src/factory/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import type { Hop } from '../../../src/runtime/index.ts';
import { ApiServer } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';

describe('a controller on real informers', () => {
  it('S000-21 a change passes all its hops in order, under one id', async () => {
    await using server = await ApiServer.start();
    await using client = new KubeClient(server.kubeConfig());
    const abort = new AbortController();
    const factory = new SharedInformerFactory(client);
    const configMaps = factory.core.v1.configmaps();
    const reconciled: string[] = [];
    const first = Promise.withResolvers<void>();
    const changed = Promise.withResolvers<void>();
    const controller = createController({
      name: 'copier',
      sources: [configMaps],
      reconcile: ({ namespace, name }) => {
        // What is in the cache is what the request is about: the cache changes before anybody hears of it.
        const found = configMaps.indexer.get(`${namespace}/${name}`);
        reconciled.push(`${name}=${found?.data?.color}`);
        if (found?.data?.color === 'blue') first.resolve();
        else changed.resolve();
      },
    });
    const hops: Hop[] = [];
    const listener = (hop: unknown) => void hops.push(hop as Hop);
    subscribe('kube-informer:hop', listener);
    try {
      const configMap = (color: string) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'paint', namespace: 'shop' },
        data: { color },
      });
      await server.create(configMap('blue'));
      const ended = controller.run(abort.signal);
      factory.start(abort.signal);
      await first.promise;
      const stored: KubeObject = await server.update(configMap('green'));
      await changed.promise;
      const id = { key: 'shop/paint', resourceVersion: stored.metadata.resourceVersion };
      const passed = hops.filter(
        ({ key, resourceVersion }) => key === id.key && resourceVersion === id.resourceVersion,
      );
      expect(passed.map(({ hop }) => hop)).toEqual(['reflector', 'queue', 'store', 'handler', 'workqueue', 'worker']);
      expect(reconciled.at(-1)).toBe('paint=green');
      abort.abort();
      await ended;
    } finally {
      unsubscribe('kube-informer:hop', listener);
      abort.abort();
      await factory.stop();
    }
  });

  it('S001-03 a change of an owned object reconciles its owner', async () => {
    await using server = await ApiServer.start();
    await using client = new KubeClient(server.kubeConfig());
    const abort = new AbortController();
    const factory = new SharedInformerFactory(client);
    const requested = Promise.withResolvers<string>();
    const controller = createController({
      name: 'replicasets',
      sources: [sourceOf(factory.core.v1.pods(), { map: enqueueOwner({ group: 'apps', kind: 'ReplicaSet' }) })],
      reconcile: ({ namespace, name }) => requested.resolve(`${namespace}/${name}`),
    });
    const ended = controller.run(abort.signal);
    factory.start(abort.signal);
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: '1', controller: true };
    await server.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web-1', namespace: 'shop', ownerReferences: [owner] },
      spec: { containers: [{ name: 'main', image: 'web' }] },
    });
    expect(await requested.promise).toBe('shop/web');
    abort.abort();
    await ended;
    await factory.stop();
  });
});
