import {
  ApiStatusError,
  generationChanged,
  labelsChanged,
  partChanged,
  pathsChanged,
  pipeline,
  resourceVersionChanged,
  watch,
} from 'kube-informer';
import { describe, expect, it } from 'vitest';
import { type ConfigMap, configMap, configMaps, line, live, record, until, world } from './s000-world.ts';

describe('S000-01 changes of config maps', () => {
  it('reach a handler as add, update and delete, with the right objects', async () => {
    await using w = await world();
    const informer = w.factory.forResource(configMaps);
    const calls: unknown[][] = [];
    informer.addEventHandler({
      onAdd: (object) => calls.push(['add', object.data]),
      onUpdate: (oldObject, object) => calls.push(['update', oldObject.data, object.data]),
      onDelete: (object) => calls.push(['delete', object.data]),
    });
    await live(w.factory, informer);
    const client = w.factory.client.resource(configMaps, { namespace: 'shop' });
    await client.create(configMap('blue', '1'));
    await until(() => calls.length === 1);
    await client.patch('blue', { data: { value: '2' } }, { type: 'merge' });
    await until(() => calls.length === 2);
    await client.delete('blue');
    await until(() => calls.length === 3);
    expect(calls).toEqual([
      ['add', { value: '1' }],
      ['update', { value: '1' }, { value: '2' }],
      ['delete', { value: '2' }],
    ]);
  });

  it('are visible as ADDED, MODIFIED and DELETED in a plain watch', async () => {
    await using w = await world();
    const client = w.factory.client.resource<ConfigMap>(configMaps, { namespace: 'shop' });
    const raw: string[] = [];
    const events = watch(client);
    const read = (async () => {
      for await (const event of events) raw.push(event.type);
    })();
    await until(() => w.server.watches === 1);
    await client.create(configMap('blue', '1'));
    await client.patch('blue', { data: { value: '2' } }, { type: 'merge' });
    await client.delete('blue');
    await until(() => raw.length === 3);
    events.stop();
    await read;
    expect(raw).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });
});

describe('S000-02 an informer of two namespaces out of three', () => {
  const allowed = ['shop', 'bank'];

  it('needs rights in these only, asks for these only, and knows nothing of the third', async () => {
    await using w = await world({ server: { authorize: ({ namespace }) => allowed.includes(namespace) } });
    for (const namespace of ['shop', 'bank', 'school'])
      w.server.create(configMap(`first-${namespace}`, '1', namespace));
    const informer = w.factory.forResource(configMaps, { namespaces: allowed });
    const lines = record(informer);
    await live(w.factory, informer);
    for (const namespace of ['shop', 'bank', 'school']) {
      w.server.create(configMap(`second-${namespace}`, '1', namespace));
      w.server.patchObject(configMaps, namespace, `first-${namespace}`, { data: { value: '2' } });
    }
    await until(() => lines.length === 6);
    expect(lines.toSorted()).toEqual([
      'add first-bank 1',
      'add first-shop 1',
      'add second-bank 1',
      'add second-shop 1',
      'update first-bank 1>2',
      'update first-shop 1>2',
    ]);
    expect(Array.from(informer.indexer.keys()).toSorted()).toEqual([
      'bank/first-bank',
      'bank/second-bank',
      'shop/first-shop',
      'shop/second-shop',
    ]);
    const paths = new Set(w.server.requests.all().map(({ path }) => path));
    expect(Array.from(paths).toSorted()).toEqual([
      '/api/v1/namespaces/bank/configmaps',
      '/api/v1/namespaces/shop/configmaps',
    ]);
    expect(w.errors).toEqual([]);
  });

  it('watches the whole cluster once if no namespaces are named', async () => {
    await using w = await world();
    for (const namespace of ['shop', 'bank', 'school']) w.server.create(configMap('one', '1', namespace));
    const informer = w.factory.forResource(configMaps, { namespaces: '*' });
    await live(w.factory, informer);
    expect(informer.indexer.size).toBe(3);
    expect(w.server.requests.all().map(({ path }) => path)).toEqual(['/api/v1/configmaps']);
  });
});

