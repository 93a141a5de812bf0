import type { InformerEvent, KubeInformerError, KubeObject, SharedIndexInformer } from 'kube-informer';
import { settle } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import { type ConfigMap, configMap, configMaps, until, type World, world } from './s000-world.ts';

const namespaces = { group: '', version: 'v1', resource: 'namespaces' };

function namespace(w: World, name: string, team = ''): void {
  w.server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: team ? { team } : {} } });
}

function label(w: World, name: string, team: string): void {
  const present = w.server.get<KubeObject>(namespaces, '', name)!;
  w.server.update({ ...present, metadata: { ...present.metadata, labels: { team } } });
}

/** `add shop/a (initial)`, `delete shop/a (left)`. */
function lineOf(event: InformerEvent<ConfigMap>): string {
  const { namespace: of, name } = event.object.metadata;
  const initial = event.type === 'add' && event.isInInitialList ? ' (initial)' : '';
  const left = event.type === 'delete' && event.leftScope ? ' (left)' : '';
  return `${event.type} ${of}/${name}${initial}${left}`;
}

const watchesOf = (w: World) =>
  w.server.requests.all({ resource: 'configmaps', verb: 'watch' }).map(({ path }) => path);

/** Watches that are open, beside the one of the namespaces. */
const open = (w: World) => w.server.watches - 1;

const watched = (informer: SharedIndexInformer<ConfigMap>) => [...informer.status().reflectors.keys()].sort();

const many = (count: number) => Array.from({ length: count }, (_, index) => `team-${index}`);

