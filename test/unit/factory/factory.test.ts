import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DynamicSharedInformerFactory, SharedInformerFactory } from '../../../src/factory/index.ts';
import type { SharedIndexInformer } from '../../../src/informer/index.ts';
import { defineResource, findBuiltInResource, type KubeObject } from '../../../src/kubernetes/index.ts';
import type { KubeInformerError } from '../../../src/runtime/index.ts';
import { ApiServer } from '../../../src/testing/index.ts';
import { KubeClient, type ResourceClient } from '../../../src/transport/index.ts';

interface Widget extends KubeObject {
  spec: { size: number };
}

const pods = { group: '', version: 'v1', resource: 'pods' };
const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
const widgets = defineResource<Widget>({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets' });

let server: ApiServer;

beforeEach(async () => {
  server = await ApiServer.start();
  for (const name of ['shop', 'bank', 'park'])
    server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
});

afterEach(() => server.close());

const configMap = (namespace: string, name: string, labels: Record<string, string> = {}) =>
  server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, labels } });

const keys = (informer: SharedIndexInformer<KubeObject>) => [...informer.indexer.keys()].sort();

/** Watches that were asked for: `/api/v1/pods`. */
const watched = () =>
  server.requests
    .all()
    .filter(({ query }) => query.get('watch') === 'true')
    .map(({ path }) => path)
    .sort();

describe('S002-02, S000-17: one informer for each distinct collection', () => {
  const same: [string, object, object][] = [
    ['asked for twice', {}, {}],
    ['labels in another order', { labelSelector: 'a=1,b in (y,x)' }, { labelSelector: 'b in (x,y),a=1' }],
    [
      'namespaces in another order, and twice',
      { namespaces: ['shop', 'bank'] },
      { namespaces: ['bank', 'shop', 'bank'] },
    ],
    ['what is the default, said', { namespaces: '*', labelSelector: '', as: 'full' }, {}],
    [
      'projected paths in another order',
      { project: ['spec.nodeName', 'status.phase'] },
      { project: ['status.phase', 'spec.nodeName', 'status.phase'] },
    ],
    ['pruned paths in another order', { prune: ['spec', 'status'] }, { prune: ['status', 'spec'] }],
  ];
  test.each(same)('the same: %s', async (_, one, other) => {
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    expect(factory.forResource(pods, one)).toBe(factory.forResource(pods, other));
  });

  const different: [string, object][] = [
    ['labels', { labelSelector: 'a=1' }],
    ['fields', { fieldSelector: 'spec.nodeName=x' }],
    ['namespaces', { namespaces: ['shop'] }],
    ['metadata only', { as: 'metadata' }],
    ['pruned paths', { prune: ['spec'] }],
    ['projected paths', { project: ['spec.nodeName'] }],
  ];
  test.each(different)('another one, with another name: %s', async (_, options) => {
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    const one = factory.forResource(pods);
    const other = factory.forResource(pods, options);
    expect(other).not.toBe(one);
    expect(other.name).not.toBe(one.name);
  });

  test('S004-14: the typed and the dynamic door lead to the same informer and the same watch', async () => {
    await using factory = new SharedInformerFactory(server.kubeConfig());
    const typed = factory.core.v1.pods();
    const dynamic = factory.forResource(pods);
    const byDefinition = factory.forResource(findBuiltInResource(pods)!);
    expect(dynamic).toBe(typed);
    expect(byDefinition).toBe(typed);
    for (let count = 0; count < 50; count++) dynamic.addEventHandler({});
    factory.start();
    expect(await factory.waitForCacheSync()).toEqual(new Map([[typed.name, true]]));
    expect(watched().every((path) => path === '/api/v1/pods')).toBe(true);
    expect(server.watches).toBe(1);
  });

  test('S000-13: reading sends nothing', async () => {
    for (let count = 0; count < 20; count++) configMap('shop', `c${count}`);
    await using factory = new SharedInformerFactory(server.kubeConfig());
    const informer = factory.core.v1.configmaps();
    factory.start();
    await factory.waitForCacheSync();
    const requests = server.requests.all().length;
    for (let count = 0; count < 10_000; count++) {
      informer.lister.get('shop', `c${count % 20}`);
      informer.lister.namespace('shop').get('c1');
    }
    expect(informer.lister.list()).toHaveLength(20);
    expect(server.requests.all()).toHaveLength(requests);
  });
});

