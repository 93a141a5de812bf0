import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer } from '../../src/testing/index.ts';
import { KubeClient } from '../../src/transport/index.ts';
import { configMap } from '../unit/testing/http.ts';

describe.each([{ tls: false }, { tls: true }])('clients of the embedded API server (TLS: $tls)', ({ tls }) => {
  let server: ApiServer;

  beforeEach(async () => {
    server = await ApiServer.start({ tls });
    server.create(configMap('a'));
  });

  afterEach(() => server.close());

  it('the transport of this library uses its kubeconfig as it is', async () => {
    await using client = new KubeClient(server.kubeConfig());
    const list = await client.json<{ items: unknown[] }>({ path: '/api/v1/configmaps' });
    expect(list.items).toHaveLength(1);
    expect(server.requests.last()?.httpVersion).toBe(tls ? '2.0' : '1.1');
  });

  it('client-node reads the kubeconfig, writes, lists and watches', async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfigYaml());
    const core = kubeConfig.makeApiClient(CoreV1Api);
    await core.createNamespacedConfigMap({ namespace: 'demo', body: { metadata: { name: 'b' }, data: { k: 'v' } } });
    const list = await core.listNamespacedConfigMap({ namespace: 'demo' });
    expect(list.items.map((item) => item.metadata?.name)).toEqual(['a', 'b']);
    const events: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const ended = new Watch(kubeConfig).watch(
        '/api/v1/namespaces/demo/configmaps',
        { resourceVersion: list.metadata?.resourceVersion },
        (phase, object) => {
          events.push(`${phase} ${object.metadata.name}`);
          if (events.length === 2) server.closeWatches();
        },
        () => resolve(),
      );
      ended.catch(reject);
      const write = () => {
        if (server.watches === 0) {
          setImmediate(write);
          return;
        }
        server.touch('configmaps', 'demo', 'a');
        server.delete('configmaps', 'demo', 'b');
      };
      write();
    });
    expect(events).toEqual(['MODIFIED a', 'DELETED b']);
  });

  it("client-node's typed API creates, reads, patches, replaces, pages and deletes", async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfigYaml());
    const core = kubeConfig.makeApiClient(CoreV1Api);
    const apps = kubeConfig.makeApiClient(AppsV1Api);
    const created = await core.createNamespacedConfigMap({ namespace: 'demo', body: { metadata: { name: 'c' } } });
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const patched = await core.patchNamespacedConfigMap(
      { namespace: 'demo', name: 'c', body: { data: { k: '2' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await core.replaceNamespacedConfigMap({ namespace: 'demo', name: 'c', body: { ...patched, data: { k: '3' } } });
    await expect(
      core.replaceNamespacedConfigMap({ namespace: 'demo', name: 'c', body: { ...created, data: {} } }),
    ).rejects.toMatchObject({ code: 409 });
    expect((await core.readNamespacedConfigMap({ namespace: 'demo', name: 'c' })).data).toEqual({ k: '3' });
    const page = await core.listNamespacedConfigMap({ namespace: 'demo', limit: 1 });
    expect(page.metadata?.remainingItemCount).toBe(1);
    const rest = await core.listNamespacedConfigMap({ namespace: 'demo', _continue: page.metadata?._continue ?? '' });
    expect([...page.items, ...rest.items].map((item) => item.metadata?.name)).toEqual(['a', 'c']);
    await core.deleteNamespacedConfigMap({ namespace: 'demo', name: 'c' });
    await expect(core.readNamespacedConfigMap({ namespace: 'demo', name: 'c' })).rejects.toMatchObject({ code: 404 });
    const containers = [{ name: 'c', image: 'i' }];
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers } };
    const spec = { selector: { matchLabels: { a: 'b' } }, template };
    await apps.createNamespacedDeployment({ namespace: 'demo', body: { metadata: { name: 'd' }, spec } });
    expect((await apps.listDeploymentForAllNamespaces({ labelSelector: '!x' })).items).toHaveLength(1);
  });

  it("client-node's informer lists, follows changes, and takes up again after its watch has ended", async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfigYaml());
    const core = kubeConfig.makeApiClient(CoreV1Api);
    const events: string[] = [];
    const waiting: { count: number; resolve: () => void }[] = [];
    const seen = (count: number) =>
      new Promise<void>((resolve) => {
        if (events.length >= count) resolve();
        else waiting.push({ count, resolve });
      });
    const informer = makeInformer(kubeConfig, '/api/v1/namespaces/demo/configmaps', () =>
      core.listNamespacedConfigMap({ namespace: 'demo' }),
    );
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(verb, (object) => {
        events.push(`${verb} ${object.metadata?.name}`);
        for (const { count, resolve } of waiting) if (events.length >= count) resolve();
      });
    }
    await informer.start();
    await seen(1);
    while (server.watches === 0) await new Promise((resolve) => setImmediate(resolve));
    server.create(configMap('b'));
    server.touch('configmaps', 'demo', 'a');
    await seen(3);
    server.closeWatches();
    server.delete('configmaps', 'demo', 'b');
    await seen(4);
    await informer.stop();
    expect(events).toEqual(['add a', 'add b', 'update a', 'delete b']);
  });
});
