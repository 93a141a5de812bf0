import { describe, expect, test } from 'vitest';
import { SharedIndexInformer } from '../../src/informer/index.ts';
import { Directory, parseWatchKey, type WatchCondition, watchKey, watchRequest } from '../../src/manager/index.ts';
import { KubeClient } from '../../src/transport/index.ts';
import {
  conditionsOf,
  configMap,
  configMaps,
  owner,
  pass,
  quiet,
  recording,
  rig,
  until,
  type Widget,
  watchesOf,
  widget,
  widgetDefinition,
  widgets,
} from '../unit/manager/rig.ts';

const silent = { waitForSync: false } as const;

/** An informer of widgets, as owners. */
async function ownersOf(r: Awaited<ReturnType<typeof rig>>) {
  const client = new KubeClient(r.server.kubeConfig(), { clock: r.clock });
  const informer = new SharedIndexInformer<Widget>({ listerWatcher: client.resource(widgets), clock: r.clock });
  informer.on('error', () => undefined);
  informer.start();
  await until(() => informer.hasSynced());
  return {
    informer,
    async [Symbol.asyncDispose]() {
      await informer.stop();
      await client.close();
    },
  };
}

const widgetOwner = (name: string, uid?: string) => ({
  group: 'shop.io',
  kind: 'Widget',
  namespace: 'shop',
  name,
  ...(uid !== undefined && { uid }),
});

