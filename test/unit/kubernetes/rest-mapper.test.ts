import { describe, expect, it, test } from 'vitest';
import {
  gvrText,
  NoMatchError,
  type ResourceQuery,
  RestMapper,
  type RestMapperOptions,
} from '../../../src/kubernetes/index.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { FakeDiscovery, usualApis } from './discovery-fixtures.ts';

function setUp(server = new FakeDiscovery(), options: Partial<RestMapperOptions> = {}) {
  const clock = new FakeClock();
  const errors: KubeInformerError[] = [];
  const mapper = new RestMapper({ client: server, clock, onError: (error) => errors.push(error), ...options });
  return { server, clock, errors, mapper };
}

async function failureOf(promise: Promise<unknown>): Promise<KubeInformerError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(KubeInformerError);
  return thrown as KubeInformerError;
}

describe.each([
  ['aggregated', true],
  ['legacy', false],
])('S003-22 with %s discovery, the REST mapper', (_name, aggregated) => {
  test.each<[ResourceQuery, string]>([
    ['pods', 'v1/pods'],
    ['pod', 'v1/pods'],
    ['po', 'v1/pods'],
    ['Pod', 'v1/pods'],
    ['v1/Pod', 'v1/pods'],
    ['v1/pods', 'v1/pods'],
    ['pods.v1', 'v1/pods'],
    ['deploy', 'apps/v1/deployments'],
    ['deployments.apps', 'apps/v1/deployments'],
    ['deployments.v1.apps', 'apps/v1/deployments'],
    ['Deployment.apps', 'apps/v1/deployments'],
    ['apps/v1/deployments', 'apps/v1/deployments'],
    ['apps/v1/Deployment', 'apps/v1/deployments'],
    ['events', 'v1/events'],
    ['events.events.k8s.io', 'events.k8s.io/v1/events'],
    ['events.v1.events.k8s.io', 'events.k8s.io/v1/events'],
    ['widget', 'example.com/v1/widgets'],
    ['widgets.v1beta1.example.com', 'example.com/v1beta1/widgets'],
    ['Gadget', 'example.com/v1beta1/gadgets'],
    [{ group: 'apps', version: 'v1', kind: 'DaemonSet' }, 'apps/v1/daemonsets'],
    [{ group: 'example.com', kind: 'Widget' }, 'example.com/v1/widgets'],
    [{ group: 'example.com', version: 'v1beta1', kind: 'Widget' }, 'example.com/v1beta1/widgets'],
    [{ group: 'example.com', resource: 'gadgets' }, 'example.com/v1beta1/gadgets'],
    [{ group: '', version: 'v1', resource: 'nodes' }, 'v1/nodes'],
  ])('resolves %j to %s', async (query, expected) => {
    const { mapper, server } = setUp();
    server.aggregated = aggregated;
    expect(gvrText(await mapper.resolve(query))).toBe(expected);
  });

  it('tells kind, scope, verbs, short names, categories and subresources', async () => {
    const { mapper, server } = setUp();
    server.aggregated = aggregated;
    expect(await mapper.resolve('po')).toEqual({
      group: '',
      version: 'v1',
      resource: 'pods',
      kind: 'Pod',
      singular: 'pod',
      namespaced: true,
      shortNames: ['po'],
      categories: ['all'],
      subresources: ['log', 'status'],
      verbs: ['get', 'list', 'watch'],
    });
    expect(await mapper.resolve('no')).toMatchObject({ namespaced: false });
    expect(await mapper.resolve('wd')).toMatchObject({ verbs: ['get', 'list'] });
  });

  it('names the members of a category once, in their preferred versions', async () => {
    const { mapper, server } = setUp();
    server.aggregated = aggregated;
    expect(mapper.inCategory('all')).toEqual([]);
    await mapper.refresh();
    expect(mapper.inCategory('all').map(gvrText)).toEqual([
      'v1/pods',
      'apps/v1/deployments',
      'apps/v1/daemonsets',
      'example.com/v1/widgets',
    ]);
  });
});

