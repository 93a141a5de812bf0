import {
  createQueueInformer,
  Indexer,
  type KubeObject,
  keyOf,
  Lister,
  type ListerWatcher,
  parseLabelSelector,
  Reflector,
  SharedIndexInformer,
  type WatchEvent,
  type WatchStream,
} from 'kube-informer';
import { settle } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import {
  type ConfigMap,
  configMap,
  configMaps,
  live,
  purpose,
  record,
  until,
  type World,
  world,
} from './s000-world.ts';

/** What is in a cache, as text. */
function contents(
  objects: Iterable<readonly [string, { readonly data?: Readonly<Record<string, string>> }]>,
): string[] {
  return Array.from(objects, ([key, object]) => `${key}=${object.data?.value}`).toSorted();
}

/** Writes, an outage with writes nobody sees, and a compaction, so that only a new list can help. */
async function playScript(w: World, isWell: () => boolean, isDown: () => boolean): Promise<void> {
  for (const name of ['a', 'b', 'c']) w.server.create(configMap(name, '1'));
  w.server.patchObject(configMaps, 'shop', 'a', { data: { value: '2' } });
  w.server.delete(configMaps, 'shop', 'b');
  await until(isWell);
  await w.server.pauseListening();
  w.server.resetConnections();
  await until(isDown);
  w.server.patchObject(configMaps, 'shop', 'a', { data: { value: '3' } });
  w.server.delete(configMaps, 'shop', 'c');
  w.server.create(configMap('d', '1'));
  w.server.compact();
  await w.server.resumeListening();
  for (let second = 0; second < 30 && !isWell(); second++) await w.clock.advance(1_000);
  await until(isWell);
  w.server.patchObject(configMaps, 'shop', 'd', { data: { value: '2' } });
}

const ofServer = (w: World) =>
  contents(w.server.list<ConfigMap>(configMaps).map((object) => [keyOf(object), object] as const));

describe('S000-12 an informer', () => {
  it('is an indexed store, or a queue to pop; both end up with the state of the server', async () => {
    await using w = await world({ server: { historyLimit: 100 } });
    const store = new SharedIndexInformer<ConfigMap>({
      listerWatcher: w.factory.client.resource<ConfigMap>(configMaps),
      clock: w.clock,
      random: () => 0,
    });
    await using queue = createQueueInformer<ConfigMap>({
      listerWatcher: w.factory.client.resource<ConfigMap>(configMaps),
      clock: w.clock,
      random: () => 0,
    });
    const told = record(store);
    store.start();
    const replayed = new Map<string, ConfigMap>();
    const types: string[] = [];
    const popping = (async () => {
      for await (const { key, deltas } of queue) {
        for (const delta of deltas) types.push(`${key} ${delta.type}`);
        const last = deltas.at(-1)!;
        if (last.type === 'Deleted') replayed.delete(key);
        else replayed.set(key, last.object);
      }
    })();
    const agree = () => {
      const expected = ofServer(w).join();
      return contents(store.indexer.entries()).join() === expected && contents(replayed).join() === expected;
    };
    await until(() => store.status().connected && queue.status.state.phase === 'live');
    await playScript(
      w,
      () => agree() && store.status().connected && queue.status.state.phase === 'live',
      () => store.status().phase === 'reconnecting' && queue.status.state.phase === 'waiting',
    );
    await until(agree);
    expect(contents(store.indexer.entries())).toEqual(['shop/a=3', 'shop/d=2']);
    expect(contents(replayed)).toEqual(contents(store.indexer.entries()));
    expect(types).toContain('shop/c Deleted');
    expect(told).toContain('delete c 1 unknown');
    await store.stop();
    await queue.stop();
    await popping;
  });
});

