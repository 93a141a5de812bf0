import { Manager } from '../src/manager/index.ts';
import { ApiServer } from '../src/testing/index.ts';

/**
 * node --conditions=source bench/manager.ts
 *
 * What a manager costs: how many watches the server sees, and what it takes to add and to find them.
 */
export interface ManagerMeasurement {
  /** Owners, each of which watches one Deployment of its own in one namespace. */
  readonly owners: number;
  /** Watches that the server saw: all, at most at the same time, and in the end. */
  readonly watches: { readonly opened: number; readonly most: number; readonly atLast: number };
  /** From the first `add` until every handler has been told, milliseconds. */
  readonly syncMs: number;
  /** CPU time to add 10,000 watches to a source that has synced, milliseconds. */
  readonly addMs: number;
  /** To find a watch by its key, nanoseconds, by the number of watches. */
  readonly lookupNs: Readonly<Record<number, number>>;
}

const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };

function deployment(name: string) {
  const labels = { app: name };
  const containers = [{ name: 'main', image: 'registry.example.com/main:1' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

function request(index: number, name: string, onAdd: () => void) {
  return {
    owner: { group: 'shop.io', kind: 'App', namespace: 'shop', name: `app-${index}` },
    target: { gvr: deployments, namespace: 'shop', name },
    handlers: { onAdd },
  };
}

export async function measureManager(owners = 1_000): Promise<ManagerMeasurement> {
  await using server = await ApiServer.start();
  server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  for (let index = 0; index < owners; index++) server.create(deployment(`web-${index}`));
  await using manager = new Manager({ client: server.kubeConfig() });
  manager.start();
  let told = 0;
  let most = 0;
  const started = performance.now();
  const look = setInterval(() => {
    most = Math.max(most, server.watches);
  }, 1);
  const all = Array.from({ length: owners }, (_, index) =>
    manager.add(request(index, `web-${index}`, () => void told++)),
  );
  await Promise.all((await Promise.all(all)).map((handle) => handle.ready()));
  const syncMs = performance.now() - started;
  if (told !== owners) throw new Error(`${told} of ${owners} handlers were told`);
  while (server.watches > 1) await new Promise((resolve) => setTimeout(resolve, 10));
  clearInterval(look);
  const opened = server.requests.all({ resource: 'deployments' }).filter(({ query }) => query.get('watch') === 'true');
  const before = process.cpuUsage();
  await Promise.all(
    Array.from({ length: 10_000 }, (_, index) =>
      manager.add(request(owners + index, `web-${index % owners}`, () => {})),
    ),
  );
  const { user, system } = process.cpuUsage(before);
  return {
    owners,
    watches: { opened: opened.length, most, atLast: server.watches },
    syncMs,
    addMs: (user + system) / 1_000,
    lookupNs: { 1000: lookup(1_000), 100000: lookup(100_000) },
  };
}

/** Nanoseconds for each look-up, of keys all over a manager that is not started. */
function lookup(watches: number): number {
  const manager = new Manager({ client: { getCurrentCluster: () => null } as never });
  for (let index = 0; index < watches; index++) {
    void manager.add({ ...request(index, `web-${index}`, () => {}), waitForSync: false });
  }
  const keys = manager.list().map(({ key }) => key);
  const some = Array.from({ length: 1_000 }, (_, index) => keys[(index * 7_919) % keys.length]!);
  const rounds = 1_000;
  // Once for the handles to be made, and the code to be compiled.
  for (const key of some) manager.get(key);
  const started = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) for (const key of some) manager.get(key);
  return Number(process.hrtime.bigint() - started) / (rounds * some.length);
}

if (import.meta.main) {
  const { owners, watches, syncMs, addMs, lookupNs } = await measureManager();
  const { opened, most, atLast } = watches;
  console.log(
    `${owners} owners, a Deployment each: ${opened} watches opened, ${most} at most at a time, ${atLast} in the end`,
  );
  console.log(`all told after ${syncMs.toFixed(0)} ms`);
  console.log(`10,000 further watches added in ${addMs.toFixed(0)} ms of CPU`);
  for (const [count, ns] of Object.entries(lookupNs)) console.log(`look-up by key among ${count}: ${ns.toFixed(0)} ns`);
}
