import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { apiVersionOf, type KubeObject } from '../../../src/kubernetes/index.ts';
import { watch } from '../../../src/reflector/index.ts';
import { ApiServer } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';

const configMaps = { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap', namespaced: true } as const;

function configMap(name: string) {
  return { apiVersion: apiVersionOf(configMaps), kind: 'ConfigMap', metadata: { namespace: 'shop', name } };
}

it('a plain watch over HTTP: three events, an abort, and nothing is left', async () => {
  await using server = await ApiServer.start();
  server.seed(['a', 'b', 'c', 'd'].map(configMap));
  await using client = new KubeClient(server.kubeConfig());
  const controller = new AbortController();
  const events = watch<KubeObject>(client.resource<KubeObject>(configMaps, { namespace: 'shop' }), {
    resourceVersion: '0',
    signal: controller.signal,
  });
  const seen: string[] = [];
  for await (const { type, object } of events) {
    seen.push(`${type} ${'name' in object.metadata ? object.metadata.name : ''}`);
    if (seen.length === 3) controller.abort();
  }
  expect(seen).toEqual(['ADDED a', 'ADDED b', 'ADDED c']);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await expect.poll(() => server.watches).toBe(0);
});