describe('S000-03 the namespaces follow a selector', () => {
  it('label a namespace: its objects arrive as adds; unlabel it: as deletes', async () => {
    await using w = await world();
    for (const name of ['red', 'blue', 'grey']) namespace(w, name, name === 'red' ? 'a' : '');
    for (const name of ['red', 'blue', 'grey']) w.server.create(configMap('one', '1', name));
    const informer = w.factory.forResource(configMaps, { namespaces: { namespaceSelector: 'team=a' } });
    const heard: string[] = [];
    informer.addEventHandler((event) => void heard.push(lineOf(event)));
    w.factory.start();
    await until(() => informer.hasSynced());
    await until(() => heard.length === 1);
    label(w, 'blue', 'a');
    await until(() => heard.length === 2);
    w.server.create(configMap('two', '1', 'blue'));
    await until(() => heard.length === 3);
    label(w, 'blue', 'b');
    await until(() => heard.length === 5);
    w.server.create(configMap('three', '1', 'blue'));
    await settle(50);
    expect(heard.slice(0, 3)).toEqual(['add red/one (initial)', 'add blue/one (initial)', 'add blue/two']);
    expect(heard.slice(3).sort()).toEqual(['delete blue/one (left)', 'delete blue/two (left)']);
    expect([...informer.indexer.keys()]).toEqual(['red/one']);
    expect(watched(informer)).toEqual(['red']);
    await until(() => open(w) === 1);
    expect(new Set(watchesOf(w))).toEqual(
      new Set(['/api/v1/namespaces/red/configmaps', '/api/v1/namespaces/blue/configmaps']),
    );
  });

  it('patterns include and exclude names; a namespace that is created or deleted joins or leaves', async () => {
    await using w = await world();
    for (const name of ['shop-a', 'shop-b', 'shop-test', 'kube-x']) namespace(w, name);
    const informer = w.factory.forResource(configMaps, {
      namespaces: { include: ['shop-*', '*-x'], exclude: ['*-test', 'kube-*'] },
    });
    w.factory.start();
    await until(() => informer.hasSynced());
    expect([...informer.status().reflectors.keys()].sort()).toEqual(['shop-a', 'shop-b']);
    namespace(w, 'shop-c');
    await until(() => informer.status().reflectors.has('shop-c'));
    w.server.delete(namespaces, '', 'shop-a');
    await until(() => !informer.status().reflectors.has('shop-a'));
    expect(informer.name).toContain('like *-x, shop-* except *-test, kube-*');
  });

  it('50 matching namespaces: exactly one watch is open', async () => {
    await using w = await world();
    for (const name of many(50)) namespace(w, name, 'a');
    namespace(w, 'other');
    for (const name of [...many(50), 'other']) w.server.create(configMap('one', '1', name));
    const informer = w.factory.forResource(configMaps, { namespaces: { namespaceSelector: 'team=a' } });
    const heard: string[] = [];
    informer.addEventHandler((event) => void heard.push(lineOf(event)));
    w.factory.start();
    await until(() => informer.hasSynced() && heard.length === 50);
    expect(informer.indexer.size).toBe(50);
    expect(heard.every((line) => line.endsWith('(initial)'))).toBe(true);
    expect(watchesOf(w)).toEqual(['/api/v1/configmaps']);
    expect(open(w)).toBe(1);
  });

  it('with a 21st namespace it goes over to one watch, with the 15th back to many: nothing is told twice', async () => {
    await using w = await world();
    for (const name of many(22)) namespace(w, name, Number(name.slice(5)) < 20 ? 'a' : '');
    for (const name of many(22)) w.server.create(configMap('one', '1', name));
    const informer = w.factory.forResource(configMaps, { namespaces: { namespaceSelector: 'team=a' } });
    const heard: string[] = [];
    informer.addEventHandler((event) => void heard.push(lineOf(event)));
    w.factory.start();
    await until(() => heard.length === 20 && informer.status().connected);
    expect(open(w)).toBe(20);

    label(w, 'team-20', 'a');
    await until(() => heard.length === 21 && open(w) === 1);
    expect(watched(informer)).toEqual(['']);
    expect(heard.at(-1)).toBe('add team-20/one (initial)');
    w.server.create(configMap('two', '1', 'team-3'));
    w.server.create(configMap('two', '1', 'team-21'));
    w.server.delete(configMaps, 'team-4', 'one');
    await until(() => heard.length === 23);
    expect(heard.slice(21)).toEqual(['add team-3/two', 'delete team-4/one']);

    // One that joins now is listed on its own, then goes with the others.
    label(w, 'team-21', 'a');
    await until(() => heard.length === 25 && open(w) === 1);
    expect(heard.slice(23).sort()).toEqual(['add team-21/one (initial)', 'add team-21/two (initial)']);
    w.server.delete(configMaps, 'team-21', 'two');
    await until(() => heard.length === 26);
    expect(heard[25]).toBe('delete team-21/two');

    for (const name of many(22).slice(15)) label(w, name, '');
    await until(() => open(w) === 15 && !watched(informer).includes(''));
    await until(() => informer.status().connected && informer.indexer.size === 15);
    expect(heard.slice(26).sort()).toEqual(
      many(22)
        .slice(15)
        .map((name) => `delete ${name}/one (left)`)
        .sort(),
    );
    w.server.create(configMap('last', '1', 'team-0'));
    await until(() => heard.at(-1) === 'add team-0/last');
  });

  it('says that it may not watch all namespaces, and stays with many watches', async () => {
    await using w = await world();
    w.server.faults.add({
      match: ({ path }) => path === '/api/v1/configmaps',
      action: { kind: 'status', code: 403, reason: 'Forbidden' },
    });
    for (const name of many(4)) namespace(w, name, 'a');
    const informer = w.factory.forResource(configMaps, {
      namespaces: { namespaceSelector: 'team=a', clusterWideAbove: 3 },
    });
    const errors: KubeInformerError[] = [];
    informer.on('error', (error) => errors.push(error));
    w.factory.start();
    await until(() => informer.hasSynced() && open(w) === 4);
    expect(errors.map(({ code }) => code)).toEqual(['ApiStatus', 'ClusterWideFailed']);
    expect(errors[1]).toMatchObject({ cause: errors[0], hint: expect.stringContaining('ClusterRole') });
    namespace(w, 'team-4', 'a');
    await until(() => open(w) === 5 && informer.status().connected);
    expect(informer.status().phase).toBe('live');
    await w.clock.advance(600_000);
    await settle(100);
    expect(w.server.requests.all().filter(({ path }) => path === '/api/v1/configmaps')).toHaveLength(1);
  });

  it('is shared by equal selections, and no fixed list ever changes with it', async () => {
    await using w = await world();
    for (const name of ['red', 'blue']) namespace(w, name, 'a');
    const one = w.factory.forResource(configMaps, {
      namespaces: { namespaceSelector: 'team=a', exclude: ['x', 'kube-*'] },
    });
    const same = w.factory.forResource(configMaps, {
      namespaces: { exclude: ['kube-*', 'x'], namespaceSelector: { matchLabels: { team: 'a' } } },
    });
    const other = w.factory.forResource(configMaps, { namespaces: { namespaceSelector: 'team=a' } });
    const secrets = w.factory.core.v1.secrets({ namespaces: { namespaceSelector: 'team=a' } });
    const fixed = w.factory.forResource(configMaps, { namespaces: ['blue', 'red'] });
    expect(same).toBe(one);
    expect(other).not.toBe(one);
    expect(fixed).not.toBe(one);
    w.factory.start();
    await until(() => [one, other, secrets, fixed].every((informer) => informer.hasSynced()));
    label(w, 'red', 'b');
    await until(() => !one.status().reflectors.has('red') && !secrets.status().reflectors.has('red'));
    expect([...fixed.status().reflectors.keys()].sort()).toEqual(['blue', 'red']);
    // One watch of namespaces for all selections, however many.
    expect(w.server.requests.all({ resource: 'namespaces' }).map(({ verb }) => verb)).toEqual(['watch']);
  });

  it('may not see the namespaces: says so to whoever waits; an end in the middle leaves nothing open', async () => {
    await using w = await world();
    const fault = w.server.faults.add({
      match: { resource: 'namespaces' },
      action: { kind: 'status', code: 403, reason: 'Forbidden' },
    });
    namespace(w, 'red', 'a');
    const informer = w.factory.forResource(configMaps, { namespaces: { namespaceSelector: 'team=a' } });
    informer.start();
    await until(() => w.errors.length > 0);
    expect(informer.status()).toMatchObject({ phase: 'listing', connected: false, lastError: { class: 'forbidden' } });
    await expect(informer.waitForSync({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      cause: { class: 'forbidden' },
    });
    fault.remove();
    await w.clock.advance(60_000);
    await until(() => informer.hasSynced() && open(w) === 1);
    label(w, 'red', 'b');
    await informer.stop();
    await until(() => w.server.watches === 0);
    expect(w.clock.pendingTimers).toBe(0);
    // The next one begins anew.
    const next = w.factory.forResource(configMaps, { namespaces: { namespaceSelector: 'team=b' } });
    next.start();
    await until(() => next.hasSynced() && open(w) === 1);
    expect(watched(next)).toEqual(['red']);
  });
});
