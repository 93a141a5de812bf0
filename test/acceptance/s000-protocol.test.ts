import { gvrText, KubeClient, NoMatchError, RestMapper } from 'kube-informer';
import { FakeClock, settle } from 'kube-informer/testing';
import { describe, expect, it } from 'vitest';
import { untilRecovered } from './s000-attempts.ts';
import { configMap, configMaps, live, purpose, record, until, world } from './s000-world.ts';

/** The query of each request, without the lengths of watches. */
function queries(requests: Iterable<{ readonly query: URLSearchParams }>): Record<string, string>[] {
  return Array.from(requests, ({ query }) => {
    const { timeoutSeconds, ...rest } = Object.fromEntries(query);
    return rest;
  });
}

describe('S003-02 the initial state', () => {
  const streamed = {
    watch: 'true',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: 'true',
  };

  it('is streamed by a server that can, and the same watch goes on with the changes', async () => {
    await using w = await world();
    for (const name of ['a', 'b', 'c']) w.server.create(configMap(name));
    const informer = w.factory.forResource(configMaps);
    const lines = record(informer);
    await live(w.factory, informer);
    w.server.create(configMap('d'));
    await until(() => lines.length === 4);
    expect(queries(w.server.requests)).toEqual([{ ...streamed, resourceVersion: '' }]);
  });

  it('is listed by an older server, and watched from there on with bookmarks', async () => {
    await using w = await world();
    w.server.faults.add({ action: { kind: 'noWatchList', as: 'refused' } });
    for (const name of ['a', 'b', 'c']) w.server.create(configMap(name));
    const version = w.server.resourceVersion;
    const informer = w.factory.forResource(configMaps);
    const lines = record(informer);
    await live(w.factory, informer);
    w.server.create(configMap('d'));
    await until(() => lines.length === 4);
    expect(queries(w.server.requests)).toEqual([
      { ...streamed, resourceVersion: '' },
      { limit: '500', resourceVersion: '0' },
      { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: version },
    ]);
  });

  it('is listed within 30 s by a server that does not know the parameter and sends no mark', async () => {
    await using w = await world();
    w.server.faults.add({ action: { kind: 'noWatchList', as: 'ignored' } });
    for (const name of ['a', 'b', 'c']) w.server.create(configMap(name));
    const informer = w.factory.forResource(configMaps);
    const lines = record(informer);
    w.factory.start();
    await until(() => w.server.watches === 1);
    await w.clock.advance(30_000);
    await until(() => lines.length === 3);
    expect(w.server.requests.all().map(({ verb }) => verb)).toEqual(['watch', 'list', 'watch']);
    expect(w.errors.map(({ code }) => code)).toEqual(['InitialEventsTimeout']);
    w.server.compact();
    w.server.advanceResourceVersion();
    w.server.faults.add({ match: { verb: 'watch' }, times: 1, action: { kind: 'status', code: 410 } });
    w.server.closeWatches();
    await untilRecovered(w, 5);
    expect(
      w.server.requests.all().some(({ query, at }) => query.has('sendInitialEvents') && at > Date.UTC(2026, 0, 1)),
    ).toBe(false);
  });

  it('comes in pages where the server has to read it from its storage', async () => {
    await using w = await world({ factory: { streamInitialState: false, pageSize: 100 } });
    w.server.seed(Array.from({ length: 250 }, (_, index) => configMap(`object-${index}`)));
    // The first answer says that the version is gone: then only the most recent state helps, which is never served from a cache.
    w.server.faults.add({
      match: { verb: 'list' },
      times: 1,
      action: { kind: 'status', code: 410, reason: 'Expired' },
    });
    const informer = w.factory.forResource(configMaps);
    await live(w.factory, informer);
    expect(informer.indexer.size).toBe(250);
    const pages = w.server.requests.all({ verb: 'list' }).slice(1);
    expect(pages.map(({ query }) => [query.get('limit'), query.has('continue')])).toEqual([
      ['100', false],
      ['100', true],
      ['100', true],
    ]);
  });
});

