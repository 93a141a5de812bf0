import { isDeepStrictEqual } from 'node:util';
import {
  DynamicSharedInformerFactory,
  KubeClient,
  type KubeInformerError,
  keyOf,
  parseLabelSelector,
  type SharedIndexInformer,
  sleep,
  systemClock,
} from '../../src/index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { TcpProxy } from '../../tools/tcp-proxy.ts';
import { Witness } from '../chaos/witness.ts';
import { addressOf, via } from '../conformance/cluster.ts';
import type { Backend } from './backend.ts';
import { BadNetwork } from './network.ts';
import { type ConfigMap, configMaps, namespaces, Writers } from './writers.ts';

export interface HistoryOptions {
  readonly seed: number;
  /** How long there are writes and faults, milliseconds. */
  readonly duration: number;
  readonly objects: number;
}

export interface Outcome {
  /** Broken clauses of the contract; empty if none is. */
  readonly broken: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

/** After the last fault everything has to be well within this time, milliseconds: what the delays and limits below add up to, and more. */
const patience = 60_000;
/** No fault may make a reflector ask more often than this, requests a second on average. */
const requestsPerSecond = 5;

/** What an informer is made of; lists with the same scope are what it must come to. */
const scopes = [
  { name: 'full', scope: { prune: [] } },
  { name: 'pruned', scope: { prune: ['metadata.managedFields', 'data.text'] } },
  { name: 'metadata', scope: { as: 'metadata' as const } },
  { name: 'two namespaces', scope: { namespaces: namespaces.slice(0, 2) } },
  { name: 'selected', scope: { labelSelector: 'tier=front' } },
];

interface Watched {
  readonly name: string;
  readonly scope: (typeof scopes)[number]['scope'];
  readonly informer: SharedIndexInformer<ConfigMap>;
  readonly witnesses: Witness[];
}

/** One history on a real server: writes, a bad network, a crash. Then the network is good again, and the contract must hold. */
export async function runHistory(backend: Backend, { seed, duration, objects }: HistoryOptions): Promise<Outcome> {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const writers = new Writers(backend, objects, seededRandom(seed + 1_000_000));
  await writers.fill();
  const proxy = await TcpProxy.listen(addressOf(backend.kubeConfig));
  const network = new BadNetwork(proxy, seededRandom(seed + 2_000_000));
  const client = new KubeClient(via(backend.kubeConfig, proxy.port), {
    http2: random() < 0.5 ? 'auto' : 'never',
    connectTimeout: 3_000,
    answerTimeout: 5_000,
  });
  const failures = new Map<string, number>();
  const factory = new DynamicSharedInformerFactory(client, {
    streamInitialState: random() < 0.7,
    pageSize: 50 + below(500),
    idleTimeout: 5_000,
    initialEventsTimeout: 5_000,
    watchTimeout: 5,
    backoff: { initial: 100, factor: 2, max: 2_000, jitter: 1, resetAfter: 10_000 },
    onError: (error) => {
      const kind = kindOf(error);
      failures.set(kind, (failures.get(kind) ?? 0) + 1);
    },
  });
  const all: Watched[] = scopes.map(({ name, scope }) => {
    const options = scope as typeof scope & { readonly as?: 'full' };
    return { name, scope, informer: factory.forResource<ConfigMap>(configMaps, options), witnesses: [] };
  });
  for (const one of all) addWitness(one);

  const started = performance.now();
  const over = AbortSignal.timeout(duration);
  factory.start();
  await Promise.all([writers.run(over), network.run(over), crash(), comeLate()]);

  const broken: string[] = [];
  const settled = performance.now();
  const truths = new Map<Watched, ReadonlyMap<string, ConfigMap>>();
  for (const one of all) truths.set(one, await truthOf(one));
  while (!all.every(isWell) && performance.now() - settled < patience) await sleep(systemClock, 50);
  const recovery = performance.now() - settled;
  for (const one of all) broken.push(...verdict(one));

  const status = all.flatMap(({ informer }) => Array.from(informer.status().reflectors.values()));
  const sum = (of: (one: (typeof status)[number]) => number) => status.reduce((total, one) => total + of(one), 0);
  const requests = {
    watch: sum((s) => s.requests.watch),
    list: sum((s) => s.requests.list),
    stream: sum((s) => s.requests.stream),
  };
  const seconds = (performance.now() - started) / 1_000;
  const rate = (requests.watch + requests.list + requests.stream) / seconds / status.length;
  if (rate > requestsPerSecond) broken.push(`6: ${rate.toFixed(1)} requests a second from each reflector`);

  const witnesses = all.flatMap((one) => one.witnesses);
  await factory.stop();
  for (const witness of witnesses) witness.over = true;
  await client.close();
  await writers.close();
  await proxy.close();
  for (const witness of witnesses) broken.push(...witness.faults);
  return {
    broken,
    figures: {
      seconds: Math.round(seconds),
      writes: writers.written,
      events: witnesses.reduce((total, { events }) => total + events, 0),
      connections: proxy.accepted,
      watches: requests.watch,
      streams: requests.stream,
      lists: requests.list,
      'ms to recover': Math.round(recovery),
      ...Object.fromEntries(Array.from(network.faults, ([fault, count]) => [`fault: ${fault}`, count])),
      ...Object.fromEntries(Array.from(failures, ([kind, count]) => [`error: ${kind}`, count])),
    },
  };

  /** Kills the server somewhere in the middle, in a long history every twenty seconds or so. */
  async function crash(): Promise<void> {
    const crashes = Math.max(1, Math.round(duration / 20_000));
    for (let count = 0; count < crashes; count++) {
      await sleep(systemClock, (duration / crashes) * (0.1 + 0.4 * random()));
      network.count('crash');
      await backend.crash(below(1_500));
    }
  }

  /** Adds handlers in the middle of it. */
  async function comeLate(): Promise<void> {
    while (await sleep(systemClock, duration / 6, over)) addWitness(all[below(all.length)]!);
  }

  function addWitness(one: Watched): void {
    const witness = new Witness(`${one.name}/${one.witnesses.length}`, one.informer);
    const pause = random() < 0.3 ? () => new Promise<void>((resolve) => setImmediate(resolve)) : undefined;
    one.informer.addEventHandler(witness.handler(pause));
    one.witnesses.push(witness);
  }

  /** A fresh list, not from the cache of the server, by a connection of its own. */
  async function truthOf({ scope }: Watched): Promise<ReadonlyMap<string, ConfigMap>> {
    await using direct = new KubeClient(backend.kubeConfig);
    const { namespaces: some = [undefined], ...options } = scope as {
      readonly namespaces?: readonly string[];
      readonly prune?: readonly string[];
    };
    const truth = new Map<string, ConfigMap>();
    for (const namespace of some) {
      const source = direct.resource<ConfigMap>(configMaps, { ...options, namespace });
      const { items } = await source.list({}, AbortSignal.timeout(30_000));
      for (const object of items) truth.set(keyOf(object), object);
    }
    return truth;
  }

  function isWell(one: Watched): boolean {
    const { phase, everSynced, handlers } = one.informer.status();
    const truth = truths.get(one)!;
    const { indexer } = one.informer;
    return (
      phase === 'live' &&
      everSynced &&
      handlers.every(({ lag, hasSynced }) => lag === 0 && hasSynced) &&
      indexer.size === truth.size &&
      Array.from(indexer.entries()).every(([key, { metadata }]) => {
        return truth.get(key)?.metadata.resourceVersion === metadata.resourceVersion;
      })
    );
  }

  function verdict(one: Watched): string[] {
    const truth = truths.get(one)!;
    const { phase, lastError, objects: cached, handlers } = one.informer.status();
    const state = `${one.name} is ${phase} with ${cached} of ${truth.size} objects`;
    if (!isWell(one)) return [`6: ${state}, ${JSON.stringify(handlers)}; ${lastError?.message}`];
    const faults: string[] = [];
    const differing = Array.from(truth).filter(
      ([key, object]) => !isDeepStrictEqual(one.informer.indexer.get(key), object),
    );
    if (differing.length > 0) faults.push(`6: ${state}, ${differing.length} differ, as ${differing[0]![0]}`);
    for (const [index, { believed }] of one.witnesses.entries()) {
      const agrees = Array.from(truth).every(([key, { metadata }]) => {
        const known = believed.get(key);
        return known?.uid === metadata.uid && known.resourceVersion === metadata.resourceVersion;
      });
      if (!agrees || believed.size !== truth.size)
        faults.push(`2: the events of ${one.name}/${index} are not the state`);
    }
    const selector = 'labelSelector' in one.scope ? parseLabelSelector(one.scope.labelSelector!) : undefined;
    if (selector && one.informer.indexer.list().some(({ metadata }) => !selector.matches(metadata.labels ?? {}))) {
      faults.push(`6: ${one.name} holds what it does not select`);
    }
    return faults;
  }
}

function kindOf(error: KubeInformerError): string {
  return 'class' in error ? String(error.class) : error.code;
}
