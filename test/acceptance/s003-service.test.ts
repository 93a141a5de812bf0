import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { KubeObject, Status } from '../../src/index.ts';
import { ApiServer, FakeClock, settle } from '../../src/testing/index.ts';
import { createWatcher } from '../../src/watcher/index.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { listeningServer, outOfFiles } from '../support/listening-server.ts';
import { until } from './s000-world.ts';
import { type KubeList, pod, rig, upstream, watchPods } from './s003-rig.ts';

const api = '/apis/watcher.kube-informer.dev/v1alpha1';

interface WatchView {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string; readonly generation: number };
  readonly spec: object;
  readonly status: {
    readonly phase: string;
    readonly objects: number;
    readonly sharedWith: number;
    readonly approxBytes: number;
    readonly resourceVersion: string;
    readonly lastContactTime: string;
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

const jobs = (name = 'jobs') => ({
  apiVersion: 'watcher.kube-informer.dev/v1alpha1',
  kind: 'Watch',
  metadata: { name },
  spec: { target: { group: 'batch', version: 'v1', kind: 'Job' } },
});

describe('what is served', () => {
  test('S003-01: pods, deployments and custom resources, through the same read API', async () => {
    await using world = await rig({
      seed: (server) => {
        server.create(customDefinition());
        server.create(pod('a'));
        server.create({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'b', namespace: 'web' } });
        server.create({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'c', namespace: 'web' } });
      },
    });
    for (const [path, kind] of [
      ['api/v1/namespaces/web/pods/a', 'Pod'],
      ['apis/apps/v1/namespaces/web/deployments/b', 'Deployment'],
      ['apis/example.com/v1/namespaces/web/widgets/c', 'Widget'],
    ]) {
      const { status, body } = await world.get<KubeObject>(`/cache/${path}`);
      expect([status, body.kind]).toEqual([200, kind]);
    }
  });

  test('S003-04: a list of a kind is the list that an API server would send', async () => {
    await using world = await rig({ seed: (server) => void server.seed([pod('a'), pod('b')]) });
    const { body } = await world.get<KubeList>('/cache/api/v1/namespaces/web/pods');
    const upstream = (await (await fetch(`${world.server.url}/api/v1/namespaces/web/pods`)).json()) as KubeList;
    const plain = ({ metadata: { managedFields: _, ...metadata }, kind: _k, apiVersion: _a, ...rest }: KubeObject) => ({
      ...rest,
      metadata,
    });
    expect({ ...body, items: body.items.map(plain) }).toEqual({ ...upstream, items: upstream.items.map(plain) });
  });
});