describe('S000-04 a pipeline before a handler', () => {
  it('lets a change of the status pass as a new version, and not as a new generation', async () => {
    await using w = await world();
    const deployments = w.factory.apps.v1.deployments();
    const log: string[] = [];
    const names = { resourceVersionChanged, generationChanged, labelsChanged };
    for (const [name, predicate] of Object.entries(names)) {
      deployments.addEventHandler({
        onUpdate: (_oldObject, _object, event) => {
          if (predicate(event)) log.push(name);
        },
      });
    }
    const spec = (replicas: number) => ({
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
    });
    const web = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } };
    w.server.create({ ...web, spec: spec(1) });
    await live(w.factory, deployments);
    const client = w.factory.client.resource({ group: 'apps', version: 'v1', resource: 'deployments' });
    const options = { type: 'merge', namespace: 'shop' } as const;
    await client.patch('web', { status: { readyReplicas: 1 } }, { ...options, subresource: 'status' });
    await until(() => deployments.lister.get('shop', 'web')?.status?.readyReplicas === 1);
    await until(() => log.length >= 1);
    expect(log).toEqual(['resourceVersionChanged']);
    log.length = 0;
    await client.patch('web', { spec: { replicas: 2 } }, options);
    await until(() => log.length >= 2);
    expect(log).toEqual(['resourceVersionChanged', 'generationChanged']);
    log.length = 0;
    await client.patch('web', { metadata: { labels: { tier: 'front' } } }, options);
    await until(() => log.length >= 2);
    expect(log).toEqual(['resourceVersionChanged', 'labelsChanged']);
  });

  it('gives the handler the named paths only', async () => {
    await using w = await world();
    const informer = w.factory.forResource(configMaps);
    const payloads: unknown[] = [];
    informer.addEventHandler(
      pipeline<ConfigMap>()
        .project(['metadata.name', 'data.value'])
        .to(({ object }) => void payloads.push(object)),
    );
    w.server.create(configMap('blue', '1', 'shop', { tier: 'front' }));
    await live(w.factory, informer);
    await until(() => payloads.length === 1);
    expect(payloads).toEqual([{ metadata: { name: 'blue' }, data: { value: '1' } }]);
  });

  it('filters by labels and by state, and turns entering and leaving into add and delete', async () => {
    await using w = await world();
    const informer = w.factory.forResource(configMaps);
    const lines: string[] = [];
    informer.addEventHandler(
      pipeline<ConfigMap>()
        .matching('tier in (front, middle)')
        .filter(({ data }) => data?.value !== '0')
        .changed(pathsChanged(['data.value']))
        .to((event) => void lines.push(line(event))),
    );
    w.server.create(configMap('blue', '1', 'shop', { tier: 'front' }));
    w.server.create(configMap('red', '1', 'shop', { tier: 'back' }));
    await live(w.factory, informer);
    const patches = [
      { metadata: { labels: { tier: 'middle' } } },
      { data: { value: '2' } },
      { data: { value: '0' } },
      { data: { value: '3' } },
      { metadata: { labels: { tier: 'back' } } },
      { data: { value: '4' } },
    ];
    for (const patch of patches) w.server.patchObject(configMaps, 'shop', 'blue', patch);
    await until(() => informer.lister.get('shop', 'blue')?.data?.value === '4' && lines.length >= 5);
    expect(lines).toEqual(['add blue 1', 'update blue 1>2', 'delete blue 2', 'add blue 3', 'delete blue 3']);
  });

  it('passes a state once, however often it is told of it', () => {
    const lines: string[] = [];
    const step = pipeline<ConfigMap>().to((event) => void lines.push(line(event)));
    const state = (resourceVersion: string, value: string): ConfigMap => {
      const meta = { name: 'blue', namespace: 'shop', uid: 'u', resourceVersion, creationTimestamp: '' };
      return { ...configMap('blue', value), metadata: meta };
    };
    const one = state('1', '1');
    const two = state('2', '2');
    step.onAdd?.(one, { type: 'add', object: one, isInInitialList: true });
    step.onUpdate?.(one, one, { type: 'update', oldObject: one, object: one, isResync: false });
    step.onUpdate?.(one, two, { type: 'update', oldObject: one, object: two, isResync: false });
    step.onAdd?.(two, { type: 'add', object: two, isInInitialList: true });
    step.onDelete?.(two, { type: 'delete', object: two, finalStateUnknown: false });
    step.onDelete?.(two, { type: 'delete', object: two, finalStateUnknown: false });
    expect(lines).toEqual(['add blue 1', 'update blue 1>2', 'delete blue 2']);
  });

  it('merges what waits for a slow handler into one change for each object, if that is wanted', async () => {
    await using w = await world();
    const informer = w.factory.forResource(configMaps);
    for (const name of ['a', 'b']) w.server.create(configMap(name, '0'));
    await live(w.factory, informer);
    const lines: string[] = [];
    const first = Promise.withResolvers<void>();
    const registration = informer.addEventHandler(
      async (event) => {
        lines.push(line(event));
        if (lines.length === 3) await first.promise;
      },
      { overflow: { policy: 'coalesce', above: 1 } },
    );
    await registration.ready;
    for (let value = 1; value <= 100; value++) {
      for (const name of ['a', 'b']) {
        w.server.patchObject(configMaps, 'shop', name, { data: { value: String(value) } });
      }
    }
    await until(() => informer.lister.get('shop', 'b')?.data?.value === '100');
    // Two hundred events waited; of each object the first and the last state matter.
    await until(() => registration.lag <= 10);
    first.resolve();
    await until(() => registration.lag === 0 && lines.at(-1)?.endsWith('100') === true);
    expect(lines.length).toBeLessThanOrEqual(13);
    for (const name of ['a', 'b']) {
      const ofName = lines.filter((text) => text.startsWith(`update ${name}`));
      expect(ofName.at(-1)).toMatch(/>100$/);
      // The events of an object chain: each begins where the one before has ended.
      const steps = ofName.map((text) => text.split(' ')[2]!.split('>'));
      for (const [index, [from]] of steps.entries()) expect(from).toBe(index === 0 ? '0' : steps[index - 1]![1]);
    }
  });
});

