import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DeepReadonly, DynamicSharedInformerFactory, type KubeObject } from '../../../src/index.ts';
import { ApiServer, makePod } from '../../../src/testing/index.ts';
import { unreadLength } from '../../../src/transport/index.ts';

interface Pod extends KubeObject {
  spec: { tolerations: { key: string }[] };
}

const pods = { group: '', version: 'v1', resource: 'pods' } as const;

/** More than are learnt from. */
const count = 100;

describe('the objects of a cache', () => {
  let server: ApiServer;
  let factory: DynamicSharedInformerFactory;

  beforeEach(async () => {
    server = await ApiServer.start();
    server.seed(Array.from({ length: count }, (_, index) => makePod(index)));
    factory = new DynamicSharedInformerFactory(server.kubeConfig());
  });

  afterEach(async () => {
    await factory.stop();
    await server.close();
  });

  const differentTolerations = (all: Iterable<DeepReadonly<Pod>>) =>
    new Set(Array.from(all, ({ spec }) => spec.tolerations)).size;

  test('objects of an informer have equal parts in common', async () => {
    const informer = factory.forResource<Pod>(pods);
    factory.start();
    await informer.waitForSync();
    expect(informer.indexer.size).toBe(count);
    expect(differentTolerations(informer.indexer.values())).toBeLessThan(count - 20);
    for (const pod of informer.indexer.values()) {
      const { metadata, spec } = (await factory.client.resource<Pod>(pods).get(pod.metadata.name!, {
        namespace: pod.metadata.namespace,
      })) as Pod;
      expect(pod.spec).toEqual(spec);
      expect(pod.metadata.labels).toEqual(metadata.labels);
    }
  });

  test('projected objects have equal parts in common, too, streamed or listed', async () => {
    for (const streamInitialState of [true, false]) {
      await using projecting = new DynamicSharedInformerFactory(server.kubeConfig(), { streamInitialState });
      const informer = projecting.forResource<Pod, 'spec.tolerations'>(pods, { project: ['spec.tolerations'] });
      projecting.start();
      await informer.waitForSync();
      const all = [...informer.indexer.values()] as unknown as DeepReadonly<Pod>[];
      expect(all).toHaveLength(count);
      expect(differentTolerations(all)).toBeLessThan(count - 20);
      for (const { metadata, spec } of all) {
        const index = Number(metadata.name!.slice('pod-'.length));
        expect(spec).toEqual({ tolerations: makePod(index).spec.tolerations });
      }
    }
  });

  test('large members are parsed when they are first read, and not for what the cache itself does', async () => {
    const informer = factory.forResource<Pod>(pods, {
      indexers: { app: (pod: DeepReadonly<Pod>) => [pod.metadata.labels?.app ?? ''] },
      maxBytes: 10_000_000,
    });
    const seen: DeepReadonly<Pod>[] = [];
    const updated = Promise.withResolvers<void>();
    const { ready } = informer.addEventHandler({
      onAdd: (pod) => void seen.push(pod),
      onUpdate: (_, pod) => {
        seen.push(pod);
        updated.resolve();
      },
    });
    factory.start();
    await ready;
    const { namespace, name } = makePod(count - 1).metadata;
    server.touch('pods', namespace, name);
    await updated.promise;
    const unread = seen.filter((pod) => unreadLength(pod, 'spec') !== undefined);
    // But those that were learnt from.
    expect(unread).toHaveLength(count - 64 + 1);
    const pod = informer.indexer.get(`${namespace}/${name}`)!;
    expect(pod.spec.tolerations).toEqual(makePod(count - 1).spec.tolerations);
    expect([unreadLength(pod, 'spec'), unreadLength(pod, 'status')]).toEqual([undefined, expect.any(Number)]);
  });

  test.each(['freeze', 'detect'] as const)('nothing is left unread with immutability: %s', async (immutability) => {
    const informer = factory.forResource<Pod>(pods, { immutability });
    factory.start();
    await informer.waitForSync();
    for (const pod of informer.indexer.values()) expect(unreadLength(pod, 'spec')).toBeUndefined();
  });

  test('a transform gets objects that have nothing in common', async () => {
    const informer = factory.forResource<Pod>(pods, {
      transform: (pod) => {
        pod.spec.tolerations[0]!.key = pod.metadata.name!;
        return pod;
      },
    });
    factory.start();
    await informer.waitForSync();
    const keys = Array.from(informer.indexer.values(), ({ metadata, spec }) => [
      metadata.name,
      spec.tolerations[0]!.key,
    ]);
    expect(keys).toHaveLength(count);
    for (const [name, key] of keys) expect(key).toBe(name);
    for (const pod of informer.indexer.values()) {
      expect(Object.getOwnPropertyDescriptor(pod, 'spec')).toHaveProperty('value');
    }
  });

  test('a list has them for its caller alone', async () => {
    const { items } = await factory.client.resource<Pod>(pods).list({}, AbortSignal.timeout(10_000));
    expect(differentTolerations(items)).toBe(count);
  });
});