describe('S000-13 ten thousand reads of a cache', () => {
  it.each([
    ['streamed', true, ['stream']],
    ['listed', false, ['list 0', 'watch 51']],
  ])('send no request, after the initial state was %s', async (_how, streamInitialState, requests) => {
    await using w = await world({ factory: { streamInitialState } });
    for (let index = 0; index < 50; index++) w.server.create(configMap(`object-${index}`, String(index % 7)));
    const informer = w.factory.forResource<ConfigMap, 'value'>(configMaps, {
      indexers: { value: ({ data }) => [data?.value ?? ''] },
    });
    w.factory.start();
    await until(() => informer.hasSynced() && informer.status().connected);
    let found = 0;
    for (let read = 0; read < 2_500; read++) {
      if (informer.lister.get('shop', `object-${read % 50}`)) found++;
      found += informer.lister.namespace('shop').list().length;
      found += informer.lister.list({ selector: parseLabelSelector('!tier') }).length;
      found += Array.from(informer.indexer.byIndex('value', '3')).length;
    }
    expect(found).toBe(2_500 * (1 + 50 + 50 + 7));
    await settle(50);
    expect(w.server.requests.all().map(purpose)).toEqual(requests);
  });
});

describe('S000-15 a lister-watcher written by hand', () => {
  it('drives an informer without any HTTP', async () => {
    const thing = (name: string, resourceVersion: string): KubeObject => ({
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name, uid: name, resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' },
    });
    let send: (events: WatchEvent<KubeObject>[]) => void = () => undefined;
    const versions: (string | undefined)[] = [];
    const handWritten: ListerWatcher<KubeObject> = {
      description: 'things from nowhere',
      supportsInitialEvents: false,
      list: async () => ({ items: [thing('a', '1')], resourceVersion: '1', continue: '' }),
      watch: async ({ resourceVersion }): Promise<WatchStream<KubeObject>> => {
        versions.push(resourceVersion);
        let end: () => void = () => undefined;
        const ended = new Promise<undefined>((resolve) => {
          end = () => resolve(undefined);
        });
        const next = () => new Promise<WatchEvent<KubeObject>[]>((resolve) => (send = resolve));
        return {
          close: () => end(),
          async *[Symbol.asyncIterator]() {
            for (let batch = await Promise.race([next(), ended]); batch; batch = await Promise.race([next(), ended])) {
              yield batch;
            }
          },
        };
      },
    };
    await using informer = new SharedIndexInformer<KubeObject>({ listerWatcher: handWritten });
    const lines: string[] = [];
    informer.addEventHandler(({ type, object }) => void lines.push(`${type} ${object.metadata.name}`));
    informer.start();
    await until(() => informer.status().connected && lines.length === 1);
    send([
      { type: 'ADDED', object: thing('b', '2') },
      { type: 'MODIFIED', object: thing('a', '3') },
      { type: 'DELETED', object: thing('b', '4') },
    ]);
    await until(() => lines.length === 4);
    expect(lines).toEqual(['add a', 'add b', 'update a', 'delete b']);
    expect(Array.from(informer.indexer.keys())).toEqual(['a']);
    expect(versions).toEqual(['1']);
  });
});