describe('S003-22 the requests of the REST mapper', () => {
  it('are two with aggregated discovery, with the tags of the answers before', async () => {
    const { mapper, server } = setUp();
    await mapper.refresh();
    await mapper.refresh();
    expect(server.requests.slice(0, 2)).toEqual(['/api', '/apis']);
    expect(server.requests.slice(2)).toEqual([
      expect.stringMatching(/^\/api if not "\d+"$/),
      expect.stringMatching(/^\/apis if not "\d+"$/),
    ]);
    expect(mapper.find('deploy')).toBeDefined();
  });

  it('are one per group version without it', async () => {
    const { mapper, server } = setUp();
    server.aggregated = false;
    await mapper.refresh();
    expect(server.requests.toSorted()).toEqual([
      '/api',
      '/api/v1',
      '/apis',
      '/apis/apps/v1',
      '/apis/events.k8s.io/v1',
      '/apis/example.com/v1',
      '/apis/example.com/v1beta1',
    ]);
  });

  it('fall back to plain JSON when the server refuses the media types', async () => {
    const { mapper, server } = setUp();
    server.aggregated = false;
    const answer = server.json.bind(server);
    server.json = async (path, headers, signal) =>
      headers.accept?.includes('apidiscovery')
        ? { status: 406, body: { kind: 'Status', code: 406, reason: 'NotAcceptable' } }
        : answer(path, headers, signal);
    expect(gvrText(await mapper.resolve('deploy'))).toBe('apps/v1/deployments');
    expect(mapper.failures).toEqual([]);
  });

  it('are shared by all who ask at the same time', async () => {
    const { mapper, server } = setUp();
    await Promise.all([mapper.refresh(), mapper.refresh(), mapper.resolve('po'), mapper.resolve('deploy')]);
    expect(server.requests).toEqual(['/api', '/apis']);
  });
});

describe('S003-22 an unknown kind', () => {
  it('asked for 1,000 times at once makes one refresh', async () => {
    const { mapper, server } = setUp();
    await mapper.refresh();
    const asked = await Promise.allSettled(Array.from({ length: 1_000 }, () => mapper.resolve('Wodget')));
    expect(asked.every(({ status }) => status === 'rejected')).toBe(true);
    expect(server.refreshes).toBe(1 + 1);
  });

  it('asked for 1,000 times in turn makes one refresh, also if nothing was known before', async () => {
    const { mapper, server } = setUp();
    for (let time = 0; time < 1_000; time++) await failureOf(mapper.resolve('Wodget'));
    expect(server.refreshes).toBe(1);
  });

  it('makes the next refresh after ten seconds, and is found when it is there by then', async () => {
    const { mapper, server, clock } = setUp();
    await failureOf(mapper.resolve('gizmos'));
    server.apis = { ...usualApis, 'gizmo.io': [{ version: 'v1', resources: [{ resource: 'gizmos', kind: 'Gizmo' }] }] };
    await clock.advance(9_999);
    await failureOf(mapper.resolve('gizmos'));
    expect(server.refreshes).toBe(1);
    await clock.advance(1);
    expect(gvrText(await mapper.resolve('gizmos'))).toBe('gizmo.io/v1/gizmos');
    expect(server.refreshes).toBe(2);
  });

  it('that is new is found by all who ask while the refresh is under way', async () => {
    const { mapper, server } = setUp();
    await mapper.refresh();
    server.apis = { ...usualApis, 'gizmo.io': [{ version: 'v1', resources: [{ resource: 'gizmos', kind: 'Gizmo' }] }] };
    const found = await Promise.all(['gizmos', 'Gizmo', 'gizmos.gizmo.io'].map((name) => mapper.resolve(name)));
    expect(found.map(gvrText)).toEqual(Array.from({ length: 3 }, () => 'gizmo.io/v1/gizmos'));
    expect(server.refreshes).toBe(2);
  });

  test.each<[ResourceQuery, string[]]>([
    ['deplyoments', ['deployments.apps']],
    ['Wodget', ['widgets.example.com', 'gadgets.example.com']],
    ['podss', ['pods']],
    ['zzzzzz', []],
    [{ group: 'apps', version: 'v1', kind: 'Deploymnt' }, ['deployments.apps']],
    [{ group: 'apps', version: 'v2', kind: 'Deployment' }, ['deployments.apps']],
  ])('%j has the near matches %j', async (query, near) => {
    const { mapper } = setUp();
    const error = await failureOf(mapper.resolve(query));
    expect(error).toBeInstanceOf(NoMatchError);
    expect(error.code).toBe('NoMatch');
    expect((error as NoMatchError).nearMatches).toEqual(near);
    for (const name of near) expect(error.hint).toContain(name);
  });

  it('of a group that is not there says so', async () => {
    const { mapper } = setUp();
    const error = await failureOf(mapper.resolve({ group: 'nope.io', version: 'v1', kind: 'Thing' }));
    expect(error.message).toContain('nope.io/v1/Thing');
    expect(error.hint).toContain('no group nope.io');
  });
});

