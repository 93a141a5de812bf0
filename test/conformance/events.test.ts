import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KubeObject, keyOf, waitFor } from '../../src/index.ts';
import { colors, line, live, record, soon, World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
}, 60_000);
afterAll(() => world?.close());

describe('S000-01, S002-16: the events of a collection', () => {
  test('come in the order of the changes, each with the state before it', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await using factory = world.factory({ namespaces: [namespace] });
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    await live(factory, informer);
    await writer.create(world.widget('one', 'red'));
    await writer.patch('one', { spec: { color: 'green' } }, { type: 'merge' });
    await writer.create(world.widget('two', 'red'));
    await writer.patch('one', { spec: { color: 'blue' } }, { type: 'merge' });
    await writer.delete('one');
    await writer.create(world.widget('one', 'white'));
    await soon(() => lines).toEqual([
      'add one red',
      'update one red>green',
      'add two red',
      'update one green>blue',
      'delete one blue',
      'add one white',
    ]);
    expect(colors(informer)).toEqual(['one white', 'two red']);
  });

  test('S002-17: end, for an object with a finalizer, when that is gone', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await using factory = world.factory({ namespaces: [namespace] });
    const informer = factory.forResource(world.widgets);
    const types: string[] = [];
    informer.addEventHandler((event) => {
      const deleting = event.object.metadata.deletionTimestamp === undefined ? '' : ' deleting';
      types.push(`${event.type}${deleting}`);
    });
    await live(factory, informer);
    const widget = world.widget('one', 'red');
    await writer.create({ ...widget, metadata: { ...widget.metadata, finalizers: ['kube-informer.dev/hold'] } });
    await writer.delete('one');
    await waitFor(informer, ({ object }) => object.metadata.deletionTimestamp !== undefined, { timeout: 15_000 });
    await writer.patch('one', { metadata: { finalizers: null } }, { type: 'merge' });
    await soon(() => informer.indexer.size).toBe(0);
    await soon(() => types.at(-1)).toBe('delete deleting');
    expect(types.slice(0, 2)).toEqual(['add', 'update deleting']);
  });

  test('of a write through the status subresource change the status only', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    const created = await writer.create(world.widget('one', 'red'));
    await using factory = world.factory({ namespaces: [namespace] });
    const informer = factory.forResource(world.widgets);
    await live(factory, informer);
    await writer.replaceStatus({ ...created, spec: { color: 'ignored' }, status: { ready: true } });
    const event = await waitFor(informer, ({ object }) => object.status?.ready === true, { timeout: 15_000 });
    expect(event.object.spec.color).toBe('red');
    expect(event.object.metadata.generation).toBe(created.metadata.generation);
    await writer.patch('one', { spec: { color: 'blue' }, status: { ready: false } }, { type: 'merge' });
    const next = await waitFor(informer, ({ object }) => object.spec.color === 'blue', { timeout: 15_000 });
    expect(next.object.status).toEqual({ ready: true });
    expect(next.object.metadata.generation).toBe(Number(created.metadata.generation) + 1);
  });

  test('S002-09: begin, for a late handler, with what is there', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create(world.widget('one', 'red'));
    await using factory = world.factory({ namespaces: [namespace] });
    const informer = factory.forResource(world.widgets);
    await live(factory, informer);
    await writer.create(world.widget('two', 'red'));
    await waitFor(informer, ({ object }) => object.metadata.name === 'two', { timeout: 15_000 });
    const lines: string[] = [];
    const late = informer.addEventHandler((event) => void lines.push(line(event)));
    await late.ready;
    expect(lines.toSorted()).toEqual(['add one red (initial)', 'add two red (initial)']);
    await writer.delete('one');
    await soon(() => lines.at(-1)).toBe('delete one red');
    await late.remove();
    await writer.delete('two');
    await soon(() => informer.indexer.size).toBe(0);
    expect(lines).toHaveLength(3);
  });

  test('can be read as a stream', async () => {
    const namespace = await world.namespace();
    await using factory = world.factory({ namespaces: [namespace] });
    const informer = factory.forResource(world.widgets);
    await live(factory, informer);
    const read = (async () => {
      const lines: string[] = [];
      for await (const event of informer.events({ signal: AbortSignal.timeout(15_000) })) {
        lines.push(line(event));
        if (event.type === 'delete') break;
      }
      return lines;
    })();
    const writer = world.writer(namespace);
    await writer.create(world.widget('one', 'red'));
    await soon(() => informer.indexer.size).toBe(1);
    await writer.delete('one');
    expect((await read).map((text) => text.replace(' (initial)', ''))).toEqual(['add one red', 'delete one red']);
  });
});

