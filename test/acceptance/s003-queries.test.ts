import { describe, expect, test } from 'vitest';
import type { KubeObject, Status } from '../../src/index.ts';
import type { WatcherConfigInput } from '../../src/watcher/index.ts';
import { until } from './s000-world.ts';
import { type KubeList, pod, rig, upstream, watchPods } from './s003-rig.ts';

describe('exact queries', () => {
  test('S003-13: a kind that is cached is answered from the cache, without a request to the server', async () => {
    await using world = await rig({ config: { watches: [watchPods] }, seed: (server) => void server.create(pod('a')) });
    const before = world.server.requests.length;
    const { status, headers, body } = await world.get('/cache/api/v1/namespaces/web/pods');
    expect(status).toBe(200);
    expect(headers.get('x-cache')).toBe('hit');
    expect(headers.get('x-cache-source')).toBe('v1/pods');
    expect(body).toMatchObject({
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: { resourceVersion: world.server.resourceVersion },
    });
    expect(world.server.requests.length).toBe(before);
  });

  test('S003-13: a list that is asked for again and again shows each change, and others of the kind leave it as it is', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed([pod('a'), pod('b'), pod('c', { namespace: 'other' })]),
    });
    const path = '/cache/api/v1/namespaces/web/pods';
    const seen = async () => {
      await until(() => world.watcher.kinds()[0]?.resourceVersion === world.server.resourceVersion);
      const { body } = await world.get(path);
      expect(body.metadata.resourceVersion).toBe(world.server.resourceVersion);
      return body.items.map(({ metadata: { name, resourceVersion } }) => `${name} ${resourceVersion}`);
    };
    const first = await seen();
    expect(await seen()).toEqual(first);
    world.server.touch('pods', 'other', 'c');
    expect(await seen()).toEqual(first);
    const version = world.server.touch('pods', 'web', 'a');
    expect(await seen()).toEqual([`a ${version}`, first[1]]);
    world.server.delete('pods', 'web', 'a', { gracePeriodSeconds: 0 });
    expect(await seen()).toEqual([first[1]]);
  });

  test('S003-23: a cluster-scoped object by its name, or a Status that says it is not there', async () => {
    await using world = await rig({
      config: { watches: [{ name: 'nodes', target: { version: 'v1', kind: 'Node' } }] },
      seed: (server) => void server.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } }),
    });
    expect((await world.get<KubeObject>('/cache/api/v1/nodes/n1')).body).toMatchObject({
      kind: 'Node',
      metadata: { name: 'n1' },
    });
    const absent = await world.get<Status>('/cache/api/v1/nodes/n2');
    expect(absent.status).toBe(404);
    expect(absent.body).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'NotFound',
      message: 'nodes "n2" not found',
      details: { name: 'n2', kind: 'nodes' },
    });
  });

  test('S003-24: a namespaced object by namespace and name, with its version as ETag', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed([pod('a'), pod('a', { namespace: 'b' })]),
    });
    const path = '/cache/api/v1/namespaces/web/pods/a';
    const { body, headers } = await world.get<KubeObject>(path);
    expect(body.metadata).toMatchObject({ name: 'a', namespace: 'web' });
    expect(headers.get('etag')).toBe(`"${body.metadata.resourceVersion}"`);
    const again = await world.get(path, { 'if-none-match': headers.get('etag')! });
    expect(again.status).toBe(304);
    world.server.touch('pods', 'web', 'a');
    await until(() => world.watcher.kinds()[0]?.resourceVersion === world.server.resourceVersion);
    expect((await world.get(path, { 'if-none-match': headers.get('etag')! })).status).toBe(200);
  });

  test('S003-25: a name without a namespace is a condition on all namespaces, not an object', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed([pod('a'), pod('a', { namespace: 'b' }), pod('c')]),
    });
    const { body } = await world.get<KubeList>('/cache/api/v1/pods/a');
    expect(body.kind).toBe('PodList');
    expect(body.items.map(({ metadata }) => metadata.namespace)).toEqual(['b', 'web']);
  });

  test('S003-26: an object by its uid, through an index', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed([pod('a'), pod('b')]),
    });
    const { uid } = world.server.get<KubeObject>('pods', 'web', 'b')!.metadata;
    const { body, headers } = await world.get(`/cache/api/v1/pods?fieldSelector=metadata.uid%3D${uid}`);
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['b']);
    expect(headers.get('x-cache-index')).toBe('metadata.uid');
    expect((await world.get('/cache/api/v1/pods?fieldSelector=metadata.uid%3Dnobody')).body.items).toEqual([]);
  });
});