describe('a watch', () => {
  test('S001-08: a manager owns informers for others: added, told, judged, stopped', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const handle = await r.manager.add({ owner: owner('x'), ...recording('a', lines) });
    await handle.ready();
    expect(lines).toEqual(['add a 1']);
    expect(conditionsOf(r.manager, handle.key)).toEqual({
      Synced: 'True InitialState',
      Connected: 'True Watching',
      TargetFound: 'True Found',
      Fresh: 'True RecentContact',
      HandlerHealthy: 'True Healthy',
    });
    await handle.stop();
    expect(handle.status().conditions.every(({ reason }) => reason === 'Stopped')).toBe(true);
    await expect(handle.ready()).resolves.toBeUndefined();
  });

  test('S001-16: its handle keeps request, state and stop together, also over a restart of what it hears', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const request = { owner: owner('x'), ...recording('a', []) };
    const handle = await r.manager.add(request);
    const changes: WatchCondition[] = [];
    const off = handle.on('condition', (condition) => void changes.push(condition));
    r.server.resetConnections();
    await pass(r.clock, 10_000);
    expect(handle.request).toBe(request);
    expect(handle.status()).toMatchObject({ key: handle.key, owner: owner('x'), verdict: 'healthy', lag: 0 });
    const connected = changes.filter(({ type }) => type === 'Connected').map(({ status }) => status);
    expect(connected).toEqual(['False', 'True']);
    expect(changes.every(({ lastTransitionTime }) => Date.parse(lastTransitionTime) >= Date.UTC(2026, 0, 1))).toBe(
      true,
    );
    off();
    const { length } = changes;
    await handle.stop();
    expect(changes).toHaveLength(length);
    expect(handle.request).toBe(request);
  });

  test('S001-18: of one object never hears of its neighbours, nor of one whose name differs in case or begins alike', async () => {
    await using r = await rig();
    const lines: string[] = [];
    const all: string[] = [];
    await r.manager.add({ owner: owner('x'), ...recording('web', lines) });
    await r.manager.add({ owner: owner('x'), ...recording(undefined, all) });
    for (const name of ['web', 'web-2', 'we', 'other']) r.server.create(configMap(name));
    r.server.create(configMap('web', 'elsewhere', 'bank'));
    r.server.update(configMap('web-2', '2'));
    await until(() => all.length === 5);
    await quiet();
    expect(lines).toEqual(['add web 1']);
    expect(all.filter((text) => text.includes('elsewhere'))).toEqual([]);
  });

  test('S001-20: its key is read and made by parameters', () => {
    const params = {
      owner: owner('foo'),
      gvr: { group: 'apps', version: 'v1', resource: 'deployments' },
      namespace: 'shop',
      name: 'web',
    };
    expect(parseWatchKey(watchKey(params))).toEqual(params);
    // The properties of keys are tested in test/unit/manager/key.test.ts.
    expect(watchKey({ ...params, owner: owner('foo-bar') }).startsWith(watchKey(params))).toBe(false);
  });

  test('S001-21: is found by key, and by owner, resource and namespace', async () => {
    const write = () => undefined;
    const logger = { debug: write, info: write, warn: write, error: write };
    await using r = await rig({ logger }, { start: false });
    for (let index = 0; index < 10_000; index++) {
      const namespace = index % 2 === 0 ? 'shop' : 'bank';
      void r.manager.add({
        owner: owner(`app-${index % 1_000}`),
        target: { gvr: configMaps, namespace, name: `c-${index}` },
        handlers: () => undefined,
        ...silent,
      });
    }
    expect(r.manager.list()).toHaveLength(10_000);
    expect(r.manager.list({ owner: owner('app-7') })).toHaveLength(10);
    expect(r.manager.list({ owner: owner('app-7'), namespace: 'bank', gvr: configMaps })).toHaveLength(10);
    expect(r.manager.list({ owner: owner('app-7'), namespace: 'shop' })).toEqual([]);
    expect(r.manager.list({ gvr: widgets })).toEqual([]);
    const { key } = r.manager.list({ owner: owner('app-7') })[0]!;
    const started = performance.now();
    for (let count = 0; count < 1_000; count++) r.manager.get(key);
    expect((performance.now() - started) / 1_000).toBeLessThan(0.1);
  });

  test('S001-23: the target need not exist, or is waited for, or must be there', async () => {
    await using r = await rig();
    const lines: string[] = [];
    const handle = await r.manager.add({ owner: owner('x'), ...recording('a', lines) });
    await handle.ready();
    expect(conditionsOf(r.manager, handle.key).TargetFound).toBe('False NotFound');
    let arrived = false;
    const waiting = r.manager
      .add({ owner: owner('y'), ...recording('a', [], { requireTarget: 'wait' }) })
      .then(() => (arrived = true));
    const demanding = { owner: owner('z'), ...recording('a', [], { requireTarget: 'fail' }) };
    await expect(r.manager.add(demanding)).rejects.toMatchObject({ code: 'TargetNotFound', hint: expect.any(String) });
    await pass(r.clock, 60_000, 5_000);
    expect(arrived).toBe(false);
    r.server.create(configMap('a'));
    await waiting;
    await until(() => lines.length === 1);
    expect(conditionsOf(r.manager, handle.key).TargetFound).toBe('True Found');
    expect(r.manager.list()).toHaveLength(2);
  });

  test('S001-25: stopping it waits for the call that is under way, and nothing is called after it', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const calls: string[] = [];
    const call = Promise.withResolvers<void>();
    const { key } = await r.manager.add({
      owner: owner('x'),
      target: { gvr: configMaps, namespace: 'shop', name: 'a' },
      handlers: {
        onAdd: async () => {
          calls.push('add');
          await call.promise;
          calls.push('added');
        },
        onUpdate: () => void calls.push('update'),
        onClose: () => void calls.push('close'),
      },
    });
    await until(() => calls.length === 1);
    r.server.update(configMap('a', '2'));
    await quiet();
    const stopping = r.manager.stopKey(key).then((was) => calls.push(`stopped ${was}`));
    await quiet();
    expect(calls).toEqual(['add']);
    call.resolve();
    await stopping;
    r.server.update(configMap('a', '3'));
    await quiet();
    expect(calls).toEqual(['add', 'added', 'close', 'stopped true']);
    expect(await r.manager.stopKey(key)).toBe(false);
  });

  test('S001-30: is replaced without a gap and without a repetition, while changes come all the time', async () => {
    await using r = await rig({ linger: 0 });
    r.server.create(configMap('a'));
    r.server.create(configMap('b'));
    const lines: string[] = [];
    const first = recording('a', lines);
    let { key } = await r.manager.add({ owner: owner('x'), ...first });
    let version = 1;
    const targets = [
      { gvr: configMaps, namespace: 'shop' },
      { gvr: configMaps, namespace: 'shop', fieldSelector: 'metadata.name=a' },
      first.target,
    ];
    for (const target of targets) {
      const replacing = r.manager.replace(key, { owner: owner('x'), target, handlers: first.handlers });
      for (let count = 0; count < 10; count++) {
        r.server.update(configMap('a', String(++version)));
        await quiet(3);
      }
      ({ key } = await replacing);
      expect(r.manager.list()).toHaveLength(1);
    }
    await until(() => lines.at(-1)?.endsWith(`>${version}`) ?? false);
    const ofA = lines.filter((text) => text.includes(' a '));
    expect(ofA[0]).toBe('add a 1');
    // Each update begins where the one before ended, from the first to the last: nothing is missed, nothing comes twice.
    let state = 1;
    for (const text of ofA.slice(1)) {
      const [, from, to] = /^update a (\d+)>(\d+)$/.exec(text)!.map(Number);
      expect(from).toBe(state);
      expect(to).toBeGreaterThan(state);
      state = to!;
    }
    expect(state).toBe(version);
    expect(lines.filter((text) => text.includes(' b '))).toEqual(['add b 1', 'delete b 1 unseen']);
    expect(r.manager.sources()).toMatchObject([{ fieldSelector: 'metadata.name=a' }]);
  });

  test('S001-30: goes on if what is to replace it does not sync', async () => {
    await using r = await rig();
    r.server.create(configMap('a'));
    const lines: string[] = [];
    const { key } = await r.manager.add({ owner: owner('x'), ...recording('a', lines) });
    r.server.faults.add({
      match: ({ query }) => query.get('fieldSelector') === 'metadata.name=b',
      action: { kind: 'stall' },
    });
    const replacing = expect(
      r.manager.replace(key, { owner: owner('x'), ...recording('b', lines) }),
    ).rejects.toMatchObject({ code: 'SyncTimeout' });
    await quiet();
    await pass(r.clock, 30_000);
    await replacing;
    r.server.update(configMap('a', '2'));
    await until(() => lines.length === 2);
    expect(r.manager.list().map((handle) => handle.key)).toEqual([key]);
    await expect(
      r.manager.replace('owner/none', { owner: owner('x'), ...recording('b', lines) }),
    ).rejects.toMatchObject({ code: 'InvalidOption' });
  });
});

