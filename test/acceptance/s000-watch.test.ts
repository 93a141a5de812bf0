import { getEventListeners } from 'node:events';
import { ApiStatusError, type InformerEvent, KubeClient, type PlainWatchEvent, watch } from 'kube-informer';
import { ApiServer } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import { type ConfigMap, configMap, configMaps, until } from './s000-world.ts';

describe('S000-10 a plain watch', () => {
  it('ends with its signal and leaves neither socket nor listener', async () => {
    await using server = await ApiServer.start();
    await using client = new KubeClient(server.kubeConfig());
    const abort = new AbortController();
    const events = watch(client.resource<ConfigMap>(configMaps), { signal: abort.signal });
    await until(() => server.watches === 1);
    for (const name of ['a', 'b', 'c']) server.create(configMap(name));
    const names: string[] = [];
    for await (const event of events) {
      if (event.type === 'BOOKMARK') continue;
      names.push(event.object.metadata.name);
      if (names.length === 3) abort.abort();
    }
    expect(names).toEqual(['a', 'b', 'c']);
    await until(() => server.watches === 0 && server.connections === 0);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('ends with stop, while somebody waits for the next event', async () => {
    await using server = await ApiServer.start();
    await using client = new KubeClient(server.kubeConfig());
    const events = watch(client.resource<ConfigMap>(configMaps));
    const next = events.next();
    await until(() => server.watches === 1);
    events.stop();
    expect(await next).toEqual({ done: true, value: undefined });
    await until(() => server.connections === 0);
  });

  it('throws a typed error when the server refuses or ends it with an error, and never connects again by itself', async () => {
    await using server = await ApiServer.start();
    await using client = new KubeClient(server.kubeConfig());
    const resource = client.resource<ConfigMap>(configMaps);
    server.faults.add({ times: 1, action: { kind: 'status', code: 403, reason: 'Forbidden' } });
    const refused = await watch(resource)
      .next()
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiStatusError);
    expect(refused).toMatchObject({ code: 'ApiStatus', class: 'forbidden' });
    server.faults.add({ times: 1, action: { kind: 'errorEvent', code: 410, reason: 'Expired', events: 0 } });
    const expired = await watch(resource)
      .next()
      .catch((error: unknown) => error);
    expect(expired).toMatchObject({ code: 'ApiStatus', class: 'expired' });
    // The connection of the answer before is kept; when it breaks, another one is tried.
    server.faults.add({ times: 2, action: { kind: 'reset' } });
    const broken = await watch(resource)
      .next()
      .catch((error: unknown) => error);
    expect(broken).toMatchObject({ code: 'ConnectionFailed' });
    const { signal } = new AbortController();
    const ended = watch(resource, { signal });
    await until(() => server.watches === 1);
    server.closeWatches();
    expect(await ended.next()).toEqual({ done: true, value: undefined });
    await until(() => server.watches === 0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(server.requests.length).toBe(5);
  });

  it('ends when its reader leaves the loop', async () => {
    await using server = await ApiServer.start();
    await using client = new KubeClient(server.kubeConfig());
    server.create(configMap('blue'));
    const { signal } = new AbortController();
    for await (const event of watch(client.resource(configMaps), { signal })) {
      expect(event.type).toBe('ADDED');
      break;
    }
    await until(() => server.watches === 0 && server.connections === 0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('S000-11 a raw event', () => {
  it('carries the new object and nothing of the old one', async () => {
    await using server = await ApiServer.start();
    await using client = new KubeClient(server.kubeConfig());
    const { metadata } = server.create(configMap('blue', '1'));
    const events = watch(client.resource<ConfigMap>(configMaps), { resourceVersion: metadata.resourceVersion });
    server.patchObject(configMaps, 'shop', 'blue', { data: { value: '2' } });
    const { value: event } = await events.next();
    events.stop();
    expect(Object.keys(event ?? {}).toSorted()).toEqual(['object', 'type']);
    expect(event?.type === 'MODIFIED' && event.object.data).toEqual({ value: '2' });
  });

  it('has no type that promises an old object, as events of an informer have', () => {
    const ofInformer = (event: InformerEvent<ConfigMap>) => event.type === 'update' && event.oldObject;
    // @ts-expect-error raw events do not know what was before
    const ofWatch = (event: PlainWatchEvent<ConfigMap>) => event.type === 'MODIFIED' && event.oldObject;
    const event = { type: 'MODIFIED', object: configMap('blue') } as unknown as PlainWatchEvent<ConfigMap>;
    expect(ofWatch(event)).toBeUndefined();
    expect(ofInformer(event as never)).toBe(false);
  });
});
