import { describe, expect, test } from 'vitest';
import type { KubeObject, Status } from '../../src/index.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { until } from './s000-world.ts';
import { type KubeList, pod, type Rig, rig, watchPods } from './s003-rig.ts';

const asTable =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
const asMetadata = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

interface Table {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[] | null;
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: KubeObject | null }[];
}

const widgets = customDefinition({
  columns: [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Note', type: 'string', jsonPath: '.metadata.annotations.example\\.com/note', priority: 1 },
  ],
});

const widget = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', namespace: 'web', annotations: { 'example.com/note': 'hello' } },
  spec: { size: 3 },
  status: {
    conditions: [
      { type: 'Synced', status: 'False' },
      { type: 'Ready', status: 'True' },
    ],
  },
};

async function pods(...made: ReturnType<typeof pod>[]): Promise<Rig> {
  return rig({ config: { watches: [watchPods] }, seed: (server) => void server.seed(made) });
}

describe('tables', () => {
  test('S003-04: pods have the columns that people know, and what each row is about', async () => {
    const running = pod('a', {
      spec: { containers: [{ name: 'x' }, { name: 'y' }], nodeName: 'n1' },
      status: { phase: 'Running', podIP: '10.0.0.1', containerStatuses: [{ ready: true, restartCount: 2 }] },
    });
    const waiting = pod('b', {
      spec: { containers: [{ name: 'x' }] },
      status: {
        phase: 'Pending',
        containerStatuses: [{ ready: false, restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } }],
      },
    });
    await using world = await pods(running, waiting);
    await world.clock.advance(200_000);
    const { body, headers, status } = await world.get<Table>('/cache/api/v1/namespaces/web/pods', { accept: asTable });
    expect(status).toBe(200);
    expect(headers.get('etag')).toBeNull();
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(body.metadata.resourceVersion).toBe(world.server.resourceVersion);
    const shown = body.columnDefinitions!.map(({ name, priority }) => `${name}${priority ? '*' : ''}`);
    expect(shown).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP*', 'Node*']);
    expect(body.rows.map(({ cells }) => cells)).toEqual([
      ['a', '1/2', 'Running', '2', '3m20s', '10.0.0.1', 'n1'],
      ['b', '0/1', 'ImagePullBackOff', '0', '3m20s', '<none>', '<none>'],
    ]);
    expect(body.rows[0]!.object).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: world.server.get('pods', 'web', 'a')!.metadata,
    });
  });

  test('S003-04: one object is a table with one row; rows have their objects as they are asked for', async () => {
    await using world = await pods(pod('a'));
    const ask = async (include: string) =>
      (await world.get<Table>(`/cache/api/v1/namespaces/web/pods/a?includeObject=${include}`, { accept: asTable }))
        .body;
    expect((await ask('None')).rows[0]!.object).toBeNull();
    expect((await ask('Object')).rows[0]!.object).toMatchObject({ kind: 'Pod', metadata: { name: 'a' } });
    expect((await ask('Metadata')).rows[0]!.object).toMatchObject({ kind: 'PartialObjectMetadata' });
    const wrong = await world.get<Status>('/cache/api/v1/pods?includeObject=all', { accept: asTable });
    expect(wrong.body).toMatchObject({ code: 400, details: { causes: [{ field: 'includeObject' }] } });
  });

  test('S003-04: custom resources have the columns of their definition, the same as the API server gives', async () => {
    await using world = await rig({
      seed: (server) => {
        server.create(widgets);
        server.create(widget);
      },
    });
    const path = '/apis/example.com/v1/namespaces/web/widgets';
    // Definitions are watched when discovery has told that there are any.
    await until(() => world.server.requests.count({ resource: 'customresourcedefinitions' }) > 0);
    await until(() => world.server.watches > 0);
    const { body } = await world.get<Table>(`/cache${path}`, { accept: asTable });
    expect(body.columnDefinitions!.map(({ name }) => name)).toEqual(['Name', 'Size', 'Ready', 'Note']);
    expect(body.rows.map(({ cells }) => cells)).toEqual([['w', 3, 'True', 'hello']]);
  });

  test('S003-04: a kind that is neither has its name and its age; pages go on as with lists', async () => {
    await using world = await rig({
      seed: (server) => {
        for (const name of ['a', 'b']) {
          server.create({
            apiVersion: 'discovery.k8s.io/v1',
            kind: 'EndpointSlice',
            metadata: { name, namespace: 'web' },
            addressType: 'IPv4',
            endpoints: [],
          });
        }
      },
    });
    const path = '/cache/apis/discovery.k8s.io/v1/endpointslices?limit=1';
    const first = (await world.get<Table>(path, { accept: asTable })).body;
    expect(first.columnDefinitions!.map(({ name }) => name)).toEqual(['Name', 'Age']);
    expect(first.rows.map(({ cells }) => cells)).toEqual([['a', '0s']]);
    const next = await world.get<Table>(`${path}&continue=${first.metadata.continue}`, { accept: asTable });
    expect(next.body.rows.map(({ cells }) => cells)).toEqual([['b', '0s']]);
  });

  test('S003-47: a watch brings a table with each change; the columns are told once', async () => {
    await using world = await pods(pod('a'));
    const reader = await world.watch('/cache/api/v1/pods?watch=1', { accept: asTable });
    await until(() => reader.lines.length === 1);
    world.server.touch('pods', 'web', 'a');
    await until(() => reader.lines.length === 2);
    const tables = reader.lines.map(({ type, object }) => ({ type, table: object as unknown as Table }));
    expect(tables.map(({ type, table }) => [type, table.kind, table.rows[0]!.cells[0]])).toEqual([
      ['ADDED', 'Table', 'a'],
      ['MODIFIED', 'Table', 'a'],
    ]);
    expect(tables[0]!.table.columnDefinitions).not.toBeNull();
    expect(tables[1]!.table.columnDefinitions).toBeNull();
    reader.stop();
  });
});

