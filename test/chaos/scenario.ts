import { setImmediate as turn } from 'node:timers/promises';
import {
  DynamicSharedInformerFactory,
  type HandlerRegistration,
  type KubeObject,
  keyOf,
  parseLabelSelector,
  type SharedIndexInformer,
  Turns,
} from '../../src/index.ts';
import { ApiServer, FakeClock, type FaultAction, seededRandom } from '../../src/testing/index.ts';
import { Witness } from './witness.ts';

type ConfigMap = KubeObject & { data?: Record<string, string> };

const resource = { group: '', version: 'v1', resource: 'configmaps' };
const namespaces = ['red', 'green', 'blue'];
const watched = ['red', 'green'];
/** How long after the last fault everything must be well again: the longest waits of the library, added up. Milliseconds. */
const patience = 15 * 60_000;
/** No fault may make an informer ask more often than this, on average: requests a minute, for each reflector. */
const requestsPerMinute = 40;

interface Watched {
  readonly name: string;
  readonly informer: SharedIndexInformer<ConfigMap>;
  readonly selects: (object: ConfigMap) => boolean;
  readonly witnesses: { readonly witness: Witness; readonly registration: HandlerRegistration; removed: boolean }[];
}

/**
 * One random history: writes, faults, compactions, handlers that come, go, throw and dawdle, on a clock that jumps. Then the faults end,
 * and the contract must hold.
 *
 * @returns the broken clauses; empty if none is.
 */
