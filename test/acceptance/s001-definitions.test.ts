import { DynamicSharedInformerFactory, defineResource, type KubeObject, RestMapper, validated } from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { customDefinition } from '../support/custom-definition.ts';
import { until } from './s000-world.ts';

interface Widget extends KubeObject {
  spec: { colour: 'blue' | 'green'; replicas?: number };
}

const options = { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets' } as const;
const widgets = defineResource<Widget>(options);
const schema = z.object({
  spec: z.object({ colour: z.enum(['blue', 'green']), replicas: z.number().int().optional() }),
});

/** The server's own schema takes anything. */
const definition = customDefinition({ names: { listKind: 'WidgetList' } });

function widget(name: string, spec: object) {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { namespace: 'shop', name }, spec };
}

describe('S001-06 typed definitions of custom resources', () => {
  it('an object that does not fit its schema is reported and counted; the cache keeps what it had, and goes on', async () => {
    await using server = await ApiServer.start();
    const errors: string[] = [];
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), {
      onError: ({ code, message }) => errors.push(`${code}: ${message}`),
    });
    server.create(definition);
    server.create(widget('good', { colour: 'blue', extra: 'kept' }));
    server.create(widget('bad', { colour: 'mauve', replicas: 1.5 }));
    const informer = factory.forResource(widgets, { transform: validated(schema) });
    const skipped = () => informer.status().reflectors.get('')?.skipped;
    // Whoever asks with the same schema shares it.
    expect(factory.forResource(widgets, { transform: validated(schema) })).toBe(informer);
    factory.start();
    await factory.waitForCacheSync();

    // The compiler knows what it is, and a schema that cuts off what it does not know takes nothing away.
    const colour: 'blue' | 'green' | undefined = informer.lister.get('shop', 'good')?.spec.colour;
    expect(colour).toBe('blue');
    expect(informer.lister.get('shop', 'good')?.spec).toEqual({ colour: 'blue', extra: 'kept' });
    expect(informer.lister.get('shop', 'bad')).toBeUndefined();
    expect(skipped()).toBe(1);
    expect(errors).toEqual([
      expect.stringMatching(/^TransformFailed: .*shop\/bad .*spec\.colour: .*; spec\.replicas: /),
    ]);

    server.patchObject('widgets', 'shop', 'good', { spec: { colour: 'mauve' } });
    await until(() => skipped() === 2);
    expect(informer.lister.get('shop', 'good')?.spec.colour).toBe('blue');
    server.patchObject('widgets', 'shop', 'good', { spec: { colour: 'green' } });
    server.patchObject('widgets', 'shop', 'bad', { spec: { colour: 'green', replicas: 2 } });
    await until(() => informer.indexer.size === 2 && informer.lister.get('shop', 'good')?.spec.colour === 'green');
    expect(skipped()).toBe(2);
    expect(informer.status().phase).toBe('live');
  });

  it('a version that is not served is refused by name, when it is looked up and when it is watched', async () => {
    await using server = await ApiServer.start();
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), { onError: () => {} });
    server.create(definition);
    const mapper = new RestMapper({ client: factory.client.discovery });
    await expect(
      mapper.resolve({ group: widgets.group, version: 'v2', resource: widgets.resource }),
    ).rejects.toMatchObject({ code: 'NoMatch' });
    const informer = factory.forResource(defineResource<Widget>({ ...options, version: 'v2' }));
    factory.start();
    await until(() => informer.status().lastError !== undefined);
    expect(informer.status().lastError).toMatchObject({ code: 'ApiStatus', class: 'notFound' });
    expect(informer.hasSynced()).toBe(false);
  });

  it.each([{ version: '1' }, { version: 'V1' }, { plural: 'Widgets' }, { kind: 'my-widget' }])(
    'a definition with %o is no definition',
    (odd) => {
      expect(() => defineResource({ ...options, ...odd })).toThrow(
        expect.objectContaining({ code: 'InvalidResource' }),
      );
    },
  );
});