describe('pages', () => {
  test('S003-27: while a thousand of five thousand change, each object of the state comes exactly once', async () => {
    const names = Array.from({ length: 5_000 }, (_, at) => `pod-${String(at).padStart(4, '0')}`);
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed(names.map((name) => pod(name))),
    });
    const seen: KubeObject[] = [];
    let token: string | undefined;
    let version: string | undefined;
    for (let page = 0; page === 0 || token; page++) {
      const next = token ? `&continue=${token}` : '';
      const { body, status } = await world.get(`/cache/api/v1/namespaces/web/pods?limit=500${next}`);
      expect(status).toBe(200);
      seen.push(...body.items);
      version ??= body.metadata.resourceVersion;
      expect(body.metadata.resourceVersion).toBe(version);
      expect(body.metadata.remainingItemCount).toBe(page === 9 ? undefined : 4_500 - 500 * page);
      token = body.metadata.continue;
      for (let at = 0; at < 100; at++) {
        const victim = names[page * 450 + at]!;
        if (at % 2 === 0) world.server.touch('pods', 'web', victim);
        else world.server.delete('pods', 'web', victim, { gracePeriodSeconds: 0 });
      }
      await until(() => world.watcher.kinds()[0]?.resourceVersion === world.server.resourceVersion);
    }
    expect(seen.map(({ metadata }) => metadata.name)).toEqual(names);
  });

  test('S003-27: a page of a state that is no longer kept is 410, one of another question 400', async () => {
    await using world = await rig({
      config: { watches: [watchPods], query: { snapshotSeconds: 60 } },
      seed: (server) => void server.seed([pod('a'), pod('b'), pod('c')]),
    });
    const { body } = await world.get('/cache/api/v1/pods?limit=1');
    const next = `&continue=${body.metadata.continue}`;
    expect((await world.get(`/cache/api/v1/pods?limit=1&labelSelector=a${next}`)).status).toBe(400);
    expect((await world.get('/cache/api/v1/pods?limit=1&continue=nonsense')).status).toBe(400);
    await world.clock.advance(59_000);
    expect((await world.get(`/cache/api/v1/pods?limit=1${next}`)).status).toBe(200);
    await world.clock.advance(61_000);
    const gone = await world.get<Status>(`/cache/api/v1/pods?limit=1${next}`);
    expect(gone.status).toBe(410);
    expect(gone.body).toMatchObject({ kind: 'Status', reason: 'Expired' });
  });
});