describe('S000-14 the state before and after', () => {
  it('is that of the cache, also over a gap; a deletion that nobody saw is marked, with the last object that is known', async () => {
    await using w = await world();
    for (const name of ['changed', 'deleted', 'untouched']) w.server.create(configMap(name, '1'));
    const informer = w.factory.forResource(configMaps);
    const lines = record(informer);
    await live(w.factory, informer);
    await until(() => lines.length === 3);
    lines.length = 0;
    await w.server.pauseListening();
    w.server.resetConnections();
    await until(() => informer.status().phase === 'reconnecting');
    w.server.patchObject(configMaps, 'shop', 'changed', { data: { value: '2' } });
    w.server.patchObject(configMaps, 'shop', 'changed', { data: { value: '3' } });
    w.server.delete(configMaps, 'shop', 'deleted');
    w.server.compact();
    await w.server.resumeListening();
    while (lines.length < 2) {
      await w.clock.advance(1_000);
      await until(() => informer.status().connected || informer.status().nextAttemptAt !== undefined);
    }
    expect(lines.toSorted()).toEqual(['delete deleted 1 unknown', 'update changed 1>3']);
    expect(w.errors.some((error) => error instanceof ApiStatusError && error.class === 'expired')).toBe(true);
  });

  it('S000-14 of a deletion that was seen is final', async () => {
    await using w = await world();
    w.server.create(configMap('blue', '1'));
    const informer = w.factory.forResource(configMaps);
    const lines = record(informer);
    await live(w.factory, informer);
    w.server.patchObject(configMaps, 'shop', 'blue', { data: { value: '2' } });
    w.server.delete(configMaps, 'shop', 'blue');
    await until(() => lines.length === 3);
    expect(lines).toEqual(['add blue 1', 'update blue 1>2', 'delete blue 2']);
  });
});

