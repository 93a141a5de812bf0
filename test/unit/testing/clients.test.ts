import { CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';
import { configMap } from './http.ts';

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
});
