import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type InformerEvent, NamespaceSet, SharedIndexInformer } from '../../../src/informer/index.ts';
import { keyOf, type ListerWatcher, type WatchEvent } from '../../../src/kubernetes/index.ts';
import { Turns } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { type Keep, ListDecoder, WatchDecoder } from '../../../src/transport/decode/index.ts';
import { LaggingCluster } from './lagging-cluster.ts';
import type { Thing } from './source.ts';

const namespaces = ['a', 'b', 'c'];
const namespace = fc.constantFrom(...namespaces);
const name = fc.constantFrom('x', 'y', 'z');
const app = fc.constantFrom('web', 'db');
const action = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant('put' as const), namespace, name, app) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('delete' as const, 'recreate' as const), namespace, name, app) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('answer' as const), fc.nat(4)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('deliver' as const), fc.integer({ min: 1, max: 4 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('set' as const), fc.subarray(namespaces)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('break' as const, 'compact' as const)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('advance' as const), fc.constantFrom(1_000, 10_000)) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;
const keeps = fc.constantFrom<Keep>(
  { labels: 'app=web' },
  { shard: { index: 0, of: 2 } },
  { shard: { index: 1, of: 3 }, labels: 'app' },
  { labels: 'app=db', shard: { index: 1, of: 2 } },
);

/** The cluster as bytes, of which only what `keep` says is decoded. */
function kept(source: ListerWatcher<Thing>, keep: Keep): ListerWatcher<Thing> {
  const options = { description: 'things', prune: [], confidential: false, keep };
  return {
    ...source,
    list: async (query, signal) => {
      const { items, resourceVersion } = await source.list(query, signal);
      const decoder = new ListDecoder<Thing>(options);
      decoder.push(Buffer.from(JSON.stringify({ kind: 'ThingList', metadata: { resourceVersion }, items })));
      return decoder.finish();
    },
    watch: async (query, signal) => {
      const stream = await source.watch(query, signal);
      const decoder = new WatchDecoder<Thing>(options);
      return {
        close: () => stream.close(),
        async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent<Thing>[]> {
          for await (const events of stream)
            yield decoder.push(Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join('')));
        },
      };
    },
  };
}

/** The rule, once more. */
function wants({ shard, labels }: Keep, { metadata }: Thing): boolean {
  const hash = Buffer.from(metadata.uid).reduce((all, byte) => Math.imul(all ^ byte, 16777619), 2166136261) >>> 0;
  const [, value] = labels?.split('=') ?? [];
  return (!shard || hash % shard.of === shard.index) && (value === undefined || metadata.labels?.app === value);
}

async function faultsOf(
  actions: readonly Action[],
  keep: Keep,
  way: 'all' | 'each' | 'many as one',
): Promise<string[]> {
  const clock = new FakeClock();
  const cluster = new LaggingCluster();
  const put = (of: string, what: string, is: string) => cluster.put(of, what, { app: is });
  put('a', 'x', 'web');
  put('b', 'y', 'db');
  const set = new NamespaceSet(namespaces);
  const informer = new SharedIndexInformer<Thing>({
    listerWatcher:
      way === 'all'
        ? kept(cluster.source(''), keep)
        : {
            namespaces: set,
            source: (of) => kept(cluster.source(of), keep),
            ...(way === 'many as one' && { clusterWideAbove: 2 }),
          },
    // What there can be at most: whatever is counted twice, or goes on being counted, is too much.
    maxObjects: 9,
    maxBytes: 9 * 260,
    clock,
    random: () => 0,
    turns: new Turns({ clock, slice: 0 }),
  });
  const faults: string[] = [];
  informer.on('error', ({ code }) => {
    if (code === 'CacheLimitExceeded' || code === 'InvalidObject') faults.push(code);
  });
  const believed = new Map<string, string>();
  informer.addEventHandler((event: InformerEvent<Thing>) => {
    const object = event.object as Thing;
    const key = keyOf(object);
    if ((event.type === 'add') === believed.has(key)) faults.push(`${event.type} ${key} does not chain`);
    if (event.type === 'delete') believed.delete(key);
    else {
      if (!wants(keep, object)) faults.push(`${event.type} ${key} is not wanted`);
      believed.set(key, object.metadata.resourceVersion);
    }
  });
  informer.start();
  const scopes = way === 'all' ? [''] : [...namespaces, ''];
  for (const [what, ...given] of actions) {
    const [of, which, is] = given as unknown as [string, string, string];
    if (what === 'set') {
      set.set(given[0] as readonly string[]);
      continue;
    }
    if (what === 'put') put(of, which, is);
    else if (what === 'delete' || what === 'recreate') {
      cluster.delete(of, which);
      if (what === 'recreate') put(of, which, is);
    } else if (what === 'answer') for (const scope of scopes) cluster.answer(scope, Number(of));
    else if (what === 'deliver') for (const scope of scopes) cluster.deliver(scope, Number(of));
    else if (what === 'break') for (const scope of scopes) cluster.break(scope);
    else if (what === 'compact') cluster.compact();
    else await clock.advance(Number(of));
    await settle(2);
  }
  const written = (entries: Iterable<readonly [string, string]>) => JSON.stringify([...entries].sort());
  const truth = () =>
    written(
      Array.from(cluster.objects.values())
        .filter((object) => wants(keep, object))
        .filter(({ metadata }) => way === 'all' || set.current?.has(metadata.namespace!))
        .map((object) => [keyOf(object), object.metadata.resourceVersion]),
    );
  const cached = () =>
    written(informer.indexer.list().map((object) => [keyOf(object as Thing), object.metadata.resourceVersion]));
  const well = () => informer.hasSynced() && cached() === truth() && cached() === written(believed);
  for (let count = 0; !well() && count < 200; count++) {
    for (const list of [...cluster.lists]) cluster.answer(list.scope, 0);
    for (const scope of scopes) cluster.deliver(scope, 1_000);
    await settle(4);
    if (count % 4 === 3) await clock.advance(2_000);
  }
  if (!well()) faults.push(`at last ${cached()} in the cache and ${written(believed)} told, not ${truth()}`);
  await informer.stop();
  if (clock.pendingTimers > 0) faults.push('timers are left');
  return faults;
}

test('through changes of labels, broken watches and lost versions the cache has what a server that selects would send', async () => {
  const { SEED, RUNS } = process.env;
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 5, maxLength: 60, size: 'max' }),
      keeps,
      fc.constantFrom('all', 'each', 'many as one'),
      async (actions, keep, way) => {
        expect(await faultsOf(actions, keep, way)).toEqual([]);
      },
    ),
    { numRuns: Number(RUNS ?? 150), ...(SEED && { seed: Number(SEED) }) },
  );
}, 60_000);