describe('S003-03 a day with an interruption every five minutes', () => {
  it('costs one list, and one watch for each interruption', { timeout: 60_000 }, async () => {
    // The interruptions come before the watches would be renewed anyway.
    await using w = await world({ factory: { streamInitialState: false, watchTimeout: 600 } });
    w.server.create(configMap('blue', '0'));
    const informer = w.factory.forResource(configMaps);
    const lines = record(informer);
    await live(w.factory, informer);
    const interruptions = (24 * 60) / 5;
    const expected = ['add blue 0'];
    for (let count = 1; count <= interruptions; count++) {
      for (let part = 0; part < 10; part++) {
        await w.clock.advance(29_000);
        await settle(10);
      }
      if (count % 2 === 0) w.server.closeWatches();
      else w.server.resetConnections();
      w.server.patchObject(configMaps, 'shop', 'blue', { data: { value: String(count) } });
      expected.push(`update blue ${count - 1}>${count}`);
      await until(
        () => lines.length === expected.length && w.server.watches === 1 && informer.status().connected,
        () => [count, lines.length, informer.status(), w.errors],
      );
      await w.clock.advance(10_000);
    }
    expect(lines).toEqual(expected);
    expect(w.server.requests.count({ verb: 'list' })).toBe(1);
    expect(w.server.requests.count({ verb: 'watch' })).toBe(1 + interruptions);
    expect(w.clock.now()).toBe(Date.UTC(2026, 0, 2));
  });

  it('S003-03 lists no more than four collections at the same time, in pages of 500', async () => {
    await using w = await world({ factory: { streamInitialState: false } });
    const namespaces = Array.from({ length: 10 }, (_, index) => `team-${index}`);
    w.server.faults.add({ match: { verb: 'list' }, action: { kind: 'delay', delay: 1_000 } });
    for (const namespace of namespaces) w.factory.forResource(configMaps, { namespaces: [namespace] });
    w.factory.start();
    const lists = () => w.server.requests.all({ verb: 'list' });
    for (const sent of [4, 8, 10]) {
      await until(() => lists().length === sent);
      await settle(100);
      expect(lists().length).toBe(sent);
      await w.clock.advance(1_000);
    }
    await until(() => Array.from(w.factory.informers()).every((informer) => informer.hasSynced()));
    for (const { query } of lists()) expect(query.get('limit')).toBe('500');
  });
});

describe('S003-22 the REST mapper', () => {
  it('maps kinds, resources and short names to each other, with scope and verbs', async () => {
    await using w = await world();
    const mapper = new RestMapper({ client: w.factory.client.discovery, clock: w.clock });
    const cases = [
      ['deploy', 'apps/v1/deployments', 'Deployment', true],
      ['deployments.apps', 'apps/v1/deployments', 'Deployment', true],
      [{ group: '', version: 'v1', kind: 'Pod' }, 'v1/pods', 'Pod', true],
      [{ group: '', version: 'v1', kind: 'Namespace' }, 'v1/namespaces', 'Namespace', false],
      ['cm', 'v1/configmaps', 'ConfigMap', true],
    ] as const;
    for (const [query, gvr, kind, namespaced] of cases) {
      const found = await mapper.resolve(query);
      expect([gvrText(found), found.kind, found.namespaced]).toEqual([gvr, kind, namespaced]);
      expect(found.verbs).toEqual(expect.arrayContaining(['get', 'list', 'watch']));
    }
    expect(w.server.requests.length).toBe(2);
    mapper.close();
  });

  it('asks the server once for a thousand questions about an unknown kind, and again after ten seconds', async () => {
    await using w = await world();
    const mapper = new RestMapper({ client: w.factory.client.discovery, clock: w.clock });
    await mapper.refresh();
    const before = w.server.requests.length;
    const ask = () => mapper.resolve('deployment.app').catch((error: unknown) => error);
    for (let question = 0; question < 1_000; question++) {
      const error = await ask();
      expect(error).toBeInstanceOf(NoMatchError);
      if (question === 0) expect((error as NoMatchError).nearMatches).toContain('deployments.apps');
    }
    expect(w.server.requests.length - before).toBe(2);
    await w.clock.advance(10_000);
    await ask();
    await ask();
    expect(w.server.requests.length - before).toBe(4);
    mapper.close();
  });
});

