import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBuiltInResource, type KubeObject, type ResourceDefinition } from '../../src/index.ts';
import { statusOf, World } from './world.ts';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

interface Deployment extends KubeObject {
  spec: {
    template: {
      spec: { nodeSelector: Record<string, string>; containers: { ports: object[] }[] };
    };
  };
}

let world: World;
beforeAll(async () => {
  world = await World.open();
}, 60_000);
afterAll(() => world?.close());

const configMaps = findBuiltInResource({
  group: '',
  version: 'v1',
  resource: 'configmaps',
}) as ResourceDefinition<ConfigMap>;

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

describe('writing', () => {
  test('creates an object once', async () => {
    const writer = world.writer(await world.namespace());
    const created = await writer.create(world.widget('one', 'red'));
    expect(created).toMatchObject({ kind: 'Widget', metadata: { name: 'one', generation: 1 }, spec: { color: 'red' } });
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    const again = writer.create(world.widget('one', 'blue'));
    await expect(again).rejects.toMatchObject({ status: { code: 409, reason: 'AlreadyExists' } });
    const { metadata: _, ...nameless } = world.widget('', 'red');
    const generated = await writer.create({ ...nameless, metadata: { generateName: 'widget-' } });
    expect(generated.metadata.name).toMatch(/^widget-.{5}$/);
  });

  test('replaces only the version that was read, if it names one', async () => {
    const writer = world.writer(await world.namespace());
    const first = await writer.create(world.widget('one', 'red'));
    const second = await writer.replace({ ...first, spec: { color: 'blue' } });
    expect(second.spec.color).toBe('blue');
    expect(second.metadata.generation).toBe(2);
    const stale = writer.replace({ ...first, spec: { color: 'green' } });
    await expect(stale).rejects.toMatchObject({ status: { code: 409, reason: 'Conflict' } });
    expect((await writer.get('one')).spec.color).toBe('blue');
    const same = await writer.replace(second);
    expect(same.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
    expect(await statusOf(writer.replace(world.widget('none', 'red')))).not.toBe(undefined);
  });

  test('patches by merge and by operations', async () => {
    const writer = world.writer(await world.namespace());
    await writer.create(world.widget('one', 'red', { a: '1', b: '2' }));
    const merged = await writer.patch('one', { metadata: { labels: { a: null, c: '3' } } }, { type: 'merge' });
    expect(merged.metadata.labels).toEqual({ b: '2', c: '3' });
    const operations = [
      { op: 'test', path: '/spec/color', value: 'red' },
      { op: 'add', path: '/spec/size', value: 7 },
      { op: 'remove', path: '/metadata/labels/b' },
    ];
    const patched = await writer.patch('one', operations, { type: 'json' });
    expect(patched).toMatchObject({ spec: { color: 'red', size: 7 }, metadata: { labels: { c: '3' } } });
    const failing = writer.patch('one', [{ op: 'test', path: '/spec/color', value: 'blue' }], { type: 'json' });
    expect(await statusOf(failing)).toBe(422);
    expect(await statusOf(writer.patch('none', {}, { type: 'merge' }))).toBe(404);
    expect(await statusOf(writer.patch('one', {}, { type: 'strategic' }))).toBe(415);
  });

  test('patches built-in resources strategically', async () => {
    const namespace = await world.namespace();
    const writer = world.client.resource<ConfigMap>(configMaps, { namespace });
    await writer.create(configMap('one', { a: '1', b: '2' }));
    const patched = await writer.patch('one', { data: { b: null, c: '3' } }, { type: 'strategic' });
    expect(patched.data).toEqual({ a: '1', c: '3' });
  });

  test('applies what a manager wants, and finds out when two want different things', async () => {
    const namespace = await world.namespace();
    const writer = world.client.resource<ConfigMap>(configMaps, { namespace });
    const apply = (data: Record<string, string>, fieldManager: string, force?: boolean) =>
      writer.patch('one', configMap('one', data), { type: 'apply', fieldManager, force });
    await apply({ a: '1', b: '1' }, 'first');
    expect((await apply({ c: '2' }, 'second')).data).toEqual({ a: '1', b: '1', c: '2' });
    const conflict = apply({ a: '2', c: '2' }, 'second');
    await expect(conflict).rejects.toMatchObject({ status: { code: 409, reason: 'Conflict' } });
    expect((await apply({ a: '2', c: '2' }, 'second', true)).data).toEqual({ a: '2', b: '1', c: '2' });
    // The first gives up what it no longer names, and keeps nothing of what was taken from it.
    expect((await apply({}, 'first')).data).toEqual({ a: '2', c: '2' });
  });

  test('applies lists by the keys of their items, and some maps as a whole', async () => {
    const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };
    const writer = world.client.resource<Deployment>(deployments, { namespace: await world.namespace() });
    const deployment = (nodeSelector: Record<string, string>, protocols: readonly string[]) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'one' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'one' } },
        template: {
          metadata: { labels: { app: 'one' } },
          spec: {
            nodeSelector,
            containers: [
              {
                name: 'c',
                image: 'example.com/c',
                ports: protocols.map((protocol) => ({ containerPort: 53, name: protocol.toLowerCase(), protocol })),
                livenessProbe: { tcpSocket: { port: 53 }, periodSeconds: 5 },
              },
            ],
          },
        },
      },
    });
    const apply = (object: object) => writer.patch('one', object, { type: 'apply', fieldManager: 'first' });
    await apply(deployment({ zone: 'a', disk: 'ssd' }, ['TCP', 'UDP']));
    const { metadata, spec } = await apply(deployment({ zone: 'b' }, ['UDP']));
    expect(spec.template.spec.nodeSelector).toEqual({ zone: 'b' });
    expect(spec.template.spec.containers[0]?.ports).toEqual([{ containerPort: 53, name: 'udp', protocol: 'UDP' }]);
    const [own] = metadata.managedFields as { fieldsV1: object }[];
    expect(own?.fieldsV1).toEqual({
      'f:spec': {
        'f:replicas': {},
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:nodeSelector': {},
            'f:containers': {
              'k:{"name":"c"}': {
                '.': {},
                'f:name': {},
                'f:image': {},
                'f:livenessProbe': { 'f:periodSeconds': {}, 'f:tcpSocket': { 'f:port': {} } },
                'f:ports': {
                  'k:{"containerPort":53,"protocol":"UDP"}': {
                    '.': {},
                    'f:containerPort': {},
                    'f:name': {},
                    'f:protocol': {},
                  },
                },
              },
            },
          },
        },
      },
    });
  });

  test('deletes under conditions', async () => {
    const writer = world.writer(await world.namespace());
    const { metadata } = await writer.create(world.widget('one', 'red'));
    const other = writer.delete('one', { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } });
    expect(await statusOf(other)).toBe(409);
    await writer.patch('one', { spec: { color: 'blue' } }, { type: 'merge' });
    const stale = writer.delete('one', { preconditions: { resourceVersion: metadata.resourceVersion } });
    expect(await statusOf(stale)).toBe(409);
    await writer.delete('one', { preconditions: { uid: metadata.uid } });
    expect(await statusOf(writer.get('one'))).toBe(404);
    expect(await statusOf(writer.delete('one'))).toBe(404);
  });

  test('only tries when told to', async () => {
    const writer = world.writer(await world.namespace());
    const tried = await writer.create(world.widget('one', 'red'), { dryRun: true });
    expect(tried.metadata.name).toBe('one');
    expect(await statusOf(writer.get('one'))).toBe(404);
    await writer.create(world.widget('one', 'red'));
    await writer.delete('one', { dryRun: true });
    await writer.patch('one', { spec: { color: 'blue' } }, { type: 'merge', dryRun: true });
    expect((await writer.get('one')).spec.color).toBe('red');
  });

  test('is refused with the reason when the object is none', async () => {
    const writer = world.writer(await world.namespace());
    const widget = { ...world.widget('one', 'red'), spec: { color: 5 } };
    await expect(writer.create(widget)).rejects.toMatchObject({ class: 'invalid', status: { code: 422 } });
    expect(await statusOf(writer.create(world.widget('No Name', 'red')))).toBe(422);
    const unknown = { ...world.widget('one', 'red'), spec: { color: 'red', colour: 'red' } };
    expect(await statusOf(writer.create(unknown, { fieldValidation: 'Strict' }))).toBe(400);
    expect((await writer.create(unknown)).spec).toEqual({ color: 'red' });
  });
});