describe('selectors', () => {
  test('S003-41: an object that enters the labels is added, one that leaves them is deleted', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create(world.widget('in', 'red', { tier: 'front' }));
    await writer.create(world.widget('out', 'red', { tier: 'back' }));
    await using factory = world.factory({ namespaces: [namespace], labelSelector: 'tier in (front, middle),!hidden' });
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    await live(factory, informer);
    const label = (name: string, labels: object) => writer.patch(name, { metadata: { labels } }, { type: 'merge' });
    await label('out', { tier: 'middle' });
    await label('in', { hidden: 'yes' });
    await label('in', { tier: 'back' });
    await label('in', { tier: 'front', hidden: null });
    await soon(() => lines).toEqual(['add in red (initial)', 'add out red', 'delete in red', 'add in red']);
  });

  test('S003-41: an object that enters a field is added, one that leaves it is deleted, with the state that matched', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create(world.widget('one', 'red'));
    await writer.create(world.widget('two', 'blue'));
    await using factory = world.factory({ namespaces: [namespace], fieldSelector: 'spec.color=red' });
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    const last: (number | undefined)[] = [];
    informer.addEventHandler({ onDelete: (widget) => void last.push(widget.spec.size) });
    await live(factory, informer);
    await writer.patch('one', { spec: { size: 5 } }, { type: 'merge' });
    await writer.patch('two', { spec: { color: 'red' } }, { type: 'merge' });
    await writer.patch('one', { spec: { color: 'blue', size: 6 } }, { type: 'merge' });
    await soon(() => lines.length).toBe(4);
    expect(lines.slice(0, 3)).toEqual(['add one red (initial)', 'update one red>red', 'add two red']);
    expect(lines[3]).toMatch(/^delete one /);
    expect(colors(informer)).toEqual(['two red']);
    expect(last).toHaveLength(1);
  });

  test('by name watch a single object', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create(world.widget('one', 'red'));
    await using factory = world.factory({ namespaces: [namespace], fieldSelector: 'metadata.name=two' });
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    await live(factory, informer);
    await writer.create(world.widget('two', 'red'));
    await writer.delete('one');
    await writer.delete('two');
    await soon(() => lines).toEqual(['add two red', 'delete two red']);
  });
});

describe('scopes', () => {
  test('S000-02: chosen namespaces are one cache, and nothing of others is in it', async () => {
    const [first, second, third] = [await world.namespace(), await world.namespace(), await world.namespace()];
    await world.writer(first).create(world.widget('one', 'red'));
    await world.writer(third).create(world.widget('one', 'red'));
    await using factory = world.factory({ namespaces: [first, second] });
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    await live(factory, informer);
    await world.writer(third).create(world.widget('two', 'red'));
    await world.writer(second).create(world.widget('two', 'blue'));
    await soon(() => lines).toEqual(['add one red (initial)', 'add two blue']);
    expect(Array.from(informer.indexer.keys()).toSorted()).toEqual([`${first}/one`, `${second}/two`]);
    expect(informer.lister.namespace(third).list()).toEqual([]);
  });

  test('all namespaces are one watch', async () => {
    const gadgets = world.define('gadgets', 'Gadget');
    await world.install(gadgets);
    const [first, second] = [await world.namespace(), await world.namespace()];
    await world.writer(first, gadgets).create(world.widget('one', 'red', undefined, gadgets));
    await using factory = world.factory();
    const informer = factory.forResource(gadgets);
    await live(factory, informer);
    await world.writer(second, gadgets).create(world.widget('one', 'blue', undefined, gadgets));
    await soon(() => Array.from(informer.indexer.keys()).toSorted()).toEqual([`${first}/one`, `${second}/one`]);
    expect(Array.from(informer.status().reflectors.keys())).toEqual(['']);
  });
});

describe('what is cached', () => {
  test('S004-09: metadata only has no spec, and hears of every change', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create(world.widget('one', 'red', { tier: 'front' }));
    await using factory = world.factory({ namespaces: [namespace] });
    const informer = factory.forResource(world.widgets, { as: 'metadata' });
    const events: string[] = [];
    informer.addEventHandler((event) => void events.push(`${event.type} ${keyOf(event.object as KubeObject)}`));
    await live(factory, informer);
    await writer.patch('one', { spec: { color: 'blue' } }, { type: 'merge' });
    await soon(() => events).toEqual([`add ${namespace}/one`, `update ${namespace}/one`]);
    const cached = informer.lister.get(namespace, 'one');
    expect(cached?.metadata.labels).toEqual({ tier: 'front' });
    expect(cached).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
    expect(cached).not.toHaveProperty('spec');
    await writer.delete('one');
    await soon(() => events.at(-1)).toBe(`delete ${namespace}/one`);
  });

  test('S004-09: equals what the server says, but for the paths that are pruned', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await writer.create({ ...world.widget('one', 'red', { text: 'a' }), spec: { color: 'red', size: 3 } });
    await using factory = world.factory({ namespaces: [namespace] });
    const whole = factory.forResource(world.widgets, { prune: [] });
    await using other = world.factory({ namespaces: [namespace] });
    const pruned = other.forResource(world.widgets, { prune: ['metadata.managedFields', 'spec.size'] });
    await live(factory, whole);
    await live(other, pruned);
    const check = async () => {
      const { metadata, ...rest } = await writer.get('one');
      await soon(() => whole.lister.get(namespace, 'one')).toEqual({ metadata, ...rest });
      expect(metadata.managedFields).not.toHaveLength(0);
      const { managedFields: _, ...kept } = metadata;
      const { size: _size, ...spec } = rest.spec;
      await soon(() => pruned.lister.get(namespace, 'one')).toEqual({ ...rest, spec, metadata: kept });
    };
    await check();
    await writer.patch('one', { spec: { color: 'Grün "€" 😀\u2028\\' } }, { type: 'merge' });
    await check();
  });
});
