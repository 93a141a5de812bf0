import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DeleteEvent,
  DynamicSharedInformerFactory,
  type InformerEvent,
  type KubeObject,
  keyOf,
  NamespaceSet,
  type SharedIndexInformer,
  Turns,
} from '../../src/index.ts';
import { ApiServer, FakeClock, seededRandom } from '../../src/testing/index.ts';
import { Witness } from './witness.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };

const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
const namespaces = { group: '', version: 'v1', resource: 'namespaces' };
const names = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'];
/** How long after the last fault everything must be well, milliseconds: the longest waits of the library, and a bookmark. */
const patience = 20 * 60_000;

type Action =
  | { readonly do: 'label'; readonly namespace: string; readonly team: 'a' | 'b' }
  | { readonly do: 'set'; readonly names: readonly string[] }
  | { readonly do: 'write' | 'delete' | 'recreate'; readonly namespace: string; readonly name: string }
  | { readonly do: 'closeWatches' | 'resetConnections' | 'compact' }
  | { readonly do: 'fail'; readonly code: number; readonly times: number; readonly path?: string }
  | { readonly do: 'delay'; readonly path: string; readonly delay: number }
  | { readonly do: 'advance'; readonly by: number }
  | { readonly do: 'turn'; readonly turns: number };

const anyNamespace = fc.constantFrom(...names);
const anyPath = fc.constantFrom(
  '/api/v1/configmaps',
  '/api/v1/namespaces',
  ...names.map((name) => `/api/v1/namespaces/${name}/configmaps`),
);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('label' as const),
      namespace: anyNamespace,
      team: fc.constantFrom('a' as const, 'b' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('set' as const), names: fc.subarray(names) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom('write' as const, 'write' as const, 'delete' as const, 'recreate' as const),
      namespace: anyNamespace,
      name: fc.constantFrom('x', 'y', 'z'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('closeWatches' as const, 'resetConnections' as const, 'compact' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      code: fc.constantFrom(410, 500, 429),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('delay' as const),
      path: anyPath,
      delay: fc.integer({ min: 1, max: 20_000 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.constantFrom(100, 3_000, 30_000) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('turn' as const), turns: fc.integer({ min: 1, max: 12 }) }) },
);

interface Followed {
  readonly name: string;
  readonly informer: SharedIndexInformer<ConfigMap>;
  readonly wanted: () => ReadonlySet<string>;
  readonly witness: Witness;
  readonly late: Witness[];
  readonly faults: string[];
}

/** Objects do not come back from the dead: what was told as deleted, and not as left, is never added again. */
function noRevival(faults: string[]): (event: InformerEvent<ConfigMap>) => void {
  const dead = new Set<string>();
  return (event) => {
    const { uid } = event.object.metadata;
    if (event.type === 'delete' && !(event as DeleteEvent<ConfigMap>).leftScope) dead.add(uid);
    if (event.type === 'add' && dead.has(uid)) faults.push(`${keyOf(event.object)} came back from the dead`);
  };
}

async function broken(actions: readonly Action[], streams: boolean, above: number, seed: number): Promise<string[]> {
  const clock = new FakeClock();
  const server = await ApiServer.start({ clock, random: seededRandom(seed), historyLimit: 60 });
  const label = (name: string, team: string) => {
    const present = server.get<KubeObject>(namespaces, '', name)!;
    server.update({ ...present, metadata: { ...present.metadata, labels: { team } } });
  };
  const write = (namespace: string, name: string) => {
    const present = server.get<ConfigMap>(configMaps, namespace, name);
    if (present) server.touch(configMaps, namespace, name);
    else server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name } });
  };
  const remove = (namespace: string, name: string) => {
    if (server.get(configMaps, namespace, name)) server.delete(configMaps, namespace, name);
  };
  for (const [index, name] of names.entries()) {
    const labels = { team: index % 2 ? 'a' : 'b' };
    server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    write(name, 'x');
  }
  const factory = new DynamicSharedInformerFactory(server.kubeConfig(), {
    clock,
    random: seededRandom(seed),
    turns: new Turns({ slice: 0 }),
    streamInitialState: streams,
    pageSize: 2,
    onError: () => undefined,
  });
  const set = new NamespaceSet(['n0', 'n1']);
  const selected = () =>
    new Set(
      server
        .list<KubeObject>(namespaces)
        .filter(({ metadata }) => metadata.labels?.team === 'a')
        .map(({ metadata: { name } }) => name),
    );
  const follow = (name: string, informer: SharedIndexInformer<ConfigMap>, wanted: Followed['wanted']): Followed => {
    const faults: string[] = [];
    const witness = new Witness(name, informer);
    const handle = witness.handler();
    const check = noRevival(faults);
    informer.addEventHandler((event) => {
      handle(event);
      check(event);
    });
    return { name, informer, wanted, witness, late: [], faults };
  };
  const all = [
    follow(
      'selected',
      factory.forResource<ConfigMap>(configMaps, {
        namespaces: { namespaceSelector: 'team=a', clusterWideAbove: above },
      }),
      selected,
    ),
    follow('set', factory.forResource<ConfigMap>(configMaps, { namespaces: set }), () => set.current!),
  ];
  factory.start();
  for (const [step, what] of actions.entries()) {
    switch (what.do) {
      case 'label':
        label(what.namespace, what.team);
        break;
      case 'set':
        set.set(what.names);
        break;
      case 'write':
        write(what.namespace, what.name);
        break;
      case 'delete':
        remove(what.namespace, what.name);
        break;
      case 'recreate':
        remove(what.namespace, what.name);
        write(what.namespace, what.name);
        break;
      case 'closeWatches':
        server.closeWatches();
        break;
      case 'resetConnections':
        server.resetConnections();
        break;
      case 'compact':
        server.compact();
        break;
      case 'fail':
        server.faults.add({ times: what.times, action: { kind: 'status', code: what.code } });
        break;
      case 'delay': {
        const { path, delay } = what;
        server.faults.add({ match: { path }, times: 2, action: { kind: 'delay', delay } });
        break;
      }
      case 'advance':
        await clock.advance(what.by);
        break;
      case 'turn':
        for (let count = 0; count < what.turns; count++) await turn();
    }
    if (step % 10 !== 9) continue;
    for (const one of all) {
      const witness = new Witness(`${one.name}/late ${step}`, one.informer);
      one.informer.addEventHandler(witness.handler());
      one.late.push(witness);
    }
  }
  server.faults.clear();
  const faults: string[] = [];
  const truth = ({ wanted }: Followed) => {
    const in_ = wanted();
    const objects = server.list<ConfigMap>(configMaps).filter(({ metadata }) => in_.has(metadata.namespace!));
    return objects.map((object) => `${keyOf(object)} ${object.metadata.resourceVersion}`).sort();
  };
  const cached = ({ informer }: Followed) =>
    informer.indexer
      .list()
      .map((object) => `${keyOf(object)} ${object.metadata.resourceVersion}`)
      .sort();
  const believed = ({ believed: state }: Witness) =>
    Array.from(state, ([key, { resourceVersion }]) => `${key} ${resourceVersion}`).sort();
  const watched = (one: Followed) => [...one.informer.status().reflectors.keys()].sort().join();
  const expected = (one: Followed) => {
    const wanted = one.wanted();
    if (one.name === 'set') return [...wanted].sort().join();
    if (wanted.size > above) return '';
    return wanted.size > Math.floor(above * 0.75) ? undefined : [...wanted].sort().join();
  };
  const isWell = (one: Followed) => {
    const status = one.informer.status();
    const ways = expected(one);
    return (
      status.connected &&
      status.phase === 'live' &&
      status.everSynced &&
      status.handlers.every(({ lag }) => lag === 0) &&
      (ways === undefined || watched(one) === ways) &&
      String(truth(one)) === String(cached(one))
    );
  };
  for (let waited = 0; !all.every(isWell); waited += 1_000) {
    if (waited > patience) {
      for (const one of all.filter((candidate) => !isWell(candidate))) {
        const { phase, lastError } = one.informer.status();
        faults.push(
          `${one.name} is ${phase}, watches [${watched(one)}] and has ${cached(one)}, not ${truth(one)}; ${lastError?.message}`,
        );
      }
      break;
    }
    await clock.advance(1_000);
    for (let turns = 0; turns < 8; turns++) await turn();
  }
  for (const one of all) {
    faults.push(...one.faults, ...one.witness.faults, ...one.late.flatMap((witness) => witness.faults));
    for (const witness of [one.witness, ...one.late])
      if (String(believed(witness)) !== String(truth(one))) faults.push(`the events of ${one.name} do not add up`);
  }
  await factory.stop();
  for (const one of all) for (const witness of [one.witness, ...one.late]) witness.over = true;
  write('n0', 'x');
  for (let turns = 0; server.connections > 0 && turns < 1_000; turns++) await turn();
  if (server.connections > 0) faults.push(`${server.connections} connections are left`);
  for (const one of all) faults.push(...one.witness.faults.filter((fault) => fault.includes('after the end')));
  await server.close();
  if (clock.pendingTimers > 0) faults.push(`${clock.pendingTimers} timers are left`);
  return faults;
}

describe('namespaces that come and go', () => {
  it('in any history the events chain, and the cache comes to what the server has of them', {
    timeout: 120_000,
  }, async () => {
    const numRuns = Number(process.env.SEEDS ?? 100);
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 5, maxLength: 60 }),
        fc.boolean(),
        fc.constantFrom(1, 2, 4),
        fc.nat(),
        async (actions, streams, above, seed) => {
          expect(await broken(actions, streams, above, seed)).toEqual([]);
        },
      ),
      { numRuns, ...(process.env.SEED && { seed: Number(process.env.SEED) }) },
    );
  });
});
