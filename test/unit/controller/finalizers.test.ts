import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFinalizer, hasFinalizer, removeFinalizer } from '../../../src/controller/index.ts';
import { defineResource, type KubeObject } from '../../../src/kubernetes/index.ts';
import { ApiServer } from '../../../src/testing/index.ts';
import { KubeClient, type ResourceClient } from '../../../src/transport/index.ts';

const configMaps = defineResource({ group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' });

describe('finalizers', () => {
  let server: ApiServer;
  let client: KubeClient;
  let resource: ResourceClient<KubeObject>;

  beforeAll(async () => {
    server = await ApiServer.start();
    client = new KubeClient(server.kubeConfig());
    resource = client.resource(configMaps);
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const create = (name: string, finalizers: string[] = []) =>
    server.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name, finalizers } });
  const writes = (name: string) => server.requests.count({ method: 'PATCH', name });
  const stored = (name: string) => server.get<KubeObject>('configmaps', 'shop', name);

  it('is put on beside those of others, once, and the deletion waits for it', async () => {
    const created = create('a', ['other/one']);
    const current = await addFinalizer(resource, created, 'example.com/mine');
    expect(hasFinalizer(current, 'example.com/mine')).toBe(true);
    expect(await addFinalizer(resource, current, 'example.com/mine')).toBe(current);
    expect(writes('a')).toBe(1);
    server.delete('configmaps', 'shop', 'a');
    expect(stored('a')?.metadata.finalizers).toEqual(['other/one', 'example.com/mine']);
  });

  it('is taken off, and the object goes with the last one', async () => {
    const created = create('b', ['other/one', 'example.com/mine']);
    expect(await removeFinalizer(resource, created, 'example.com/mine')).toBe(true);
    expect(stored('b')?.metadata.finalizers).toEqual(['other/one']);
    server.delete('configmaps', 'shop', 'b');
    await removeFinalizer(resource, stored('b')!, 'other/one');
    expect(stored('b')).toBeUndefined();
  });

  it.each(['add', 'remove'] as const)('does not undo what others did meanwhile: %s', async (what) => {
    const old = create(what, ['example.com/mine']);
    server.patchObject('configmaps', 'shop', what, { metadata: { finalizers: ['example.com/mine', 'other/new'] } });
    const change =
      what === 'add'
        ? addFinalizer(resource, old, 'example.com/second')
        : removeFinalizer(resource, old, 'example.com/mine');
    await expect(change).rejects.toMatchObject({ code: 'ApiStatus', status: { code: 409, reason: 'Conflict' } });
    expect(stored(what)?.metadata.finalizers).toEqual(['example.com/mine', 'other/new']);
  });

  it('does not touch an object of the same name that came after', async () => {
    const old = create('c', ['example.com/mine']);
    server.patchObject('configmaps', 'shop', 'c', { metadata: { finalizers: null } });
    server.delete('configmaps', 'shop', 'c');
    create('c', ['example.com/mine']);
    await expect(removeFinalizer(resource, old, 'example.com/mine')).rejects.toMatchObject({ status: { code: 409 } });
    expect(stored('c')?.metadata.finalizers).toEqual(['example.com/mine']);
  });

  it('is not missed on an object that is gone, nor asked for where it is not', async () => {
    const gone = create('d', ['example.com/mine']);
    server.patchObject('configmaps', 'shop', 'd', { metadata: { finalizers: null } });
    server.delete('configmaps', 'shop', 'd');
    expect(await removeFinalizer(resource, gone, 'example.com/mine')).toBe(false);
    await expect(addFinalizer(resource, gone, 'example.com/more')).rejects.toMatchObject({ status: { code: 404 } });
    expect(await removeFinalizer(resource, create('e'), 'example.com/mine')).toBe(false);
    expect(writes('e')).toBe(0);
  });
});
