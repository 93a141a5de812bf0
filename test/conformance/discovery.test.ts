import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiscoveryClient, gvrText, type KubeClient, NoMatchError, RestMapper } from '../../src/index.ts';
import { live, World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
}, 60_000);
afterAll(() => world?.close());

/** Discovery over a client of ours, which notes each path with its status. */
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

describe('S003-22: the REST mapper', () => {
  test('knows built-in and custom resources by kind, name and short name', async () => {
    const mapper = new RestMapper({ client: discoveryOver(world.client) });
    expect(gvrText(await mapper.resolve('deploy'))).toBe('apps/v1/deployments');
    expect(gvrText(await mapper.resolve({ group: '', version: 'v1', kind: 'ConfigMap' }))).toBe('v1/configmaps');
    const widgets = await mapper.resolve({ group: world.group, version: 'v1', kind: 'Widget' });
    expect(widgets).toMatchObject({ resource: 'widgets', singular: 'widget', namespaced: true, shortNames: ['widx'] });
    expect(widgets.verbs).toEqual(expect.arrayContaining(['list', 'watch', 'create', 'patch']));
    expect(widgets.subresources).toEqual(['status']);
    expect(mapper.find(`widgets.${world.group}`)).toEqual(widgets);
    expect(mapper.failures).toEqual([]);
  });

  test('asks in two requests, and again only for what has changed', async () => {
    const discovery = discoveryOver(world.client);
    const mapper = new RestMapper({ client: discovery });
    await mapper.refresh();
    expect(discovery.log.toSorted()).toEqual(['/api 200', '/apis 200']);
    await mapper.refresh();
    expect(discovery.log.toSorted()[1]).toBe('/api 304');
  });

  test('learns the same from a server without aggregated discovery', async () => {
    const aggregated = new RestMapper({ client: discoveryOver(world.client) });
    const plain = new RestMapper({ client: discoveryOver(world.client, 'application/json') });
    await Promise.all([aggregated.refresh(), plain.refresh()]);
    const find = (mapper: RestMapper) =>
      ['pods', 'deploy', `widgets.${world.group}`].map((name) => {
        const found = mapper.find(name)!;
        return { ...found, verbs: found.verbs.toSorted(), subresources: found.subresources.toSorted() };
      });
    expect(find(plain)).toEqual(find(aggregated));
  });

  test('finds what was defined since, and names what is near what is not there', async () => {
    const mapper = new RestMapper({ client: discoveryOver(world.client), missInterval: 0 });
    const fresh = world.define('freshes', 'Fresh');
    const kind = { group: world.group, version: 'v1', kind: 'Fresh' };
    await expect(mapper.resolve(kind)).rejects.toBeInstanceOf(NoMatchError);
    await world.install(fresh);
    await expect
      .poll(() => mapper.resolve(kind).then(gvrText, () => ''), { interval: 20, timeout: 15_000 })
      .toBe(`${world.group}/v1/freshes`);
    const typo = mapper.resolve({ group: world.group, kind: 'Wigdet' });
    const nearMatches = expect.arrayContaining([`widgets.${world.group}`]);
    await expect(typo).rejects.toMatchObject({ code: 'NoMatch', nearMatches });
  });

  test('gives what a factory takes', async () => {
    const namespace = await world.namespace();
    await world.writer(namespace).create(world.widget('one', 'red'));
    const mapper = new RestMapper({ client: discoveryOver(world.client) });
    await using factory = world.factory({ namespaces: [namespace] });
    const informer = factory.forResource(await mapper.resolve(`widgets.${world.group}`));
    await live(factory, informer);
    expect(informer.lister.get(namespace, 'one')?.kind).toBe('Widget');
  });
});
