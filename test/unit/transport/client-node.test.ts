import { KubeConfig as KubeConfig2 } from '@kubernetes/client-node';
import { KubeConfig as KubeConfig1 } from 'client-node-1';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { ApiServer } from '../../../src/testing/index.ts';
import { KubeClient, type KubeConfigLike } from '../../../src/transport/index.ts';

const configMaps = { group: '', version: 'v1', resource: 'configmaps' };

/** Both majors load the same text; that they fit `KubeConfigLike` is checked by the compiler. */
const majors: readonly [string, (yaml: string) => KubeConfigLike][] = [
  ['1.4', (yaml) => load(new KubeConfig1(), yaml)],
  ['2', (yaml) => load(new KubeConfig2(), yaml)],
];

function load<Config extends KubeConfigLike & { loadFromString(yaml: string): void }>(
  config: Config,
  yaml: string,
): Config {
  config.loadFromString(yaml);
  return config;
}

describe.each(majors)('a KubeConfig of client-node %s', (_, load) => {
  test('over TLS: the CA and the token of the user are used, on one kept connection', async () => {
    await using server = await ApiServer.start({
      tls: true,
      tokens: { secret: { name: 'ann', groups: ['system:masters'] } },
      token: 'secret',
    });
    await using client = new KubeClient(load(server.kubeConfigYaml()));
    const resource = client.resource<KubeObject>(configMaps, { namespace: 'shop' });
    await resource.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'shop' } });
    expect((await resource.list({}, new AbortController().signal)).items).toHaveLength(1);
    expect(new Set(server.requests.all().map(({ connection }) => connection)).size).toBe(1);
    expect(server.requests.last()).toMatchObject({ user: 'ann', status: 200 });
  });

  test('over TLS: a client certificate is the user', async () => {
    await using server = await ApiServer.start({ tls: { clientName: 'bob' }, anonymous: false });
    await using client = new KubeClient(load(server.kubeConfigYaml()));
    await client.resource<KubeObject>(configMaps).list({}, new AbortController().signal);
    expect(server.requests.last()).toMatchObject({ user: 'bob', status: 200 });
  });

  test('over plain HTTP', async () => {
    await using server = await ApiServer.start();
    await using client = new KubeClient(load(server.kubeConfigYaml()));
    expect((await client.resource<KubeObject>(configMaps).list({}, new AbortController().signal)).items).toEqual([]);
  });
});
