import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  findBuiltInResource,
  type KubeObject,
  type ResourceDefinition,
  SharedInformerFactory,
} from '../../src/index.ts';
import { live, soon, World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
}, 60_000);
afterAll(() => world?.close());

interface Data extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

const core = (resource: string) =>
  findBuiltInResource({ group: '', version: 'v1', resource }) as ResourceDefinition<Data>;

// A cluster puts objects of its own into each namespace; the label tells ours from them.
const labels = { 'kube-informer.dev/test': 'conformance' };
const labelSelector = 'kube-informer.dev/test=conformance';

describe('S002-06: built-in resources', () => {
  test.each([{ streamInitialState: true }, { streamInitialState: false }])(
    'know their kind, whether they were there before or came later (%o)',
    async ({ streamInitialState }) => {
      const namespace = await world.namespace();
      const writer = world.client.resource(core('configmaps'), { namespace });
      const configMap = (name: string) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels },
        data: { key: name },
      });
      await writer.create(configMap('before'));
      await using factory = new SharedInformerFactory(world.cluster.kubeConfig(), {
        namespaces: [namespace],
        labelSelector,
        streamInitialState,
      });
      const informer = factory.core.v1.configmaps();
      await live(factory, informer);
      await writer.create(configMap('later'));
      await soon(() => informer.indexer.size).toBe(2);
      for (const name of ['before', 'later']) {
        const { managedFields: _, ...metadata } = (await writer.get(name)).metadata;
        expect(informer.lister.get(namespace, name)).toEqual({ ...configMap(name), metadata });
      }
    },
  );

  test('can be selected by the fields that their kind has', async () => {
    const namespace = await world.namespace();
    const writer = world.client.resource(core('secrets'), { namespace });
    const secret = (name: string, type: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      type,
      metadata: { name, labels },
      data: { key: 'dmFsdWU=' },
    });
    await writer.create(secret('one', 'example.com/a'));
    await writer.create(secret('two', 'example.com/b'));
    await using factory = world.factory({ namespaces: [namespace], labelSelector });
    const informer = factory.forResource(core('secrets'), { fieldSelector: 'type!=example.com/b' });
    await live(factory, informer);
    await writer.create(secret('three', 'example.com/a'));
    await soon(() => Array.from(informer.indexer.keys()).toSorted()).toEqual([
      `${namespace}/one`,
      `${namespace}/three`,
    ]);
  });

  test('refuse a field that their kind has not', async () => {
    await using factory = world.factory({ namespaces: [await world.namespace()] });
    const informer = factory.forResource(core('configmaps'), { fieldSelector: 'data.key=value' });
    factory.start();
    await soon(() => informer.status().lastError).toMatchObject({ class: 'invalid', status: { code: 400 } });
    expect(informer.hasSynced()).toBe(false);
  });

  test('S002-02: are cluster-scoped where they are', async () => {
    await using factory = world.factory({ namespaces: ['default'] });
    const informer = factory.forResource(core('namespaces'));
    await live(factory, informer);
    const name = await world.namespace();
    await soon(() => informer.lister.get(name)?.metadata.name).toBe(name);
    expect(Array.from(informer.status().reflectors.keys())).toEqual(['']);
  });
});