describe('sharing', () => {
  test('further indexes are added; the same ones are taken as they are; others of the same name are refused', async () => {
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    const informer = factory.forResource<KubeObject, 'tier'>(configMaps, {
      indexers: { tier: ({ metadata }) => [metadata.labels?.tier ?? ''] },
    });
    const again = () =>
      factory.forResource<KubeObject, 'name'>(configMaps, { indexers: { name: ({ metadata }) => [metadata.name] } });
    expect(again()).toBe(informer);
    expect(again()).toBe(informer);
    const other = () =>
      factory.forResource<KubeObject, 'tier'>(configMaps, { indexers: { tier: ({ kind }) => [kind] } });
    expect(other).toThrowError(expect.objectContaining({ code: 'InvalidOption' }));
    configMap('shop', 'a', { tier: 'front' });
    factory.start();
    await factory.waitForCacheSync();
    expect([...informer.indexer.byIndex('tier', 'front')]).toHaveLength(1);
    expect([...again().indexer.byIndex('name', 'a')]).toHaveLength(1);
  });

  test('options that contradict those of the first are refused; the same ones are not', async () => {
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    const transform = (object: KubeObject) => object;
    const backoff = () => ({ initial: 1, factor: 2, max: 10, jitter: 0, resetAfter: 100 });
    factory.forResource(pods, { transform, resyncPeriod: 5_000, backoff: backoff() });
    factory.forResource(pods);
    factory.forResource(pods, { transform, resyncPeriod: 5_000, backoff: backoff() });
    for (const options of [
      { transform: (object: KubeObject) => object },
      { resyncPeriod: 6_000 },
      { maxObjects: 5 },
      { maxBytes: 5 },
    ])
      expect(() => factory.forResource(pods, options)).toThrowError(
        expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining(Object.keys(options)[0]!) }),
      );
  });

  test('an informer that has ended, or is about to, gives way to a new one', async () => {
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    const first = factory.forResource(pods);
    factory.start();
    await factory.waitForCacheSync();
    const stopping = first.stop();
    const second = factory.forResource(pods);
    expect(second).not.toBe(first);
    await stopping;
    factory.start();
    expect([...(await factory.waitForCacheSync()).values()]).toEqual([true]);
    expect(factory.forResource(pods)).toBe(second);
  });
});

describe('scope', () => {
  test('S000-02, TestFilteredDynamicSharedInformerFactory: named namespaces are listed and watched one by one', async () => {
    for (const namespace of ['shop', 'bank', 'park']) configMap(namespace, 'a');
    await using factory = new SharedInformerFactory(server.kubeConfig(), { namespaces: ['shop', 'bank'] });
    const informer = factory.core.v1.configmaps();
    const nodes = factory.core.v1.nodes();
    const heard: string[] = [];
    informer.addEventHandler(({ object }) => void heard.push(`${object.metadata.namespace}/${object.metadata.name}`));
    factory.start();
    await factory.waitForCacheSync();
    configMap('park', 'b');
    configMap('shop', 'b');
    await expect.poll(() => heard.length).toBe(3);
    expect(heard.sort()).toEqual(['bank/a', 'shop/a', 'shop/b']);
    expect(keys(informer)).toEqual(['bank/a', 'shop/a', 'shop/b']);
    expect(new Set(watched())).toEqual(
      new Set(['/api/v1/namespaces/bank/configmaps', '/api/v1/namespaces/shop/configmaps', '/api/v1/nodes']),
    );
    expect(nodes.hasSynced()).toBe(true);
  });

  test('selectors of the factory hold unless others are given; the server is asked with them', async () => {
    configMap('shop', 'a', { tier: 'front' });
    configMap('shop', 'b', { tier: 'back' });
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), { labelSelector: 'tier=front' });
    const front = factory.forResource(configMaps);
    const all = factory.forResource(configMaps, { labelSelector: '' });
    const named = factory.forResource(configMaps, { labelSelector: '', fieldSelector: 'metadata.name=b' });
    factory.start();
    await factory.waitForCacheSync();
    expect([keys(front), keys(all), keys(named)]).toEqual([['shop/a'], ['shop/a', 'shop/b'], ['shop/b']]);
    const asked = server.requests.all().map(({ query }) => [query.get('labelSelector'), query.get('fieldSelector')]);
    expect(asked).toContainEqual(['tier=front', null]);
    expect(asked).toContainEqual([null, 'metadata.name=b']);
  });

  test('TestMetadataSharedInformerFactory: metadata informers hold metadata', async () => {
    server.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'shop', name: 'a' },
      data: { k: 'v' },
    });
    await using factory = new SharedInformerFactory(server.kubeConfig());
    const informer = factory.core.v1.configmaps({ as: 'metadata' });
    factory.start();
    await factory.waitForCacheSync();
    const object = informer.lister.get('shop', 'a');
    expect(object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
    expect(object).not.toHaveProperty('data');
  });

  test.each([
    [{ namespaces: [] }, 'InvalidOption'],
    [{ namespaces: ['*'] }, 'InvalidOption'],
    [{ namespaces: [''] }, 'InvalidOption'],
    [{ labelSelector: 'a in' }, 'InvalidSelector'],
    [{ fieldSelector: 'a' }, 'InvalidSelector'],
    [{ concurrentLists: 0 }, 'InvalidOption'],
  ])('%j is refused at construction', (options, code) => {
    expect(() => new DynamicSharedInformerFactory(server.kubeConfig(), options)).toThrowError(
      expect.objectContaining({ code }),
    );
  });

  test('malformed resources are refused', async () => {
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    expect(() => factory.forResource({ group: '', version: 'v1', resource: 'Pod' })).toThrowError(
      expect.objectContaining({ code: 'InvalidResource' }),
    );
  });
});