describe('metadata', () => {
  test('S003-04: alone, of one object, of a list, and of what changes', async () => {
    await using world = await pods(pod('a', { spec: { nodeName: 'n1' } }));
    const { metadata } = world.server.get<KubeObject>('pods', 'web', 'a')!;
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
    const list = await world.get('/cache/api/v1/pods', { accept: asMetadata });
    expect(list.body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect(list.body.items).toEqual([partial]);
    const accept = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
    const path = '/cache/api/v1/namespaces/web/pods/a';
    const one = await world.get<KubeObject>(path, { accept });
    expect(one.body).toEqual(partial);
    const whole = await world.get(path);
    expect(one.headers.get('etag')).not.toBe(whole.headers.get('etag'));
    expect((await world.get(path, { accept, 'if-none-match': one.headers.get('etag')! })).status).toBe(304);
    expect((await world.get(path, { accept, 'if-none-match': whole.headers.get('etag')! })).status).toBe(200);
    const reader = await world.watch('/cache/api/v1/pods?watch=1', { accept });
    await until(() => reader.lines.length === 1);
    expect(reader.lines[0]).toEqual({ type: 'ADDED', object: partial });
    reader.stop();
  });
});

test.each([
  ['application/vnd.kubernetes.protobuf', 406],
  ['text/csv', 406],
  ['application/json;as=Table;v=v2;g=meta.k8s.io', 406],
  ['application/json;as=Nothing;v=v1;g=meta.k8s.io', 406],
  ['application/vnd.kubernetes.protobuf,application/json', 200],
  ['text/html,*/*;q=0.8', 200],
])('S003-04: Accept: %s is answered with %i', async (accept, expected) => {
  await using world = await pods(pod('a'));
  const { status, body } = await world.get<KubeList | Status>('/cache/api/v1/pods', { accept });
  expect(status).toBe(expected);
  expect(body.kind).toBe(expected === 200 ? 'PodList' : 'Status');
});

describe('parts and orders', () => {
  test('S003-33: x-annotationSelector and x-nameContains select; x-orderBy orders; x-fields cuts', async () => {
    const annotated = (name: string, note: string | undefined, at: number) => ({
      ...pod(name, { spec: { priority: at } }),
      metadata: { name, namespace: 'web', ...(note && { annotations: { 'example.com/note': note } }) },
    });
    await using world = await pods(
      annotated('web-a', 'x, y', 2),
      annotated('web-b', undefined, 3),
      annotated('db-c', 'z', 1),
    );
    const names = (params: Record<string, string>) => world.names(`/cache/api/v1/pods?${new URLSearchParams(params)}`);
    expect(await names({ 'x-annotationSelector': 'example.com/note="x, y"' })).toEqual(['web-a']);
    expect(await names({ 'x-annotationSelector': '!example.com/note' })).toEqual(['web-b']);
    expect(await names({ 'x-annotationSelector': 'example.com/note != z', 'x-nameContains': 'web' })).toEqual([
      'web-a',
      'web-b',
    ]);
    expect(await names({ 'x-orderBy': 'spec.priority' })).toEqual(['db-c', 'web-a', 'web-b']);
    expect(await names({ 'x-orderBy': 'spec.priority:desc', limit: '2' })).toEqual(['web-b', 'web-a']);
    const { body } = await world.get('/cache/api/v1/pods?x-fields=metadata.name,spec.priority&x-nameContains=db');
    expect(body.items).toEqual([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db-c' }, spec: { priority: 1 } }]);
    const one = await world.get('/cache/api/v1/namespaces/web/pods/db-c?x-fields=spec.priority');
    expect(one.body).toEqual({ apiVersion: 'v1', kind: 'Pod', spec: { priority: 1 } });
    for (const wrong of ['x-orderBy=a:up', 'x-fields=a..b', 'x-annotationSelector=a%20b', 'x-orderBy=a&watch=1']) {
      expect((await world.get<Status>(`/cache/api/v1/pods?${wrong}`)).body).toMatchObject({
        kind: 'Status',
        code: 400,
      });
    }
  });
});