export async function runScenario(seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!;
  const clock = new FakeClock();
  const server = await ApiServer.start({ clock, random, historyLimit: 50 });
  for (const name of namespaces) server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (let count = below(12); count > 0; count--) write();

  const factory = new DynamicSharedInformerFactory(server.kubeConfig(), {
    clock,
    random,
    // Each slice is a turn of the loop: whoever looks in between would see a half-applied state.
    turns: new Turns({ slice: 0 }),
    streamInitialState: random() < 0.7,
    pageSize: 1 + below(5),
  });
  const all: Watched[] = [
    // Before the whole objects, of which it would be a view.
    {
      name: 'metadata',
      informer: factory.forResource<ConfigMap>(resource, { as: 'metadata' }),
      selects: () => true,
      witnesses: [],
    },
    { name: 'all', informer: factory.forResource<ConfigMap>(resource), selects: () => true, witnesses: [] },
    {
      name: 'two namespaces',
      informer: factory.forResource<ConfigMap>(resource, { namespaces: watched }),
      selects: (object) => watched.includes(object.metadata.namespace!),
      witnesses: [],
    },
    {
      name: 'selected',
      informer: factory.forResource<ConfigMap>(resource, { labelSelector: 'tier=front' }),
      selects: (object) => parseLabelSelector('tier=front').matches(object.metadata.labels ?? {}),
      witnesses: [],
    },
  ];
  all.push({
    name: 'view',
    informer: factory.forResource<ConfigMap>(resource, { as: 'metadata', labelSelector: 'tier=front' }),
    selects: (object) => object.metadata.labels?.tier === 'front',
    witnesses: [],
  });
  for (const { informer } of all) informer.addIndexers({ tier: (object) => [object.metadata.labels?.tier ?? 'none'] });
  for (const one of all) addWitness(one);
  factory.start();

  for (let step = 10 + below(30); step > 0; step--) {
    await takeStep();
    for (let turns = below(6); turns > 0; turns--) await turn();
    if (random() < 0.3) await clock.advance(below(4) === 0 ? below(120_000) : below(3_000));
  }

  server.faults.clear();
  const faults: string[] = [];
  const before = server.requests.length;
  let waited = 0;
  while (!all.every(isWell)) {
    if (waited > patience) {
      for (const one of all.filter((candidate) => !isWell(candidate))) faults.push(`6: ${describe(one)}`);
      break;
    }
    await clock.advance(1_000);
    waited += 1_000;
    for (let turns = 0; turns < 8; turns++) await turn();
  }
  const limit = (waited / 60_000 + 1) * requestsPerMinute * 5;
  if (server.requests.length - before > limit) {
    faults.push(`6: ${server.requests.length - before} requests in ${waited} ms without a fault`);
  }
  for (const one of all) faults.push(...verdict(one));
  await factory.stop();
  for (const { witnesses } of all) for (const { witness } of witnesses) witness.over = true;
  write();
  await clock.advance(600_000);
  for (let turns = 0; server.connections > 0 && turns < 1_000; turns++) await turn();
  if (server.connections > 0) faults.push(`8: ${server.connections} connections are left`);
  await server.close();
  if (clock.pendingTimers > 0) faults.push(`8: ${clock.pendingTimers} timers are left`);
  for (const { witnesses } of all) for (const { witness } of witnesses) faults.push(...witness.faults);
  return faults;

  function write(): void {
    const namespace = pick(namespaces);
    const name = `object-${below(8)}`;
    const present = server.get<ConfigMap>(resource, namespace, name);
    const labels = { tier: pick(['front', 'back']) };
    // Letters of several bytes, so that cuts fall into the middle of them.
    const data = { text: 'äöü€😀'.repeat(1 + below(20)), count: String(below(1_000_000)) };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data };
    if (!present) server.create(object);
    else if (random() < 0.3) server.delete(resource, namespace, name);
    else server.update({ ...present, ...object, metadata: { ...present.metadata, labels } });
    // Delete and recreate between two looks of the informer.
    if (present && random() < 0.15 && !server.get(resource, namespace, name)) server.create(object);
  }

  async function takeStep(): Promise<void> {
    const dice = random();
    if (dice < 0.5) for (let count = 1 + below(10); count > 0; count--) write();
    else if (dice < 0.75)
      server.faults.add({ match: { resource: 'configmaps' }, times: 1 + below(3), action: fault() });
    else if (dice < 0.8) server.compact();
    else if (dice < 0.85) server.closeWatches();
    else if (dice < 0.88) server.resetConnections();
    else if (dice < 0.95) addWitness(pick(all));
    else removeWitness(pick(all));
  }

  function fault(): FaultAction {
    return pick<() => FaultAction>([
      () => ({ kind: 'status', code: pick([400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 502, 503, 504]) }),
      () => ({ kind: 'status', code: 429, retryAfter: 1 + below(5) }),
      () => ({ kind: 'status', code: 502, text: '<html>Bad Gateway</html>' }),
      () => ({ kind: 'status', code: 410, reason: 'Expired' }),
      () => ({ kind: 'answer', body: 'no JSON at all' }),
      () => ({ kind: 'reset' }),
      () => ({ kind: 'stall' }),
      () => ({ kind: 'futureResourceVersion' }),
      () => ({ kind: 'delay', delay: below(20_000) }),
      () => ({ kind: 'resetAfter', bytes: below(3_000) }),
      () => ({ kind: 'resetAfter', events: below(5) }),
      () => ({ kind: 'stallAfter', events: below(5) }),
      () => ({ kind: 'stallAfter', bytes: below(3_000) }),
      () => ({ kind: 'endAfter', bytes: below(3_000) }),
      () => ({ kind: 'endAfter', events: below(3) }),
      () => ({
        kind: 'insertLine',
        events: below(3),
        line: pick(['{"type":', 'garbage', '{"type":"ADDED","object":{}}', '[]', '']),
      }),
      () => ({ kind: 'slices', bytes: 1 + below(40) }),
      () => ({ kind: 'errorEvent', code: pick([410, 429, 500, 504]), events: below(4) }),
      () => ({ kind: 'errorEvent', code: 410, reason: 'Expired' }),
      () => ({ kind: 'initialEventsEnd', delay: pick(['never' as const, below(40_000)]) }),
      () => ({ kind: 'noBookmarks' }),
      () => ({ kind: 'noWatchList', as: pick(['refused' as const, 'ignored' as const]) }),
      () => ({ kind: 'asTable' }),
      () => ({ kind: 'objectWithoutMetadata', index: below(4) }),
    ])();
  }

  function addWitness(one: Watched): void {
    const witness = new Witness(`${one.name}/${one.witnesses.length}`, one.informer);
    const pause = random() < 0.3 ? async () => void (await turn()) : undefined;
    const honest = witness.handler(pause);
    const throws = random() < 0.2;
    const handler: typeof honest = (event) => {
      const result = honest(event);
      if (throws && event.object.metadata.name.endsWith('3')) throw new Error('on purpose');
      return result;
    };
    const coalesce = random() < 0.2;
    const registration = one.informer.addEventHandler(
      handler,
      coalesce ? { overflow: { policy: 'coalesce', above: 3 } } : {},
    );
    one.witnesses.push({ witness, registration, removed: false });
  }

  function removeWitness(one: Watched): void {
    const candidate = one.witnesses.find(({ removed }) => !removed);
    if (!candidate || one.witnesses.filter(({ removed }) => !removed).length < 2) return;
    candidate.removed = true;
    void candidate.registration.remove().then(() => {
      candidate.witness.over = true;
    });
  }

  function truth(one: Watched): Map<string, string> {
    const objects = server.list<ConfigMap>(resource).filter(one.selects);
    return new Map(objects.map((object) => [keyOf(object), object.metadata.resourceVersion]));
  }

  function isWell(one: Watched): boolean {
    const status = one.informer.status();
    return (
      status.phase === 'live' &&
      status.everSynced &&
      same(
        truth(one),
        new Map(one.informer.indexer.list().map((object) => [keyOf(object), object.metadata.resourceVersion])),
      ) &&
      status.handlers.every(({ lag, hasSynced }) => lag === 0 && hasSynced)
    );
  }

  function describe(one: Watched): string {
    const { phase, objects, lastError, handlers } = one.informer.status();
    const lags = JSON.stringify(handlers);
    return `${one.name} is ${phase} with ${objects} of ${truth(one).size} objects, ${lags}; ${lastError?.message}`;
  }

  function verdict(one: Watched): string[] {
    const broken: string[] = [];
    const cached = one.informer.indexer.list();
    for (const tier of ['front', 'back', 'none']) {
      const indexed = new Set(one.informer.indexer.indexKeys('tier' as never, tier));
      const scanned = new Set(cached.filter((o) => (o.metadata.labels?.tier ?? 'none') === tier).map((o) => keyOf(o)));
      if (indexed.size !== scanned.size || cached.some((o) => scanned.has(keyOf(o)) && !indexed.has(keyOf(o))))
        broken.push(`1: index of ${one.name} differs from its objects`);
    }
    for (const { witness, registration, removed } of one.witnesses) {
      if (removed) continue;
      const believed = new Map(Array.from(witness.believed, ([key, { resourceVersion }]) => [key, resourceVersion]));
      if (!same(truth(one), believed))
        broken.push(`2: events of ${registration.name} of ${one.name} do not add up to the state`);
    }
    return broken;
  }
}

function same(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && Array.from(a).every(([key, value]) => b.get(key) === value);
}