describe('S003-20 discovery that fails in part', () => {
  it('keeps what it knew of a stale group, and reports it', async () => {
    const { mapper, server, errors } = setUp();
    await mapper.refresh();
    server.apis = { ...usualApis, 'example.com': [{ version: 'v1', resources: [], stale: true }] };
    await mapper.refresh();
    expect(gvrText(await mapper.resolve('widgets'))).toBe('example.com/v1/widgets');
    expect(mapper.failures).toMatchObject([{ group: 'example.com', version: 'v1', error: { code: 'ApiStatus' } }]);
    expect(errors.map(({ message }) => message)).toEqual(['discovery of example.com/v1 is stale']);
    expect(gvrText(await mapper.resolve('deploy'))).toBe('apps/v1/deployments');
  });

  it('forgets the failure when the group is back', async () => {
    const { mapper, server } = setUp();
    server.apis = { ...usualApis, 'example.com': [{ version: 'v1', resources: [], stale: true }] };
    await mapper.refresh();
    expect(mapper.find('widgets')).toBeUndefined();
    server.apis = usualApis;
    await mapper.refresh();
    expect(mapper.failures).toEqual([]);
    expect(mapper.find('widgets')).toBeDefined();
  });

  test.each<[string, Parameters<FakeDiscovery['overrides']['set']>[1], string]>([
    ['a 503', { status: 503, body: 'service unavailable' }, 'ApiStatus'],
    ['a broken connection', new Error('ECONNRESET'), 'ConnectionFailed'],
    ['a page that is no document', { status: 200, body: '<html>' }, 'UnexpectedKind'],
  ])('legacy: %s of one group hides no other, and keeps what was known of it', async (_name, answer, code) => {
    const { mapper, server } = setUp();
    server.aggregated = false;
    await mapper.refresh();
    server.overrides.set('/apis/example.com/v1', answer);
    await mapper.refresh();
    expect(mapper.failures).toMatchObject([{ group: 'example.com', version: 'v1', error: { code } }]);
    expect(gvrText(mapper.find('widgets') ?? expect.fail())).toBe('example.com/v1/widgets');
    expect(mapper.find('deploy')).toBeDefined();
  });

  it('legacy: a group version that has just gone is gone, and no failure', async () => {
    const { mapper, server } = setUp();
    server.aggregated = false;
    await mapper.refresh();
    server.overrides.set('/apis/example.com/v1', { status: 404, body: '404 page not found' });
    await mapper.refresh();
    expect(mapper.failures).toEqual([]);
    expect(gvrText(mapper.find('widgets') ?? expect.fail())).toBe('example.com/v1beta1/widgets');
  });

  it('keeps all named groups when /apis fails', async () => {
    const { mapper, server } = setUp();
    await mapper.refresh();
    server.overrides.set('/apis', { status: 500, body: { kind: 'Status', code: 500, message: 'boom' } });
    await mapper.refresh();
    expect(mapper.find('deploy')).toBeDefined();
    expect(mapper.failures).toMatchObject([{ group: undefined, version: undefined, error: { code: 'ApiStatus' } }]);
    server.overrides.clear();
    await mapper.refresh();
    expect(mapper.failures).toEqual([]);
  });

  it('keeps everything when all of it fails, and the refresh says so', async () => {
    const { mapper, server, clock } = setUp();
    await mapper.refresh();
    server.overrides.set('/api', new Error('ECONNREFUSED')).set('/apis', new Error('ECONNREFUSED'));
    expect((await failureOf(mapper.refresh())).code).toBe('ConnectionFailed');
    expect(gvrText(await mapper.resolve('deploy'))).toBe('apps/v1/deployments');
    await clock.advance(10_000);
    const error = await failureOf(mapper.resolve('Wodget'));
    expect(error.code).toBe('NoMatch');
    expect(error.cause).toMatchObject({ code: 'ConnectionFailed' });
  });

  it('says why nothing resolves when nothing was ever discovered', async () => {
    const { mapper, server } = setUp();
    server.overrides.set('/api', { status: 401, body: { kind: 'Status', code: 401, reason: 'Unauthorized' } });
    server.overrides.set('/apis', { status: 401, body: { kind: 'Status', code: 401, reason: 'Unauthorized' } });
    expect(await failureOf(mapper.resolve('pods'))).toMatchObject({ code: 'ApiStatus', class: 'unauthorized' });
    server.overrides.clear();
    expect(gvrText(await mapper.resolve('pods'))).toBe('v1/pods');
  });
});

