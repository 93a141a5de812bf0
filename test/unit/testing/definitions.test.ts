import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer, FakeClock } from '../../../src/testing/index.ts';
import { send, summary, watch } from './http.ts';

const version = (name: string, extra: object = {}) => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          required: ['size'],
          properties: {
            size: { type: 'integer', minimum: 1, maximum: 100 },
            color: { type: 'string', enum: ['red', 'green'], default: 'red' },
            replicas: { type: 'integer' },
          },
        },
        status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
  subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
  selectableFields: [{ jsonPath: '.spec.color' }],
  ...extra,
});

const definition = (versions: object[] = [version('v1')]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.rig.example.com' },
  spec: {
    group: 'rig.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    versions,
  },
});

const widget = (name: string, spec: object = { size: 1 }, metadata: object = {}) => ({
  apiVersion: 'rig.example.com/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'demo', ...metadata },
  spec,
});

const path = '/apis/rig.example.com/v1/namespaces/demo/widgets';
const merge = { 'Content-Type': 'application/merge-patch+json' };

describe('custom resources of the embedded API server (transcripts 0b, 3b and 11)', () => {
  let server: ApiServer;
  const post = (body: object) => send(server, path, { method: 'POST', body });

  beforeEach(async () => {
    server = await ApiServer.start({ clock: new FakeClock() });
    server.create(definition());
  });

  afterEach(() => server.close());

  it('0b: establishes a definition and serves it', async () => {
    const stored = await send(
      server,
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.rig.example.com',
    );
    expect(stored.json.status.conditions.map((condition: { type: string }) => condition.type)).toEqual([
      'NamesAccepted',
      'Established',
    ]);
    expect(stored.json.status.storedVersions).toEqual(['v1']);
    expect((await send(server, path)).text).toBe(
      '{"apiVersion":"rig.example.com/v1","items":[],"kind":"WidgetList","metadata":{"continue":"","resourceVersion":"3"}}\n',
    );
  });

  it('0b: has no storage for a new definition until the delay is over, if there is one', async () => {
    const clock = new FakeClock();
    await using slow = await ApiServer.start({ clock, definitionDelay: 500 });
    slow.create(definition());
    const early = await send(slow, path);
    expect([early.status, early.headers['retry-after'], early.json.message]).toEqual([
      429,
      '1',
      'storage is (re)initializing',
    ]);
    await clock.advance(500);
    expect((await send(slow, path)).status).toBe(200);
  });

  it('0b: refuses a definition whose name is wrong and that has no schema', async () => {
    const { schema: _, ...bare } = version('v1');
    const bad = { ...definition([bare]), metadata: { name: 'bad.rig.example.com' } };
    const reply = await send(server, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      method: 'POST',
      body: { ...bad, spec: { ...bad.spec, names: { plural: 'bads', kind: 'Bad' } } },
    });
    expect([reply.status, reply.json.message]).toEqual([
      422,
      'CustomResourceDefinition.apiextensions.k8s.io "bad.rig.example.com" is invalid: [metadata.name: Invalid value: "bad.rig.example.com": must be spec.names.plural+"."+spec.group, spec.versions[0].schema.openAPIV3Schema: Required value]',
    ]);
  });

  it('3b: prints keys in alphabetical order, fills in defaults, warns of unknown fields', async () => {
    const reply = await post(widget('w1', { size: 1, bogus: 1 }));
    expect([reply.status, reply.headers.warning]).toEqual([201, '299 - "unknown field \\"spec.bogus\\""']);
    expect(reply.text).toBe(
      `{"apiVersion":"rig.example.com/v1","kind":"Widget","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z","generation":1,"managedFields":[{"apiVersion":"rig.example.com/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{".":{},"f:color":{},"f:size":{}}},"manager":"rig","operation":"Update","time":"2026-01-01T00:00:00Z"}],"name":"w1","namespace":"demo","resourceVersion":"4","uid":"${reply.json.metadata.uid}"},"spec":{"color":"red","size":1}}\n`,
    );
  });

  it('3b: refuses what the schema does not allow', async () => {
    const wrong = await post(widget('w2', { size: 1000, color: 'pink' }));
    expect([wrong.status, wrong.json.message]).toEqual([
      422,
      'Widget.rig.example.com "w2" is invalid: [spec.size: Invalid value: 1000: spec.size in body should be less than or equal to 100, spec.color: Unsupported value: "pink": supported values: "red", "green"]',
    ]);
    const missing = await post(widget('w2', {}));
    expect(missing.json.details.causes).toEqual([
      { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.size' },
    ]);
  });

  it('3b: counts generations, keeps status apart, and wants a resourceVersion in updates', async () => {
    await post(widget('w1'));
    const patch = (body: object, sub = '') =>
      send(server, `${path}/w1${sub}`, { method: 'PATCH', body, headers: merge });
    expect((await patch({ spec: { size: 3 } })).json.metadata.generation).toBe(2);
    expect((await patch({ metadata: { labels: { a: 'b' } } })).json.metadata.generation).toBe(2);
    const dropped = await patch({ status: { phase: 'Nope' } });
    expect([dropped.json.status, dropped.json.metadata.resourceVersion]).toEqual([undefined, '6']);
    const status = await patch({ status: { phase: 'Ready' } }, '/status');
    expect([
      status.json.status,
      status.json.metadata.generation,
      status.json.metadata.managedFields[1].subresource,
    ]).toEqual([{ phase: 'Ready' }, 2, 'status']);
    const update = await send(server, `${path}/w1`, { method: 'PUT', body: widget('w1', { size: 2 }) });
    expect([update.status, update.json.message]).toEqual([
      422,
      'widgets.rig.example.com "w1" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    ]);
    const strategic = await send(server, `${path}/w1`, {
      method: 'PATCH',
      body: {},
      headers: { 'Content-Type': 'application/strategic-merge-patch+json' },
    });
    expect(strategic.status).toBe(415);
    const scale = await send(server, `${path}/w1/scale`);
    expect([scale.status, scale.json.message]).toEqual([
      500,
      'Internal error occurred: the spec replicas field ".spec.replicas" does not exist',
    ]);
    const nope = await send(server, `${path}/w1/nope`);
    expect([nope.status, nope.json.message]).toEqual([404, 'widgets.rig.example.com "w1" not found']);
    expect((await send(server, `${path}/w1`, { method: 'DELETE' })).json.details).toMatchObject({
      name: 'w1',
      group: 'rig.example.com',
      kind: 'widgets',
    });
  });

  it('6: selects by the fields that the definition names', async () => {
    server.create(widget('red', { size: 1, color: 'red' }));
    server.create(widget('green', { size: 1, color: 'green' }));
    const reply = await send(server, `${path}?fieldSelector=spec.color%3Dgreen`);
    expect(reply.json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['green']);
    const size = await send(server, `${path}?fieldSelector=spec.size%3D1`);
    expect(size.json.message).toBe('field label not supported: spec.size');
  });

  it('8: bookmarks of custom resources have alphabetical keys', async () => {
    const lines = await watch(server, `${path}?watch=1&resourceVersion=0&allowWatchBookmarks=true`);
    expect(await lines.take(1)).toEqual([
      '{"type":"BOOKMARK","object":{"apiVersion":"rig.example.com/v1","kind":"Widget","metadata":{"annotations":{"k8s.io/initial-events-end":"true"},"resourceVersion":"3"}}}',
    ]);
    lines.close();
  });

  it('11: ends watches without an ERROR event when the definition changes, and serves the second version', async () => {
    server.create(widget('w1'));
    const lines = await watch(server, `${path}?watch=1&resourceVersion=4&allowWatchBookmarks=true`);
    server.patchObject('customresourcedefinitions', '', 'widgets.rig.example.com', {
      spec: { versions: [version('v1'), version('v2')] },
    });
    expect(await lines.toEnd()).toEqual([]);
    expect(lines.ended).toBe(true);
    const second = await send(server, '/apis/rig.example.com/v2/namespaces/demo/widgets');
    expect([second.json.apiVersion, second.json.items[0].apiVersion]).toEqual([
      'rig.example.com/v2',
      'rig.example.com/v2',
    ]);
    server.patchObject('customresourcedefinitions', '', 'widgets.rig.example.com', {
      spec: { versions: [version('v1'), version('v2', { served: false })] },
    });
    const gone = await send(server, '/apis/rig.example.com/v2/namespaces/demo/widgets');
    expect([gone.status, gone.text]).toEqual([404, '404 page not found\n']);
  });

  it('11: deletes all objects with the definition, tells their watchers, and starts empty when it is made again', async () => {
    server.create(widget('w1'));
    server.create(widget('w2'));
    const lines = await watch(server, `${path}?watch=1&resourceVersion=${server.resourceVersion}`);
    server.delete('customresourcedefinitions', '', 'widgets.rig.example.com');
    expect((await lines.toEnd()).map(summary)).toEqual(['DELETED w1@7', 'DELETED w2@8']);
    expect((await send(server, path)).text).toBe('404 page not found\n');
    expect((await send(server, '/apis/rig.example.com/v1')).text).toBe('404 page not found\n');
    server.create(definition());
    expect((await send(server, path)).json.items).toEqual([]);
  });

  it('1: announces custom resources as the server does', async () => {
    const list = await send(server, '/apis/rig.example.com/v1');
    expect(list.json).toEqual({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'rig.example.com/v1',
      resources: [
        {
          name: 'widgets',
          singularName: 'widget',
          namespaced: true,
          kind: 'Widget',
          verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
          shortNames: ['wd'],
          categories: ['all'],
          storageVersionHash: expect.any(String),
        },
        {
          name: 'widgets/status',
          singularName: '',
          namespaced: true,
          kind: 'Widget',
          verbs: ['get', 'patch', 'update'],
        },
        {
          name: 'widgets/scale',
          singularName: '',
          namespaced: true,
          group: 'autoscaling',
          version: 'v1',
          kind: 'Scale',
          verbs: ['get', 'patch', 'update'],
        },
      ],
    });
    expect((await send(server, '/apis/rig.example.com')).text).toBe(
      '{"kind":"APIGroup","apiVersion":"v1","name":"rig.example.com","versions":[{"groupVersion":"rig.example.com/v1","version":"v1"}],"preferredVersion":{"groupVersion":"rig.example.com/v1","version":"v1"}}\n',
    );
  });

  it('1: gives aggregated discovery with an ETag that changes with what is served', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const first = await send(server, '/apis', { headers: { Accept: accept } });
    expect(first.headers).toMatchObject({
      'cache-control': 'public',
      'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
      vary: 'Accept',
    });
    const etag = first.headers.etag ?? '';
    const again = () => send(server, '/apis', { headers: { Accept: accept, 'If-None-Match': etag } });
    const same = await again();
    expect([same.status, same.text]).toEqual([304, '']);
    server.delete('customresourcedefinitions', '', 'widgets.rig.example.com');
    expect((await again()).status).toBe(200);
    const core = await send(server, '/api', { headers: { Accept: accept } });
    expect(core.text).toMatch(
      /^\{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io\/v2","metadata":\{\},"items":\[\{"metadata":\{\},"versions":\[\{"version":"v1","resources":\[\{"resource":"configmaps","responseKind":\{"group":"","version":"","kind":"ConfigMap"\},"scope":"Namespaced","singularResource":"configmap","verbs":\["create","delete","deletecollection","get","list","patch","update","watch"\],"shortNames":\["cm"\]\}/,
    );
    const unknown = 'application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList';
    expect((await send(server, '/apis', { headers: { Accept: unknown } })).status).toBe(406);
  });

  it('1: answers the legacy documents, the version and the health checks', async () => {
    const host = new URL(server.url).host;
    expect((await send(server, '/api')).text).toBe(
      `{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0","serverAddress":"${host}"}]}\n`,
    );
    expect((await send(server, '/apis/apps')).text).toBe(
      '{"kind":"APIGroup","apiVersion":"v1","name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}\n',
    );
    expect((await send(server, '/api/v1')).text).toMatch(
      /^\{"kind":"APIResourceList","groupVersion":"v1","resources":\[\{"name":"configmaps","singularName":"configmap","namespaced":true,"kind":"ConfigMap",/,
    );
    expect((await send(server, '/version')).json).toMatchObject({ major: '1', minor: '36', gitVersion: 'v1.36.4' });
    for (const check of ['healthz', 'livez', 'readyz']) expect((await send(server, `/${check}`)).text).toBe('ok');
  });
});