describe.each([
  ['HTTP/1.1 without TLS', {}, 'auto', '1.1'],
  ['HTTP/1.1 that the server chooses', { tls: { http2: false } }, 'auto', '1.1'],
  ['HTTP/1.1 that the client wants', { tls: true }, 'never', '1.1'],
  ['HTTP/2', { tls: true }, 'auto', '2.0'],
] as const)('S003-61 over %s', (_protocol, serverOptions, http2, version) => {
  async function start() {
    const clock = new FakeClock();
    let client: KubeClient | undefined;
    const w = await world({
      server: { ...serverOptions, clock },
      cluster: (server) => {
        client = new KubeClient(server.kubeConfig(), { clock, http2 });
        return client;
      },
      factory: { clock },
    });
    const informer = w.factory.forResource(configMaps);
    return {
      ...w,
      clock,
      informer,
      lines: record(informer),
      async [Symbol.asyncDispose]() {
        await w.factory.stop();
        await client?.close();
        await w.server.close();
      },
    };
  }

  it('objects are listed, watched, changed and deleted', async () => {
    await using w = await start();
    w.server.create(configMap('groesse', 'größe 😀'));
    await live(w.factory, w.informer);
    const client = w.factory.client.resource(configMaps, { namespace: 'shop' });
    await client.create(configMap('blue', '1'));
    await client.patch('blue', { data: { value: '2' } }, { type: 'merge' });
    await client.delete('blue');
    await until(() => w.lines.length === 4);
    expect(w.lines).toEqual(['add groesse größe 😀', 'add blue 1', 'update blue 1>2', 'delete blue 2']);
    expect(new Set(w.server.requests.all().map(({ httpVersion }) => httpVersion))).toEqual(new Set([version]));
  });

  it('a watch that breaks is resumed, and a state that is gone is fetched anew', async () => {
    await using w = await start();
    for (const name of ['changed', 'deleted']) w.server.create(configMap(name, '1'));
    await live(w.factory, w.informer);
    await until(() => w.lines.length === 2);
    await w.clock.advance(6_000);
    w.server.resetConnections();
    w.server.patchObject(configMaps, 'shop', 'changed', { data: { value: '2' } });
    await untilRecovered(w, 2);
    await until(() => w.lines.length === 3);
    await w.server.pauseListening();
    w.server.resetConnections();
    await until(() => w.informer.status().phase === 'reconnecting');
    w.server.patchObject(configMaps, 'shop', 'changed', { data: { value: '3' } });
    w.server.delete(configMaps, 'shop', 'deleted');
    w.server.compact();
    await w.server.resumeListening();
    await untilRecovered(w, 4);
    await until(() => w.lines.length === 5);
    expect(w.lines.slice(2).toSorted()).toEqual([
      'delete deleted 1 unknown',
      'update changed 1>2',
      'update changed 2>3',
    ]);
    expect(w.server.requests.all().map(purpose).slice(0, 2)).toEqual(['stream', 'watch 3']);
  });

  it('a connection that died without a word is noticed within 90 s', async () => {
    await using w = await start();
    w.server.create(configMap('blue', '1'));
    w.server.faults.add({ times: 1, action: { kind: 'stallAfter', events: 2 } });
    await live(w.factory, w.informer);
    w.server.patchObject(configMaps, 'shop', 'blue', { data: { value: '2' } });
    await settle(100);
    expect(w.lines).toEqual(['add blue 1']);
    await w.clock.advance(90_000);
    await untilRecovered(w, 2);
    await until(() => w.lines.length === 2);
    expect(w.lines).toEqual(['add blue 1', 'update blue 1>2']);
  });

  it('events cut into pieces of three bytes arrive whole', async () => {
    await using w = await start();
    w.server.faults.add({ action: { kind: 'slices', bytes: 3 } });
    w.server.create(configMap('blue', 'äöü€😀'));
    await live(w.factory, w.informer);
    w.server.patchObject(configMaps, 'shop', 'blue', { data: { value: '😀€üöä' } });
    await until(() => w.lines.length === 2);
    expect(w.lines).toEqual(['add blue äöü€😀', 'update blue äöü€😀>😀€üöä']);
  });

  it('nothing is left open after the end', async () => {
    const w = await start();
    await live(w.factory, w.informer);
    await w.factory.stop();
    await w.factory.client.close();
    await until(() => w.server.connections === 0 && w.server.watches === 0);
    expect(w.clock.pendingTimers).toBe(0);
    await w.server.close();
  });
});
