import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SharedInformerFactory } from '../../../src/factory/index.ts';
import type { InformerEvent } from '../../../src/informer/index.ts';
import type { KubeObject, PartialObjectMetadata } from '../../../src/kubernetes/index.ts';
import { ApiServer } from '../../../src/testing/index.ts';

const configMaps = { group: '', version: 'v1', resource: 'configmaps' };

interface ConfigMap extends KubeObject {
  data: Record<string, string>;
}

let server: ApiServer;
let factory: SharedInformerFactory;

beforeEach(async () => {
  server = await ApiServer.start();
  factory = new SharedInformerFactory(server.kubeConfig());
});

afterEach(async () => {
  await factory.stop();
  await server.close();
});

const create = (name: string) =>
  server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name }, data: { k: 'v' } });

const opened = () => server.requests.all({ resource: 'configmaps' }).length;

describe('one watch', () => {
  test('serves whole objects, bare ones and their metadata; the metadata is there once', async () => {
    create('a');
    const typed = factory.core.v1.configmaps();
    const dynamic = factory.forResource(configMaps);
    const metadata = factory.core.v1.configmaps<'name'>({
      as: 'metadata',
      indexers: { name: ({ metadata: { name } }) => [name] },
    });
    expect(dynamic).toBe(typed);
    expect(factory.core.v1.configmaps({ as: 'metadata' })).toBe(metadata);
    expect(metadata.name).not.toBe(typed.name);
    factory.start();
    expect([...(await factory.waitForCacheSync()).values()]).toEqual([true, true]);
    const view = metadata.lister.get('default', 'a')!;
    expect(view).toEqual({
      apiVersion: 'meta.k8s.io/v1',
      kind: 'PartialObjectMetadata',
      metadata: server.get(configMaps, 'default', 'a')!.metadata,
    });
    expect(view.metadata).toBe(typed.lister.get('default', 'a')!.metadata);
    expect([...metadata.indexer.byIndex('name', 'a')]).toEqual([view]);
    expect(metadata.indexer.resourceVersion).toBe(typed.indexer.resourceVersion);
    expect(opened()).toBe(1);
    expect(server.watches).toBe(1);
  });

  test('gives the handlers of the metadata every change, in a chain', async () => {
    create('a');
    factory.core.v1.configmaps();
    const metadata = factory.core.v1.configmaps({ as: 'metadata' });
    const heard: InformerEvent<PartialObjectMetadata>[] = [];
    metadata.addEventHandler((event) => void heard.push(event));
    factory.start();
    await factory.waitForCacheSync();
    server.update({ ...server.get<ConfigMap>(configMaps, 'default', 'a')!, data: { k: 'w' } });
    server.delete(configMaps, 'default', 'a');
    create('b');
    await expect.poll(() => heard.map(({ type }) => type)).toEqual(['add', 'update', 'delete', 'add']);
    const [first, second, third, fourth] = heard;
    expect(first).toMatchObject({ isInInitialList: true });
    expect(second).toMatchObject({ oldObject: first!.object });
    expect(third).toMatchObject({ finalStateUnknown: false });
    expect(fourth).toMatchObject({ isInInitialList: false });
    for (const { object } of heard) expect(object).not.toHaveProperty('data');
  });

  test('is joined while it runs; the view has a life and a status of its own', async () => {
    create('a');
    const whole = factory.core.v1.configmaps();
    factory.start();
    await factory.waitForCacheSync();
    const late = factory.core.v1.configmaps({ as: 'metadata' });
    expect(late.status()).toMatchObject({ phase: 'idle', everSynced: false, objects: 0 });
    factory.start();
    const names: string[] = [];
    await late.addEventHandler(({ object }) => void names.push(object.metadata.name)).ready;
    expect(names).toEqual(['a']);
    await expect.poll(() => late.status()).toMatchObject({ phase: 'live', connected: true, objects: 1 });
    expect(opened()).toBe(1);
    await late.stop();
    expect(whole.status().phase).toBe('live');
    expect(whole.status().handlers).toEqual([]);
    create('b');
    await expect.poll(() => whole.indexer.size).toBe(2);
    expect(late.indexer.size).toBe(1);
  });

  test('is begun by the view if nobody has, and ends with it', async () => {
    create('a');
    const whole = factory.core.v1.configmaps();
    const metadata = factory.core.v1.configmaps({ as: 'metadata' });
    metadata.start();
    await metadata.waitForSync();
    expect(whole.hasSynced()).toBe(true);
    await metadata.stop();
    await whole.done;
    await expect.poll(() => server.watches).toBe(0);
  });

  test('ends the view when it ends, with its error if it failed', async () => {
    create('a');
    create('b');
    const whole = factory.core.v1.configmaps({ maxObjects: 2 });
    const metadata = factory.core.v1.configmaps({ as: 'metadata' });
    factory.start();
    await factory.waitForCacheSync();
    create('c');
    await expect(metadata.done).rejects.toMatchObject({ code: 'CacheLimitExceeded' });
    expect(whole.status().phase).toBe('failed');
    const next = factory.core.v1.configmaps({ as: 'metadata' });
    expect(next).not.toBe(metadata);
  });

  test('tells the view of what was missed as missed', async () => {
    create('a');
    factory.core.v1.configmaps();
    const metadata = factory.core.v1.configmaps({ as: 'metadata' });
    const deletes: boolean[] = [];
    metadata.addEventHandler({ onDelete: (_object, { finalStateUnknown }) => void deletes.push(finalStateUnknown) });
    factory.start();
    await factory.waitForCacheSync();
    await expect.poll(() => server.watches).toBe(1);
    server.faults.add({ match: { verb: 'watch' }, times: 1, action: { kind: 'status', code: 410, reason: 'Expired' } });
    server.closeWatches();
    server.delete(configMaps, 'default', 'a');
    await expect.poll(() => deletes, { timeout: 10_000 }).toEqual([true]);
    expect(metadata.indexer.size).toBe(0);
  });

  test('is one although more is cut out of the whole objects', async () => {
    factory.core.v1.configmaps({ prune: ['metadata.managedFields', 'data', 'metadatum'] });
    factory.core.v1.configmaps({ as: 'metadata', maxObjects: 10, indexers: { x: () => [] } });
    factory.start();
    await factory.waitForCacheSync();
    expect(opened()).toBe(1);
  });
});

