import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInResources, type DiscoveryClient, gvrText, RestMapper } from '../../../src/kubernetes/index.ts';
import { ApiServer } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';

/** Discovery over a client of ours; every request is noted with its status. */
function discoveryOver(client: KubeClient, accept?: string): DiscoveryClient & { readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    async json(path, headers, signal) {
      const answer = await client.discovery.json(path, accept ? { ...headers, accept } : headers, signal);
      log.push(`${path} ${answer.status}`);
      return answer;
    },
  };
}

describe('S003-22 the REST mapper against the embedded API server', () => {
  let server: ApiServer;
  let client: KubeClient;

  beforeAll(async () => {
    server = await ApiServer.start();
    client = new KubeClient(server.kubeConfig());
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  it('discovers in two requests, and asks the second time only whether anything has changed', async () => {
    const discovery = discoveryOver(client);
    const mapper = new RestMapper({ client: discovery });
    expect(gvrText(await mapper.resolve('deploy'))).toBe('apps/v1/deployments');
    await mapper.refresh();
    expect(discovery.log.toSorted()).toEqual(['/api 200', '/api 304', '/apis 200', '/apis 304']);
    expect(gvrText(await mapper.resolve({ group: '', version: 'v1', kind: 'Pod' }))).toBe('v1/pods');
  });

  it('learns the same from plain discovery as from aggregated discovery', async () => {
    const aggregated = new RestMapper({ client: discoveryOver(client) });
    const plain = new RestMapper({ client: discoveryOver(client, 'application/json') });
    await Promise.all([aggregated.refresh(), plain.refresh()]);
    const sorted = (mapper: RestMapper) =>
      mapper.resources
        .map((resource) => ({
          ...resource,
          verbs: resource.verbs.toSorted(),
          subresources: resource.subresources.toSorted(),
        }))
        .toSorted((a, b) => gvrText(a).localeCompare(gvrText(b)));
    expect(plain.failures).toEqual([]);
    expect(aggregated.resources.length).toBeGreaterThan(10);
    expect(sorted(plain)).toEqual(sorted(aggregated));
  });

  it('finds kind and scope of the built-in resources as the table has them', async () => {
    const mapper = new RestMapper({ client: discoveryOver(client) });
    await mapper.refresh();
    const served = builtInResources.flatMap((entry) => {
      const { group, version, resource, kind, namespaced } = entry;
      const found = mapper.find({ group, version, resource });
      return found ? [{ expected: { kind, namespaced }, found }] : [];
    });
    expect(served.length).toBeGreaterThan(10);
    for (const { expected, found } of served) expect(found).toMatchObject(expected);
  });
});
