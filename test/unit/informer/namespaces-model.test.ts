import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type InformerEvent, NamespaceSet, SharedIndexInformer } from '../../../src/informer/index.ts';
import { keyOf } from '../../../src/kubernetes/index.ts';
import { Turns } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { LaggingCluster } from './lagging-cluster.ts';
import type { Thing } from './source.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const scope = fc.constantFrom('', ...names);
const namespace = fc.constantFrom(...names);
const name = fc.constantFrom('x', 'y');

const action = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('set' as const), fc.subarray(names)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('put' as const), namespace, name) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('delete' as const, 'recreate' as const), namespace, name) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('answer' as const), scope, fc.nat(6)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('deliver' as const), scope, fc.integer({ min: 1, max: 4 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('break' as const), scope) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('compact' as const, 'forbid' as const, 'join' as const)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('turn' as const), fc.integer({ min: 1, max: 5 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('advance' as const), fc.constantFrom(1_000, 10_000)) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** Believes nothing: checks each event against what was told before, and against the cluster, which is never behind. */
class Sceptic {
  readonly faults: string[] = [];
  readonly believed = new Map<string, Thing['metadata']>();
  readonly #told = new Map<string, number>();
  readonly #dead = new Set<string>();
  readonly #cluster: LaggingCluster;
  /** Namespaces that have left: should they come back, their first list may be of any age, as for one who has just started. */
  readonly #excused: ReadonlySet<string>;

  constructor(cluster: LaggingCluster, excused: ReadonlySet<string>) {
    this.#cluster = cluster;
    this.#excused = excused;
  }

  readonly hear = (event: InformerEvent<Thing>): void => {
    const key = keyOf(event.object as Thing);
    const { namespace: of = '', uid, resourceVersion } = event.object.metadata;
    const excused = this.#excused.has(of);
    const known = this.believed.get(key);
    const fault = (what: string) => this.faults.push(`${event.type} ${key} ${uid}@${resourceVersion}: ${what}`);
    if ((event.type === 'add') === (known !== undefined)) fault(`does not chain to ${JSON.stringify(known)}`);
    if (event.type === 'update' && event.oldObject.metadata.resourceVersion !== known?.resourceVersion) fault('gap');
    if (event.type !== 'add' && known && known.uid !== uid) fault('another uid');
    const left = event.type === 'delete' && event.leftScope;
    const before = this.#told.get(key) ?? 0;
    const version = Number(resourceVersion);
    if (!excused && (event.type === 'delete' ? version < before : version <= before))
      fault(`goes back behind ${before}`);
    if (!excused && event.type === 'add' && this.#dead.has(uid)) fault('came back from the dead');
    if (event.type === 'delete' && !left && this.#cluster.has(uid)) fault('is alive');
    this.#told.set(key, version);
    if (event.type === 'delete') {
      this.believed.delete(key);
      if (!left) this.#dead.add(uid);
    } else this.believed.set(key, event.object.metadata as Thing['metadata']);
  };
}

async function faultsOf(actions: readonly Action[], above: number | undefined): Promise<string[]> {
  const clock = new FakeClock();
  const cluster = new LaggingCluster();
  for (const each of names) cluster.put(each, 'x');
  const set = new NamespaceSet(['a', 'b']);
  const informer = new SharedIndexInformer<Thing>({
    listerWatcher: {
      namespaces: set,
      source: (of) => cluster.source(of),
      ...(above !== undefined && { clusterWideAbove: above }),
    },
    clock,
    random: () => 0,
    turns: new Turns({ clock, slice: 0 }),
  });
  informer.on('error', () => undefined);
  const left = new Set<string>();
  const sceptics: Sceptic[] = [];
  const join = () => {
    const sceptic = new Sceptic(cluster, left);
    informer.addEventHandler(sceptic.hear);
    sceptics.push(sceptic);
  };
  join();
  informer.start();
  let synced = false;
  const faults: string[] = [];
  for (const [what, ...given] of actions) {
    const [first = '', second = ''] = given as [string, string];
    if (what === 'set') {
      const next = given[0] as readonly string[];
      for (const each of set.current!) if (!next.includes(each)) left.add(each);
      set.set(next);
    } else if (what === 'put') cluster.put(first, second);
    else if (what === 'delete') cluster.delete(first, second);
    else if (what === 'answer') cluster.answer(first, Number(second));
    else if (what === 'deliver') cluster.deliver(first, Number(second));
    else if (what === 'break') cluster.break(first);
    else if (what === 'compact') cluster.compact();
    else if (what === 'forbid') cluster.forbidden.add('');
    else if (what === 'join') join();
    else if (what === 'turn') await settle(Number(first));
    else if (what === 'advance') await clock.advance(Number(first));
    else {
      cluster.delete(first, second);
      cluster.put(first, second);
    }
    // Most of what can happen by itself happens; two changes of the set may come at once.
    if (what !== 'set') await settle(2);
    if (synced && !informer.hasSynced()) faults.push('hasSynced went back');
    synced = informer.hasSynced();
  }
  const truth = () =>
    Array.from(cluster.objects.values())
      .filter(({ metadata }) => set.current!.has(metadata.namespace!))
      .map((object) => `${keyOf(object)}@${object.metadata.resourceVersion}`)
      .sort()
      .join();
  const cached = () =>
    informer.indexer
      .list()
      .map((object) => `${keyOf(object as Thing)}@${object.metadata.resourceVersion}`)
      .sort()
      .join();
  const watched = () =>
    cluster.streams
      .map(({ scope: of }) => of)
      .sort()
      .join();
  const ways = () => {
    const { size } = set.current!;
    const each = [...set.current!].sort().join();
    if (above === undefined || size <= Math.floor(above * 0.75)) return [each];
    // What is open already is not taken away.
    if (cluster.forbidden.size > 0) return [each, ''];
    return size > above ? [''] : [each, ''];
  };
  const well = () =>
    informer.hasSynced() &&
    informer.status().handlers.every(({ lag }) => lag === 0) &&
    cached() === truth() &&
    ways().includes(watched()) &&
    (set.current!.size === 0 || cluster.streams.length > 0);
  await settle(20);
  for (let count = 0; !well() && count < 400; count++) {
    for (const list of [...cluster.lists]) cluster.answer(list.scope, 0);
    for (const of of ['', ...names]) cluster.deliver(of, 1_000);
    await settle(4);
    if (count % 4 === 3) await clock.advance(2_000);
  }
  await settle(20);
  if (!well()) faults.push(`at last [${watched()}] and ${cached()}, not [${ways().join('|')}] and ${truth()}`);
  for (const sceptic of sceptics) {
    faults.push(...sceptic.faults);
    if ([...sceptic.believed.keys()].sort().join() !== [...informer.indexer.keys()].sort().join())
      faults.push('events do not add up');
  }
  await informer.stop();
  if (cluster.streams.length + cluster.lists.length > 0) faults.push('requests are left');
  if (clock.pendingTimers > 0) faults.push(`${clock.pendingTimers} timers are left`);
  return faults;
}

/** It took thousands of runs to find: to one watch, to many and back, while a watch of one namespace has nothing to tell. */
const backAndForth: Action[] = [
  ['set', ['b', 'c', 'd', 'e']],
  ['answer', '', 0],
  ['put', 'a', 'x'],
  ['set', ['c', 'd']],
  ['answer', '', 0],
  ['turn', 1],
  ['put', 'a', 'x'],
  ['delete', 'a', 'x'],
  ['set', ['b', 'c', 'd', 'e']],
  ['advance', 1_000],
];

test('however late each list and each watch is, nothing is lost, doubled, invented or taken back', async () => {
  const { SEED, RUNS } = process.env;
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 5, maxLength: 120, size: 'max' }),
      fc.constantFrom(undefined, 1, 2, 3),
      async (actions, above) => {
        expect(await faultsOf(actions, above)).toEqual([]);
      },
    ),
    { numRuns: Number(RUNS ?? 300), examples: [[backAndForth, 3]], ...(SEED && { seed: Number(SEED) }) },
  );
}, 60_000);
