import type { DeepReadonly, KubeObject, SharedIndexInformer, SharedInformerFactory } from 'kube-informer';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { customDefinition } from '../support/custom-definition.ts';
import { type ConfigMap, configMap, configMaps, live, purpose, record, until, world } from './s000-world.ts';

interface Widget extends KubeObject {
  spec: { color: string };
}

const definition = customDefinition({ names: { listKind: 'WidgetList' } });

const containers = [{ name: 'main', image: 'web' }];
const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
const kinds = [
  { gvr: { group: '', version: 'v1', resource: 'pods' }, kind: 'Pod', apiVersion: 'v1', spec: { containers } },
  {
    gvr: { group: 'apps', version: 'v1', resource: 'deployments' },
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    spec: { selector: { matchLabels: { app: 'web' } }, template },
  },
  {
    gvr: { group: 'example.com', version: 'v1', resource: 'widgets' },
    kind: 'Widget',
    apiVersion: 'example.com/v1',
    spec: { color: 'red' },
  },
];

describe('S001-01 any resource', () => {
  it.each(kinds)(
    'is watched as an object without a type of its own: $kind',
    async ({ gvr, kind, apiVersion, spec }) => {
      await using w = await world();
      w.server.create(definition);
      const informer = w.factory.forResource(gvr);
      const lines: string[] = [];
      informer.addEventHandler(({ type, object }) => void lines.push(`${type} ${object.kind} ${object.metadata.name}`));
      w.server.create({ apiVersion, kind, metadata: { name: 'one', namespace: 'shop' }, spec });
      await live(w.factory, informer);
      w.server.patchObject(gvr, 'shop', 'one', { metadata: { labels: { tier: 'front' } } });
      w.server.delete(gvr, 'shop', 'one');
      await until(() => lines.length === 3);
      expect(lines).toEqual([`add ${kind} one`, `update ${kind} one`, `delete ${kind} one`]);
    },
  );

  it('is typed by whoever asks for it', async () => {
    await using w = await world();
    const widgets = w.factory.forResource<Widget>({ group: 'example.com', version: 'v1', resource: 'widgets' });
    expectTypeOf(widgets.lister.get('shop', 'one')).toEqualTypeOf<DeepReadonly<Widget> | undefined>();
    w.server.create(definition);
    w.server.create({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'one', namespace: 'shop' },
      spec: { color: 'red' },
    });
    await live(w.factory, widgets);
    expect(widgets.lister.get('shop', 'one')?.spec.color).toBe('red');
  });
});

describe('S001-05 modules that use one factory', () => {
  it('get the same informer and cost the server one stream', async () => {
    await using w = await world();
    const heard: string[] = [];
    const module = (name: string) => (factory: SharedInformerFactory) => {
      const informer = factory.core.v1.configmaps();
      informer.addEventHandler({ onAdd: ({ metadata }) => heard.push(`${name} ${metadata.name}`) });
      return informer;
    };
    const [first, second] = [module('billing')(w.factory), module('audit')(w.factory)];
    expect(second).toBe(first);
    await live(w.factory, first);
    w.server.create(configMap('blue'));
    await until(() => heard.length === 2);
    expect(heard.toSorted()).toEqual(['audit blue', 'billing blue']);
    expect(w.server.requests.all().map(purpose)).toEqual(['stream']);
  });
});

describe('S000-24 set-based label selectors', () => {
  it.each([
    ['tier in (front, back)', ['a', 'b']],
    ['tier notin (front, back)', ['c', 'd']],
    ['tier', ['a', 'b', 'c']],
    ['!tier', ['d']],
  ])('are evaluated by the server: %s', async (labelSelector, names) => {
    await using w = await world();
    w.server.create(configMap('a', '1', 'shop', { tier: 'front' }));
    w.server.create(configMap('b', '1', 'shop', { tier: 'back' }));
    w.server.create(configMap('c', '1', 'shop', { tier: 'middle' }));
    w.server.create(configMap('d', '1', 'shop'));
    const informer: SharedIndexInformer<ConfigMap> = w.factory.forResource(configMaps, { labelSelector });
    const lines = record(informer);
    await live(w.factory, informer);
    await until(() => lines.length === names.length);
    expect(lines.toSorted()).toEqual(names.map((name) => `add ${name} 1`));
    expect(w.server.requests.last()?.query.get('labelSelector')).toBeTruthy();
  });

  it('turn what stops matching into a delete, and what begins to match into an add', async () => {
    await using w = await world();
    const informer = w.factory.forResource(configMaps, { labelSelector: 'tier in (front, back)' });
    const lines = record(informer);
    w.server.create(configMap('a', '1', 'shop', { tier: 'front' }));
    await live(w.factory, informer);
    for (const tier of ['back', 'middle', 'front']) {
      w.server.patchObject(configMaps, 'shop', 'a', { metadata: { labels: { tier } } });
    }
    await until(() => lines.length === 4);
    expect(lines).toEqual(['add a 1', 'update a 1>1', 'delete a 1', 'add a 1']);
  });
});

describe('S001-09 one client', () => {
  it('gives typed and dynamic access to the same objects', async () => {
    await using w = await world();
    const { client } = w.factory;
    const typed = client.resource(configMaps, { namespace: 'shop' });
    const dynamic = client.resource<KubeObject>({ group: '', version: 'v1', resource: 'configmaps' });
    expectTypeOf(typed.get).returns.resolves.toEqualTypeOf<ConfigMap>();
    expectTypeOf(dynamic.get).returns.resolves.toEqualTypeOf<KubeObject>();
    const created = await typed.create(configMap('blue', '1'));
    expect(created.data?.value).toBe('1');
    expect(await dynamic.get('blue', { namespace: 'shop' })).toEqual(created);
  });
});