describe('S000-16 the parts of an informer', () => {
  it('its lister gets by namespace and name, lists by labels, and looks into one namespace', async () => {
    await using w = await world();
    w.server.create(configMap('blue', '1', 'shop', { tier: 'front' }));
    w.server.create(configMap('red', '2', 'shop', { tier: 'back' }));
    w.server.create(configMap('blue', '3', 'bank', { tier: 'front' }));
    const informer = w.factory.forResource(configMaps);
    await live(w.factory, informer);
    const { lister } = informer;
    expect(lister.get('shop', 'blue')?.data?.value).toBe('1');
    expect(lister.get('shop', 'green')).toBeUndefined();
    const front = lister.list({ selector: parseLabelSelector('tier=front') });
    expect(front.map((object) => keyOf(object)).toSorted()).toEqual(['bank/blue', 'shop/blue']);
    const shop = lister.namespace('shop');
    expect(shop.get('red')?.data?.value).toBe('2');
    expect(shop.list().length).toBe(2);
    expect(shop.list({ selector: parseLabelSelector('tier in (back)') }).map((o) => o.metadata.name)).toEqual(['red']);
    expect(informer.indexer.get('bank/blue')).toBe(lister.get('bank', 'blue'));
    expect(informer.status().reflectors.get('')).toMatchObject({
      state: { phase: 'live' },
      resourceVersion: w.server.resourceVersion,
      requests: { list: 0, stream: 1, watch: 0 },
    });
  });

  it('its store and lister work without any informer', () => {
    const indexer = new Indexer<ReturnType<typeof configMap>, 'value'>({
      indexers: { value: ({ data }) => [data.value] },
    });
    const lister = new Lister(indexer);
    indexer.put(configMap('blue', '1'));
    indexer.put(configMap('red', '1'));
    indexer.put(configMap('red', '2'));
    expect(lister.get('shop', 'red')?.data.value).toBe('2');
    expect(Array.from(indexer.byIndex('value', '1'), ({ metadata }) => metadata.name)).toEqual(['blue']);
  });

  it('its reflector keeps any store equal to the server', async () => {
    await using w = await world();
    const mine = new Map<string, ConfigMap>();
    const put = (object: ConfigMap) => void mine.set(keyOf(object), object);
    const reflector = new Reflector<ConfigMap>({
      listerWatcher: w.factory.client.resource<ConfigMap>(configMaps),
      clock: w.clock,
      random: () => 0,
      store: {
        add: put,
        update: put,
        delete: (object) => void mine.delete(keyOf(object)),
        forget: (key) => void mine.delete(key),
        replace: (objects, _version, kept) => {
          for (const key of Array.from(mine.keys())) if (!kept.has(key)) mine.delete(key);
          for (const object of objects) put(object);
        },
      },
    });
    const abort = new AbortController();
    const ended = reflector.run(abort.signal);
    await until(() => reflector.status.state.phase === 'live');
    const isEqual = () => contents(mine).join() === ofServer(w).join();
    await playScript(
      w,
      () => isEqual() && reflector.status.state.phase === 'live',
      () => reflector.status.state.phase === 'waiting',
    );
    await until(isEqual);
    expect(contents(mine)).toEqual(['shop/a=3', 'shop/d=2']);
    abort.abort();
    await ended;
    expect(reflector.status.state.phase).toBe('stopped');
  });
});

describe('S000-20 indexes over a hundred thousand objects', () => {
  it('answer in less than a millisecond, and a hundred times faster than a search', { timeout: 120_000 }, async () => {
    const count = 100_000;
    const perOwner = 10;
    await using w = await world({ server: { historyLimit: 10 } });
    w.server.seed(
      (function* () {
        for (let index = 0; index < count; index++) {
          const owner = `owner-${index % (count / perOwner)}`;
          yield configMap(`object-${index}`, owner, 'shop', { parity: index % 2 === 0 ? 'even' : 'odd' });
        }
      })(),
    );
    const informer = w.factory.forResource<ConfigMap, 'owner'>(configMaps, {
      // Two values for each object.
      indexers: { owner: ({ data }) => [data?.value ?? '', `${data?.value}/alias`] },
    });
    w.factory.start();
    await until(() => informer.hasSynced());
    expect(informer.indexer.size).toBe(count);

    const times: number[] = [];
    for (let lookup = 0; lookup < 2_000; lookup++) {
      const value = `owner-${(lookup * 7_919) % (count / perOwner)}${lookup % 2 === 0 ? '' : '/alias'}`;
      const start = performance.now();
      const found = Array.from(informer.indexer.byIndex('owner', value));
      times.push(performance.now() - start);
      expect(found.length).toBe(perOwner);
    }
    times.sort((a, b) => a - b);
    const median = times[times.length / 2]!;
    const p99 = times[Math.floor(times.length * 0.99)]!;

    const searches = Array.from({ length: 7 }, (_, search) => {
      const start = performance.now();
      const found = informer.lister.list().filter(({ data }) => data?.value === `owner-${search}`);
      expect(found.length).toBe(perOwner);
      return performance.now() - start;
    }).sort((a, b) => a - b);
    expect(p99).toBeLessThan(1);
    expect(searches[3]! / median).toBeGreaterThan(100);

    const withMore = informer.addIndexers({ parity: ({ metadata }) => [metadata.labels?.parity ?? ''] });
    expect(withMore.indexer.indexKeys('parity', 'even').size).toBe(count / 2);
    w.server.patchObject(configMaps, 'shop', 'object-0', { metadata: { labels: { parity: 'odd' } } });
    await until(() => withMore.indexer.indexKeys('parity', 'odd').size === count / 2 + 1);
    expect(withMore.indexer.indexKeys('parity', 'even').size).toBe(count / 2 - 1);
    expect(Array.from(informer.indexer.byIndex('owner', 'owner-0')).length).toBe(perOwner);
  });
});