describe('what is watched', () => {
  test('S003-60: is listed with the real number of objects, also of equal names, and with versions and bytes', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed([pod('a'), pod('a', { namespace: 'b' }), pod('c')]),
    });
    const { body } = await world.get<{ kind: string; items: WatchView[] }>(`${api}/watches`);
    expect(body.kind).toBe('WatchList');
    expect(body.items).toMatchObject([
      {
        kind: 'Watch',
        metadata: { name: 'pods' },
        status: {
          phase: 'Live',
          source: 'v1/pods',
          objects: 3,
          resourceVersion: world.server.resourceVersion,
          conditions: [{ type: 'Synced', status: 'True', reason: 'ListComplete' }],
        },
      },
    ]);
    expect(body.items[0]!.status.approxBytes).toBeGreaterThan(300);
    expect(Date.parse(body.items[0]!.status.lastContactTime)).toBe(world.clock.now());
  });

  test('S003-06: changes at run time: one more by POST, gone by DELETE, with all it held', async () => {
    await using world = await rig({
      config: { onDemandWatch: { mode: 'deny' } },
      seed: (server) =>
        void server.create({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'web' } }),
    });
    const list = '/cache/apis/batch/v1/jobs';
    expect((await world.get(list)).status).toBe(404);
    const send = (body: unknown) =>
      fetch(`${world.watcher.url}${api}/watches`, { method: 'POST', body: JSON.stringify(body) });
    const made = await send(jobs());
    expect(made.status).toBe(201);
    await until(() => world.watcher.kinds()[0]?.synced === true);
    const { body } = await world.get<WatchView>(`${api}/watches/jobs`);
    expect(body.status).toMatchObject({ objects: 1, conditions: [{ type: 'Synced', status: 'True' }] });
    expect(await world.names(list)).toEqual(['j']);

    const again = (await (await send(jobs())).json()) as Status;
    expect([again.code, again.reason]).toEqual([409, 'AlreadyExists']);

    const { watches } = world.server;
    const removed = await fetch(`${world.watcher.url}${api}/watches/jobs`, { method: 'DELETE' });
    expect(removed.status).toBe(200);
    await until(() => world.server.watches === watches - 1);
    expect(world.watcher.kinds()).toEqual([]);
    expect((await world.get(list)).status).toBe(404);
    expect((await world.get(`${api}/watches/jobs`)).status).toBe(404);
  });

  test('S003-06: what is cached for it is freed: its objects, and what metrics say of it', async () => {
    await using world = await rig({
      seed: (server) =>
        void server.create({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'web' } }),
    });
    const cached = async () =>
      (await world.get<string>('/metrics')).body.match(/^informer_cached_objects\{.*$/gm) ?? [];
    const send = (method: string, path: string, body?: object) =>
      fetch(`${world.watcher.url}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    await send('POST', `${api}/watches`, jobs());
    await until(() => world.watcher.kinds()[0]?.synced === true);
    expect(await cached()).toEqual(['informer_cached_objects{kind="batch/v1/jobs"} 1']);
    await send('DELETE', `${api}/watches/jobs`);
    expect(await cached()).toEqual([]);
  });

  test('S003-06: PUT changes what is watched without a moment in between; whoever has not seen the last change gets 409', async () => {
    await using world = await rig({
      seed: (server) => void server.seed([pod('a', { labels: { app: 'a' } }), pod('b'), pod('c', { namespace: 'x' })]),
    });
    const send = async (method: string, path: string, body?: object) => {
      const init = { method, ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`${world.watcher.url}${path}`, init);
      return { status: response.status, body: (await response.json()) as WatchView & Status };
    };
    const path = `${api}/watches/pods`;
    const spec = { target: { version: 'v1', kind: 'Pod' }, namespaces: ['web'] };
    const made = await send('POST', `${api}/watches`, { ...jobs('pods'), spec });
    await until(() => world.watcher.kinds()[0]?.synced === true);
    const { body } = await send('GET', path);
    expect(body.status.objects).toBe(2);
    const wider = await send('PUT', path, { ...body, spec: { ...body.spec, namespaces: '*' } });
    expect([wider.status, wider.body.metadata.generation]).toEqual([200, 2]);
    expect(wider.body.metadata.uid).toBe(made.body.metadata.uid);
    await until(() => world.watcher.kinds()[0]?.synced === true);
    expect(world.watcher.kinds().map(({ key }) => key)).toEqual(['v1/pods']);
    const late = await send('PUT', path, { ...body, spec: { ...body.spec, labelSelector: 'app=a' } });
    expect([late.status, late.body.reason]).toEqual([409, 'Conflict']);
    // An index more: the cache goes on, and no request is sent for it.
    const requests = upstream(world.server, 'pods').length;
    const indexes = [{ name: 'byNode', path: 'spec.nodeName' }];
    expect((await send('PUT', path, { ...wider.body, spec: { ...wider.body.spec, indexes } })).status).toBe(200);
    expect(world.watcher.kinds()[0]?.indexes).toContain('byNode');
    expect(upstream(world.server, 'pods').length).toBe(requests);
    expect((await send('DELETE', path)).status).toBe(200);
    expect(world.watcher.kinds()).toEqual([]);
  });

  test('S003-06: resync fetches the whole state anew, and tells of what was different', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed([pod('a'), pod('b')]),
    });
    const path = `${world.watcher.url}${api}/watches/pods/resync`;
    const requests = upstream(world.server, 'pods').length;
    await world.clock.advance(1_000);
    const answer = await fetch(path, { method: 'POST' });
    expect([answer.status, ((await answer.json()) as WatchView).kind]).toEqual([200, 'Watch']);
    await until(() => upstream(world.server, 'pods').length === requests + 1);
    await until(() => world.watcher.kinds()[0]?.phase === 'live');
    const again = await fetch(path, { method: 'POST' });
    expect([again.status, again.headers.get('retry-after')]).toEqual([429, '1']);
    expect(world.errors).toEqual([]);
    expect(await world.names('/cache/api/v1/pods')).toEqual(['a', 'b']);
  });

  test('S003-06: is a resource that can be watched: phases as they come, and how many share a cache', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed([pod('a')]),
    });
    const reader = await world.watch(`${api}/watches?watch=1`);
    await until(() => reader.lines.length === 1);
    const view = () => reader.lines.at(-1)!.object as unknown as WatchView;
    expect(view()).toMatchObject({ metadata: { name: 'pods' }, status: { phase: 'Live', sharedWith: 0, objects: 1 } });
    const same = { ...jobs('same'), spec: { target: { version: 'v1', kind: 'Pod' } } };
    await fetch(`${world.watcher.url}${api}/watches`, { method: 'POST', body: JSON.stringify(same) });
    world.server.create(pod('b'));
    await until(() => world.watcher.kinds()[0]?.objects === 2);
    await settle(20);
    await world.clock.advance(1_000);
    await until(() => reader.lines.length >= 4);
    const last = new Map(reader.lines.map(({ object }) => [object.metadata.name, object as unknown as WatchView]));
    expect(last.get('pods')!.status).toMatchObject({ sharedWith: 1, objects: 2 });
    expect(last.get('same')!.status).toMatchObject({ sharedWith: 1, objects: 2 });
    expect(last.get('pods')!.status.conditions[0]).toMatchObject({
      type: 'Synced',
      lastTransitionTime: expect.any(String),
    });
    // What only tells the time makes no event.
    const { length } = reader.lines;
    await world.clock.advance(5_000);
    await settle(20);
    expect(reader.lines.length).toBe(length);
    reader.stop();
  });

  test('S003-06: one of the configuration can not be taken out, and what is no Watch is refused with causes', async () => {
    await using world = await rig({ config: { watches: [watchPods] } });
    const removed = await fetch(`${world.watcher.url}${api}/watches/pods`, { method: 'DELETE' });
    expect(removed.status).toBe(403);
    const body = JSON.stringify({ ...jobs(), spec: { target: { kind: 'Job' }, labelSelector: 'a in' } });
    const refused = await fetch(`${world.watcher.url}${api}/watches`, { method: 'POST', body });
    const status = (await refused.json()) as Status;
    expect([refused.status, status.reason]).toEqual([422, 'Invalid']);
    expect(status.details?.causes).toEqual([expect.objectContaining({ field: 'spec.labelSelector' })]);
    const broken = await fetch(`${world.watcher.url}${api}/watches`, { method: 'POST', body: '{' });
    expect(((await broken.json()) as Status).code).toBe(400);
  });
});

describe('health', () => {
  test('S003-57: is not ready until everything configured is cached, and stays ready when contact is lost for a while', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      waitUntilReady: false,
      seed: (server) => {
        server.create(pod('a'));
        server.faults.add({ match: { resource: 'pods' }, times: 1, action: { kind: 'delay', delay: 1_000 } });
      },
    });
    await until(() => world.server.requests.count({ resource: 'pods' }) === 1);
    expect((await world.get('/healthz')).status).toBe(200);
    expect((await world.get('/livez')).status).toBe(200);
    const early = await world.get<string>('/readyz');
    expect(early.status).toBe(500);
    expect(early.body).toBe('[+]discovery ok\n[-]watch/pods failed: not synced yet\nreadyz check failed\n');
    await world.clock.advance(1_000);
    await world.watcher.ready();
    expect(await world.get<string>('/readyz')).toMatchObject({ status: 200, body: 'ok' });
    expect((await world.get<string>('/readyz?verbose')).body).toBe(
      '[+]discovery ok\n[+]watch/pods ok\nreadyz check passed\n',
    );
    await world.server.pauseListening();
    world.server.resetConnections();
    await until(() => world.watcher.kinds()[0]?.phase === 'disconnected');
    expect((await world.get('/readyz')).status).toBe(200);
  });
});

describe('a listener', () => {
  test('that can not take connections says so each time, and goes on', async () => {
    await using world = await rig();
    const ask = () => world.get('/healthz');
    const listener = await listeningServer(Number(new URL(world.watcher.url).port), ask);
    for (let count = 0; count < 2; count++) listener.emit('error', outOfFiles());
    const refused = { code: 'ConnectionFailed', message: expect.stringContaining('EMFILE') };
    expect(world.errors).toMatchObject([refused, refused]);
    expect((await ask()).status).toBe(200);
  });
});

test('whoever is told of errors may throw: it costs a warning, and the service goes on', async () => {
  const clock = new FakeClock();
  await using server = await ApiServer.start({ clock });
  server.create(pod('a'));
  server.faults.add({ match: { path: '/api' }, times: 1, action: { kind: 'status', code: 503 } });
  server.faults.add({ match: { path: '/apis' }, times: 1, action: { kind: 'status', code: 503 } });
  const warning = once(process, 'warning');
  const onError = () => {
    throw new Error('the log is full');
  };
  await using watcher = await createWatcher(
    { server: { port: 0 }, watches: [watchPods] },
    { cluster: server.kubeConfig(), clock, onError },
  );
  const [{ code, message }] = await warning;
  expect([code, message]).toEqual(['HandlerFailed', 'onError of the watcher failed: the log is full']);
  const ready = watcher.ready();
  await clock.advance(1_000);
  await ready;
});

describe('measures', () => {
  test('S003-58: can be scraped; those of queries, caches, requests and the process move', async () => {
    await using world = await rig({
      config: { watches: [watchPods] },
      seed: (server) => void server.seed([pod('a'), pod('b')]),
    });
    const scrape = async () => {
      const { body } = await world.get<string>('/metrics');
      const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      for (const line of lines) expect(line).toMatch(/^[a-z_:][\w:]*(\{.*\})? [-+\dNa.e]+$/i);
      return new Map(
        lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
      );
    };
    const hits = 'informer_query_requests_total{route="list",code="200",cache="hit"}';
    const before = await scrape();
    expect(before.get('informer_cached_objects{kind="v1/pods"}')).toBe(2);
    expect(before.get('informer_cached_live{kind="v1/pods"}')).toBe(1);
    expect(before.get(hits)).toBeUndefined();
    await world.get('/cache/api/v1/pods');
    await world.get('/cache/api/v1/pods');
    const reader = await world.watch('/cache/api/v1/pods?watch=1');
    const after = await scrape();
    expect(after.get(hits)).toBe(2);
    expect(after.get('informer_stream_clients')).toBe(1);
    expect(after.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect([...after.keys()].some((key) => key.startsWith('reflector_lists_total{name="v1/pods"'))).toBe(true);
    reader.stop();
  });

  test('S003-58: can be turned off', async () => {
    await using world = await rig({ config: { metrics: { enabled: false } } });
    expect((await world.get('/metrics')).status).toBe(404);
  });
});

describe('the description of the API', () => {
  test('S003-56: names the routes, and its schemas are those that answers fit', async () => {
    await using world = await rig({ config: { watches: [watchPods] } });
    const { body } = await world.get<{
      openapi: string;
      paths: object;
      components: { schemas: Record<string, Schema> };
    }>('/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toContain(`${api}/watches/{name}`);
    const view = await world.get<Record<string, unknown>>(`${api}/watches/pods`);
    const { required, properties } = body.components.schemas.Watch!;
    expect(Object.keys(view.body).sort()).toEqual([...required!].sort());
    expect(Object.keys(view.body.status as object).every((key) => key in properties!.status!.properties!)).toBe(true);
  });
});

interface Schema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}