describe('owners', () => {
  test('S001-26: the watches of an owner end when its object is gone, those of others stay', async () => {
    await using r = await rig();
    r.server.create(widgetDefinition);
    const { uid } = r.server.create(widget('blue')).metadata as { uid: string };
    r.server.create(widget('red'));
    r.server.create(configMap('a'));
    await using owners = await ownersOf(r);
    const lines: string[] = [];
    for (const name of ['blue', 'red']) {
      const of = widgetOwner(name, name === 'blue' ? uid : undefined);
      await r.manager.add({ owner: of, ...recording('a', lines) });
      r.manager.bindOwner(of, owners.informer);
      r.manager.bindOwner(of, owners.informer);
    }
    await until(() => lines.length === 2);
    r.server.delete(widgets, 'shop', 'blue');
    await until(() => r.manager.list().length === 1);
    expect(r.manager.list().map(({ status }) => status().owner)).toEqual([widgetOwner('red')]);
    r.server.update(configMap('a', '2'));
    await until(() => lines.length === 3);
    await quiet();
    expect(lines).toEqual(['add a 1', 'add a 1', 'update a 1>2']);
    // An owner of that name that comes later is another one: the end of the first does not touch it.
    const again = widgetOwner('blue', (r.server.create(widget('blue')).metadata as { uid: string }).uid);
    await until(() => owners.informer.indexer.has('shop/blue'));
    await r.manager.add({ owner: again, ...recording('a', lines) });
    r.manager.bindOwner(again, owners.informer);
    expect(await r.manager.stopForOwner(widgetOwner('blue', uid))).toBe(0);
    await quiet();
    expect(r.manager.list()).toHaveLength(2);
    expect(owners.informer.status().handlers).toHaveLength(2);
  });

  test('S001-26: an owner that is gone before it is bound has no watches left', async () => {
    await using r = await rig();
    r.server.create(widgetDefinition);
    r.server.create(widget('blue'));
    await using owners = await ownersOf(r);
    for (const of of [widgetOwner('never'), widgetOwner('blue', 'the-one-before')]) {
      await r.manager.add({ owner: of, ...recording('a', []) });
      r.manager.bindOwner(of, owners.informer);
    }
    await until(() => r.manager.list().length === 0);
  });

  test('S001-31: at the start the watches are brought in line with the owners: one replaced, one stopped, three untouched', async () => {
    await using r = await rig();
    r.server.create(widgetDefinition);
    for (let size = 1; size <= 5; size++) r.server.create(widget(`w-${size}`, size));
    for (let size = 1; size <= 9; size++) r.server.create(configMap(`c-${size}`));
    await using owners = await ownersOf(r);
    const lines: string[] = [];
    const requestsFor = ({ spec }: { readonly spec: { readonly size: number } }) => [
      watchRequest(recording(`c-${spec.size}`, lines, { handlersId: 'it' })),
    ];
    // What an earlier life has left: all as wanted, but w-4 refers to something else, and w-6 is no more.
    const before = new Map<number, unknown>();
    for (const size of [1, 2, 3, 5, 6]) {
      const [handle] = await r.manager.setDesired(widgetOwner(`w-${size}`), requestsFor({ spec: { size } }));
      before.set(size, handle);
    }
    const [other] = await r.manager.setDesired(widgetOwner('w-4'), requestsFor({ spec: { size: 9 } }));
    const binding = r.manager.reconcileOwners(owners.informer, { group: 'shop.io', kind: 'Widget', requestsFor });
    await binding.ready;
    await until(() => r.manager.list().length === 5 && !r.manager.list().includes(other!));
    const now = new Map(r.manager.list().map((handle) => [handle.request.target.name, handle]));
    expect([...now.keys()].sort()).toEqual(['c-1', 'c-2', 'c-3', 'c-4', 'c-5']);
    for (const size of [1, 2, 3, 5]) expect(now.get(`c-${size}`)).toBe(before.get(size));
    // And from then on.
    r.server.delete(widgets, 'shop', 'w-1');
    r.server.update(widget('w-2', 8));
    r.server.create(widget('w-7', 7));
    const names = () =>
      r.manager
        .list()
        .map(({ request }) => request.target.name)
        .sort()
        .join();
    await until(() => names() === 'c-3,c-4,c-5,c-7,c-8');
    await binding.stop();
    r.server.delete(widgets, 'shop', 'w-7');
    await quiet();
    expect(r.manager.list()).toHaveLength(5);
  });

  test('S001-07: a directory follows the owners: what belongs to what is known without a call', async () => {
    await using r = await rig();
    r.server.create(widgetDefinition);
    r.server.create(widget('blue', 1));
    await using owners = await ownersOf(r);
    const directory = new Directory<string, string>();
    const registration = directory.follow(owners.informer, ({ metadata, spec }) => [
      [`service-${spec.size}`, metadata.name],
    ]);
    await registration.ready;
    expect([...directory]).toEqual([['service-1', 'blue']]);
    r.server.update(widget('blue', 2));
    await until(() => directory.has('service-2'));
    expect([...directory]).toEqual([['service-2', 'blue']]);
    r.server.create(widget('red', 2));
    await until(() => directory.get('service-2') === 'red');
    r.server.delete(widgets, 'shop', 'red');
    await until(() => directory.get('service-2') === 'blue');
    r.server.delete(widgets, 'shop', 'blue');
    await until(() => directory.size === 0);
  });
});

describe('many', () => {
  test('S001-33: a thousand owners of one object each: eleven watches at most, one in the end', async () => {
    await using r = await rig();
    for (let index = 0; index < 1_000; index++) r.server.create(configMap(`c-${index}`));
    const lines: string[][] = Array.from({ length: 1_000 }, () => []);
    let most = 0;
    await Promise.all(
      lines.map(async (to, index) => {
        await r.manager.add({ owner: owner(`app-${index}`), ...recording(`c-${index}`, to) });
        most = Math.max(most, r.server.watches);
      }),
    );
    await until(() => lines.every(({ length }) => length === 1));
    expect(most).toBeLessThanOrEqual(11);
    await until(() => r.server.watches === 1);
    expect(watchesOf(r.server).length).toBeLessThanOrEqual(11);
    expect(r.manager.sources()).toMatchObject([{ fieldSelector: '', watches: 1_001 }]);
    r.server.update(configMap('c-5', '2'));
    await until(() => lines[5]!.length === 2);
    await quiet();
    expect(lines[5]).toEqual(['add c-5 1', 'update c-5 1>2']);
    expect(lines.flat()).toHaveLength(1_001);
  });
});