describe('S001-34 a handler', () => {
  it('is told of an inferred deletion by an object like any other, whatever door it uses', async () => {
    await using w = await world();
    const stored = w.server.create(configMap('deleted', '1'));
    const informer = w.factory.forResource(configMaps);
    const seen: unknown[] = [];
    informer.addEventHandler({ onDelete: (object, event) => seen.push([object.metadata, event.finalStateUnknown]) });
    informer.addEventHandler((event) => {
      if (event.type === 'delete') seen.push([event.object.metadata, event.finalStateUnknown]);
    });
    const stream = (async () => {
      for await (const event of informer.events()) {
        if (event.type === 'delete') return void seen.push([event.object.metadata, event.finalStateUnknown]);
      }
    })();
    await live(w.factory, informer);
    await w.server.pauseListening();
    w.server.resetConnections();
    await until(() => informer.status().phase === 'reconnecting');
    w.server.delete(configMaps, 'shop', 'deleted');
    w.server.compact();
    await w.server.resumeListening();
    while (seen.length < 3) {
      await w.clock.advance(1_000);
      await until(() => informer.status().connected || informer.status().nextAttemptAt !== undefined);
    }
    await stream;
    const { name, namespace, uid, resourceVersion } = stored.metadata;
    for (const entry of seen)
      expect(entry).toEqual([expect.objectContaining({ name, namespace, uid, resourceVersion }), true]);
  });
});

describe('S000-23 the predicate for the generation', () => {
  it('passes what changed the spec, adds and deletes', () => {
    const object = (generation: number, resourceVersion: string) => ({
      metadata: { name: 'web', generation, resourceVersion },
    });
    const update = (from: number, to: number) =>
      generationChanged({ type: 'update', oldObject: object(from, '1'), object: object(to, '2'), isResync: false });
    expect(update(1, 2)).toBe(true);
    expect(update(1, 1)).toBe(false);
    expect(generationChanged({ type: 'add', object: object(1, '1'), isInInitialList: false })).toBe(true);
    expect(generationChanged({ type: 'delete', object: object(1, '1'), finalStateUnknown: false })).toBe(true);
  });
});

describe('S000-25 changes of spec or status only', () => {
  it('reach a handler that asks for the one or the other; objects without the field pass when anything changes', async () => {
    await using w = await world();
    const pods = w.factory.core.v1.pods();
    const maps = w.factory.forResource(configMaps);
    const updates = { spec: 0, status: 0, map: 0, any: 0 };
    pods.addEventHandler({ onUpdate: () => void updates.any++ });
    const countOn = (part: 'spec' | 'status', as: keyof typeof updates) =>
      pipeline()
        .changed(partChanged(part))
        .to(({ type }) => {
          if (type === 'update') updates[as]++;
        });
    pods.addEventHandler(countOn('spec', 'spec'));
    pods.addEventHandler(countOn('status', 'status'));
    maps.addEventHandler(countOn('spec', 'map'));
    const metadata = { name: 'web', namespace: 'shop' };
    w.server.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: '' }, status: { phase: 'Pending' } });
    w.server.create(configMap('blue', '1'));
    await live(w.factory, pods);
    await live(w.factory, maps);
    const change = async (patch: object) => {
      const before = updates.any;
      w.server.patchObject('pods', 'shop', 'web', patch);
      await until(() => updates.any > before && pods.status().handlers.every(({ lag }) => lag === 0));
    };
    await change({ status: { phase: 'Running' } });
    expect(updates).toMatchObject({ spec: 0, status: 1 });
    await change({ spec: { nodeName: 'one' } });
    expect(updates).toMatchObject({ spec: 1, status: 1 });
    await change({ metadata: { labels: { tier: 'web' } } });
    expect(updates).toMatchObject({ spec: 1, status: 1 });
    w.server.patchObject(configMaps, 'shop', 'blue', { data: { value: '2' } });
    await until(() => updates.map === 1);
  });
});