describe('S003-20 refreshSoon', () => {
  it('makes at most two refreshes of a burst of 20 changes', async () => {
    const { mapper, server, clock } = setUp();
    for (let change = 0; change < 20; change++) {
      mapper.refreshSoon();
      await clock.advance(20);
    }
    await clock.advance(5_000);
    expect(server.refreshes).toBe(1);
  });

  it('does not wait for ever for the end of a stream of changes', async () => {
    const { mapper, server, clock } = setUp();
    for (let change = 0; change < 40; change++) {
      mapper.refreshSoon();
      await clock.advance(100);
    }
    expect(server.refreshes).toBeGreaterThanOrEqual(1);
    expect(server.refreshes).toBeLessThanOrEqual(2);
  });

  it('keeps the old map until the new one is complete', async () => {
    const { mapper, server, clock } = setUp();
    await mapper.refresh();
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    server.apis = { '': usualApis[''] ?? [] };
    mapper.refreshSoon();
    await clock.advance(250);
    expect(server.refreshes).toBe(2);
    expect(mapper.find('deploy')).toBeDefined();
    gate.resolve();
    await settle();
    expect(mapper.find('deploy')).toBeUndefined();
  });

  it('reads again after a refresh that was under way when the change came', async () => {
    const { mapper, server, clock } = setUp();
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    const first = mapper.refresh();
    mapper.refreshSoon();
    await clock.advance(250);
    expect(server.refreshes).toBe(1);
    gate.resolve();
    await first;
    await settle();
    expect(server.refreshes).toBe(2);
  });

  it('reports a failure', async () => {
    const { mapper, server, clock, errors } = setUp();
    server.overrides.set('/api', new Error('down')).set('/apis', new Error('down'));
    mapper.refreshSoon();
    await clock.advance(250);
    expect(errors.map(({ code }) => code)).toEqual(['ConnectionFailed']);
  });
});

describe('a closed REST mapper', () => {
  it('asks nothing any more, leaves no timer, and still finds what it knows', async () => {
    const { mapper, server, clock, errors } = setUp();
    await mapper.refresh();
    mapper.refreshSoon();
    mapper.close();
    mapper.refreshSoon();
    expect(clock.pendingTimers).toBe(0);
    expect((await failureOf(mapper.refresh())).code).toBe('AlreadyStopped');
    expect(mapper.find('po')).toBeDefined();
    expect(server.refreshes).toBe(1);
    expect(errors).toEqual([]);
  });

  it('ends a refresh under way', async () => {
    const { mapper, server } = setUp();
    const gate = Promise.withResolvers<void>();
    server.gate = gate.promise;
    const refresh = failureOf(mapper.refresh());
    mapper.close();
    gate.resolve();
    expect((await refresh).code).toBe('AlreadyStopped');
  });

  it('refuses impossible options', () => {
    expect(() => new RestMapper({ client: new FakeDiscovery(), missInterval: -1 })).toThrow(/missInterval/);
    expect(() => new RestMapper({ client: new FakeDiscovery(), debounce: Number.NaN })).toThrow(/debounce/);
  });
});