describe('kinds on demand', () => {
  test('S003-16: a hundred first queries cause one list, and all get the answer', async () => {
    await using world = await rig({ seed: (server) => void server.seed([pod('a'), pod('b')]) });
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.get('/cache/api/v1/pods')));
    for (const { status, body } of answers) expect([status, body.items.length]).toEqual([200, 2]);
    // Those that came when it was complete already are hits.
    expect(answers[0]!.headers.get('x-cache')).toBe('miss');
    expect(upstream(world.server, 'pods')).toHaveLength(1);
    expect((await world.get('/cache/api/v1/pods')).headers.get('x-cache')).toBe('hit');
  });

  test('S003-16: a kind that nobody asks for any more ends, and begins again with the next query', async () => {
    await using world = await rig({
      config: { onDemandWatch: { idleTtlSeconds: 600 } },
      seed: (server) => void server.create(pod('a')),
    });
    await world.get('/cache/api/v1/pods');
    await world.clock.advance(599_000);
    await world.get('/cache/api/v1/pods');
    await world.clock.advance(599_000);
    expect(world.watcher.kinds()).toHaveLength(1);
    const { watches } = world.server;
    await world.clock.advance(1_000);
    await until(() => world.server.watches === watches - 1);
    expect(world.watcher.kinds()).toEqual([]);
    expect((await world.get('/cache/api/v1/pods')).headers.get('x-cache')).toBe('miss');
  });

  test.each<[what: string, onDemandWatch: WatcherConfigInput['onDemandWatch']]>([
    ['deny', { mode: 'deny' }],
    ['a list that it is not in', { only: ['apps/v1/Deployment', 'v1/ConfigMap'] }],
    ['a list of what may not be', { deny: ['v1/Pod'] }],
  ])(
    'S003-17: with %s, the answer is 404 and names what is watched; the server hears nothing',
    async (_what, onDemandWatch) => {
      await using world = await rig({
        config: { onDemandWatch, watches: [{ name: 'nodes', target: { version: 'v1', kind: 'Node' } }] },
      });
      const { status, body } = await world.get<Status>('/cache/api/v1/pods');
      expect(status).toBe(404);
      expect(body.message).toBe('v1/pods is not watched, and may not be on demand; watched are: v1/nodes');
      expect(upstream(world.server, 'pods')).toEqual([]);
    },
  );

  test('S003-17: Secrets are refused whatever the lists say', async () => {
    await using world = await rig({ config: { onDemandWatch: { only: ['*'] } } });
    const { status, body } = await world.get<Status>('/cache/api/v1/secrets');
    expect(status).toBe(403);
    expect(body.reason).toBe('Forbidden');
    expect(upstream(world.server, 'secrets')).toEqual([]);
  });

  test('S003-18: one kind too many is 429, and those that are there go on', async () => {
    await using world = await rig({ config: { onDemandWatch: { maxKinds: 2 } } });
    expect((await world.get('/cache/api/v1/pods')).status).toBe(200);
    expect((await world.get('/cache/api/v1/configmaps')).status).toBe(200);
    const { status, body, headers } = await world.get<Status>('/cache/api/v1/services');
    expect(status).toBe(429);
    expect(body.reason).toBe('TooManyWatches');
    expect(headers.get('retry-after')).toBe('30');
    expect((await world.get('/cache/api/v1/pods')).headers.get('x-cache')).toBe('hit');
  });

  test('S003-18: a kind with too many objects is not cached', async () => {
    await using world = await rig({
      config: { onDemandWatch: { maxObjects: 2 } },
      seed: (server) => void server.seed([pod('a'), pod('b'), pod('c')]),
    });
    const { status, body } = await world.get<Status>('/cache/api/v1/pods');
    expect(status).toBe(429);
    expect(body.reason).toBe('TooManyObjects');
  });
});

describe('dedicated caches', () => {
  test('S003-42: equal selectors, however written, are one cache and one watch', async () => {
    await using world = await rig({
      seed: (server) => void server.seed([pod('a', { labels: { a: '1', b: '2' } }), pod('b', { labels: { a: '1' } })]),
    });
    const ask = (selector: string) =>
      world.get(`/cache/api/v1/pods?x-dedicated=true&labelSelector=${encodeURIComponent(selector)}`);
    const first = await ask('a=1,b=2');
    expect(first.headers.get('x-cache')).toBe('miss');
    expect(first.body.items.map(({ metadata }) => metadata.name)).toEqual(['a']);
    const second = await ask('b==2, a=1');
    expect(second.headers.get('x-cache')).toBe('dedicated');
    expect(decodeURI(second.headers.get('x-cache-source')!)).toBe('v1/pods labels=a=1,b=2');
    const requests = upstream(world.server, 'pods');
    expect(requests.map(({ query }) => query.get('labelSelector'))).toEqual(['a=1,b=2']);
    expect(world.watcher.kinds().map(({ objects }) => objects)).toEqual([1]);
  });
});
