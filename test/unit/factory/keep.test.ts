import { afterEach, beforeEach, expect, test } from 'vitest';
import { DynamicSharedInformerFactory } from '../../../src/factory/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { Reflector, type ReflectorStore } from '../../../src/reflector/index.ts';
import { ApiServer, settle } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';

const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
let server: ApiServer;

beforeEach(async () => {
  server = await ApiServer.start();
});
afterEach(() => server.close());

const create = (name: string, app = 'web') =>
  server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name, labels: { app } } });

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await settle(1);
}

test.each([true, false])(
  'what leaves is deleted, what comes is added, and all moves the version (streamed: %s)',
  async (streamInitialState) => {
    create('in');
    create('out', 'db');
    create('leaves');
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), { streamInitialState });
    const informer = factory.forResource(configMaps, { keep: { labels: 'app=web' } });
    const view = factory.forResource(configMaps, { keep: { labels: 'app=web' }, as: 'metadata' });
    const heard: string[] = [];
    informer.addEventHandler(({ type, object }) => heard.push(`${type} ${object.metadata.name}`));
    factory.start();
    await factory.waitForCacheSync();
    expect([...informer.indexer.keys()].sort()).toEqual(['shop/in', 'shop/leaves']);

    const label = (name: string, app: string) =>
      server.patchObject('configmaps', 'shop', name, { metadata: { labels: { app } } });
    label('leaves', 'db');
    label('out', 'web');
    label('leaves', 'cache');
    create('never', 'db');
    server.delete('configmaps', 'shop', 'never');
    create('last', 'db');
    await until(() => informer.indexer.resourceVersion === server.resourceVersion && heard.length > 3);
    expect(heard).toEqual(['add in', 'add leaves', 'delete leaves', 'add out']);
    expect([...informer.indexer.keys()].sort()).toEqual(['shop/in', 'shop/out']);
    await until(() => [...view.indexer.keys()].sort().join() === 'shop/in,shop/out');
    expect(Object.keys(view.indexer.get('shop/in') ?? {})).not.toContain('data');
    const { resourceVersion } = [...informer.status().reflectors.values()][0]!;
    expect(resourceVersion).toBe(server.resourceVersion);
  },
);

test('a watch goes on behind the last event though all of them were dropped', async () => {
  const backoff = { initial: 1, max: 1 };
  await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), { backoff });
  const informer = factory.forResource(configMaps, { keep: { labels: 'app=web' } });
  factory.start();
  await factory.waitForCacheSync();
  for (let count = 0; count < 5; count++) create(`db-${count}`, 'db');
  const version = server.resourceVersion;
  await until(() => informer.indexer.resourceVersion === version);
  const before = server.requests.all().length;
  informer.reconnect();
  await until(() => server.requests.all().length > before);
  expect(server.requests.all().at(-1)?.query.get('resourceVersion')).toBe(version);
});

test('a store is told of the keys that are dropped', async () => {
  create('kept');
  await using client = new KubeClient(server.kubeConfig());
  const told: string[] = [];
  const store: ReflectorStore<KubeObject> = {
    add: ({ metadata }) => told.push(`add ${metadata.name}`),
    update: ({ metadata }) => told.push(`update ${metadata.name}`),
    delete: ({ metadata }) => told.push(`delete ${metadata.name}`),
    forget: (key, resourceVersion) => told.push(`forget ${key} ${resourceVersion === server.resourceVersion}`),
    replace: (objects) => told.push(`replace ${objects.length}`),
  };
  const listerWatcher = client.resource<KubeObject>(configMaps, { keep: { labels: 'app=web' } });
  const end = new AbortController();
  const run = new Reflector({ listerWatcher, store }).run(end.signal);
  await until(() => told.length === 1);
  create('dropped', 'db');
  await until(() => told.length === 2);
  end.abort();
  await run;
  expect(told).toEqual(['replace 1', 'forget shop/dropped true']);
});

test('who keeps the same gets the same informer, in whatever words; who keeps something else does not', async () => {
  await using factory = new DynamicSharedInformerFactory(server.kubeConfig());
  const one = factory.forResource(configMaps, { keep: { shard: { index: 0, of: 2 }, labels: 'b=2, a==1' } });
  expect(factory.forResource(configMaps, { keep: { labels: 'a=1,b=2', shard: { of: 2, index: 0 } } })).toBe(one);
  expect(factory.forResource(configMaps, { keep: { shard: { index: 1, of: 2 }, labels: 'a=1,b=2' } })).not.toBe(one);
  expect(factory.forResource(configMaps, { keep: {} })).toBe(factory.forResource(configMaps));
  expect(one.name).toContain('keeping shard 0 of 2, a=1,b=2');
  expect(() => factory.forResource(configMaps, { keep: { shard: { index: 2, of: 2 } } })).toThrow(
    expect.objectContaining({ code: 'InvalidOption' }),
  );
});