describe('a watch of its own', () => {
  test('is what metadata gets that was asked for first; both informers stay what they are', async () => {
    create('a');
    const metadata = factory.core.v1.configmaps({ as: 'metadata' });
    const whole = factory.core.v1.configmaps();
    expect(whole).not.toBe(metadata);
    expect(factory.core.v1.configmaps({ as: 'metadata' })).toBe(metadata);
    factory.start();
    await factory.waitForCacheSync();
    expect(metadata.lister.get('default', 'a')).not.toHaveProperty('data');
    expect(whole.lister.get('default', 'a')).toHaveProperty('data');
  });

  const others: [string, object, object][] = [
    ['other namespaces', { namespaces: ['shop'] }, {}],
    ['other labels', { labelSelector: 'a=1' }, {}],
    ['other fields', { fieldSelector: 'metadata.name=a' }, {}],
    ['less metadata', { prune: ['metadata.labels', 'metadata.managedFields'] }, {}],
    ['no metadata', { prune: ['metadata'] }, {}],
    ['more metadata', { prune: [] }, {}],
    ['transformed objects', { transform: (object: PartialObjectMetadata) => object }, {}],
    ['another patience', {}, { maxFailures: 10 }],
    ['a transform of its own', {}, { transform: (object: PartialObjectMetadata) => object }],
  ];
  test.each(others)('is what metadata gets beside an informer of %s', async (_, whole, wanted) => {
    factory.core.v1.configmaps(whole);
    factory.core.v1.configmaps({ as: 'metadata', ...wanted });
    factory.start();
    await factory.waitForCacheSync();
    expect(opened()).toBe(2);
  });

  test('is what metadata gets after the informer of the whole objects has ended', async () => {
    const whole = factory.core.v1.configmaps();
    await whole.stop();
    const metadata = factory.core.v1.configmaps({ as: 'metadata' });
    metadata.start();
    await metadata.waitForSync();
    expect(opened()).toBe(1);
  });
});