describe('life', () => {
  test('S002-11: a second start opens only what is new', async () => {
    await using factory = new SharedInformerFactory(server.kubeConfig());
    factory.core.v1.pods();
    factory.start();
    factory.start();
    await factory.waitForCacheSync();
    server.requests.clear();
    factory.apps.v1.deployments();
    factory.start();
    await factory.waitForCacheSync();
    expect(new Set(server.requests.all().map(({ path }) => path))).toEqual(new Set(['/apis/apps/v1/deployments']));
  });

  test('TestDynamicSharedInformerFactory: each kind of event reaches its function', async () => {
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    const calls: string[] = [];
    factory.forResource(configMaps).addEventHandler({
      onAdd: (_object, { isInInitialList }) => void calls.push(`add ${isInInitialList}`),
      onUpdate: () => void calls.push('update'),
      onDelete: (_object, { finalStateUnknown }) => void calls.push(`delete ${finalStateUnknown}`),
    });
    factory.start();
    await factory.waitForCacheSync();
    configMap('shop', 'a');
    server.touch(configMaps, 'shop', 'a');
    server.delete(configMaps, 'shop', 'a');
    await expect.poll(() => calls).toEqual(['add false', 'update', 'delete false']);
  });

  test('S002-12, S004-19: waiting says what has synced: not what failed, nor what was not started', async () => {
    const errors: string[] = [];
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), {
      onError: (error: KubeInformerError, informer: string) => void errors.push(`${informer}: ${error.code}`),
    });
    const good = factory.forResource(pods);
    const unknown = factory.forResource(widgets);
    factory.start();
    const later = factory.forResource(configMaps);
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    await good.waitForSync();
    const result = await factory.waitForCacheSync({ signal: AbortSignal.abort() });
    expect(result).toEqual(
      new Map([
        [good.name, true],
        [unknown.name, false],
        [later.name, false],
      ]),
    );
    expect(errors[0]).toBe(`${unknown.name}: ApiStatus`);
    expect(unknown.status().lastError).toMatchObject({ class: 'notFound' });
  });

  test('stop ends everything and is final; a client of somebody else is left open', async () => {
    await using client = new KubeClient(server.kubeConfig());
    const factory = new DynamicSharedInformerFactory(client);
    const informer = factory.forResource(pods);
    factory.forResource(configMaps);
    factory.start();
    await factory.waitForCacheSync();
    const replaced = informer.stop();
    factory.forResource(pods);
    await Promise.all([factory.stop(), factory.stop()]);
    await replaced;
    await expect.poll(() => server.watches).toBe(0);
    expect(() => factory.forResource(pods)).toThrowError(expect.objectContaining({ code: 'AlreadyStopped' }));
    factory.start();
    expect(await client.json<KubeObject>({ path: '/api/v1/namespaces/shop' })).toMatchObject({ kind: 'Namespace' });
  });

  test('S002-10: the signal of a start ends what that start began', async () => {
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    const first = factory.forResource(pods);
    const stopper = new AbortController();
    factory.start(stopper.signal);
    const second = factory.forResource(configMaps);
    factory.start();
    await factory.waitForCacheSync();
    stopper.abort();
    await first.done;
    expect(second.status().phase).not.toBe('stopped');
  });

  test('no more whole states are fetched at once than allowed', async () => {
    await using factory = new SharedInformerFactory(server.kubeConfig(), {
      concurrentLists: 1,
      streamInitialState: false,
    });
    const { v1 } = factory.core;
    // Asked for by the fetch of each state, so that it is seen from outside how many are under way.
    let fetching = 0;
    let most = 0;
    const { resource } = factory.client;
    factory.client.resource = function <T>(this: KubeClient, ...args: Parameters<KubeClient['resource']>) {
      const client = resource.apply(this, args) as ResourceClient<T>;
      const list = client.list.bind(client);
      client.list = async (...given) => {
        most = Math.max(most, ++fetching);
        return list(...given).finally(() => fetching--);
      };
      return client;
    };
    v1.pods();
    v1.configmaps();
    v1.secrets();
    v1.services();
    factory.start();
    expect([...(await factory.waitForCacheSync()).values()]).toEqual([true, true, true, true]);
    // Each list was answered before the next one was sent.
    const lists = server.requests.all().filter(({ query }) => query.get('watch') !== 'true');
    expect(lists.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(most).toBe(1);
  });
});

describe('an informer that is removed', () => {
  test('has ended and is forgotten; the next one for the same collection begins anew', async () => {
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
    const first = factory.forResource(configMaps);
    factory.start();
    await first.waitForSync();
    await factory.remove(first);
    expect(first.status().phase).toBe('stopped');
    expect([...factory.informers()]).toEqual([]);
    const second = factory.forResource(configMaps);
    expect(second).not.toBe(first);
    expect(second.name).toBe(first.name);
    factory.start();
    await second.waitForSync();
  });
});
