import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer, FakeClock } from '../../../src/testing/index.ts';
import { configMap, type Sent, send } from './http.ts';

const path = '/api/v1/namespaces/demo/configmaps';
const merge = { 'Content-Type': 'application/merge-patch+json' };
const apply = { 'Content-Type': 'application/apply-patch+yaml' };
const noUid = '00000000-0000-0000-0000-000000000000';

describe('writes to the embedded API server (transcript 3)', () => {
  let server: ApiServer;
  const put = (name: string, body: unknown) => send(server, `${path}/${name}`, { method: 'PUT', body });
  const post = (body: unknown, query = '') => send(server, `${path}${query}`, { method: 'POST', body });
  const patch = (name: string, body: unknown, headers: Record<string, string> = merge) =>
    send(server, `${path}/${name}`, { method: 'PATCH', body, headers });
  const remove = (name: string, body?: unknown) => send(server, `${path}/${name}`, { method: 'DELETE', body });

  beforeEach(async () => {
    server = await ApiServer.start({ clock: new FakeClock(), random: () => 0.25 });
  });

  afterEach(() => server.close());

  it('3: creates an object with its keys in the order of the server, and with managed fields', async () => {
    const { apiVersion, kind, metadata, data } = configMap('a', 'demo', { labels: { app: 'x' } });
    const reply = await post({ data, metadata, kind, apiVersion });
    expect(reply.status).toBe(201);
    expect(reply.headers).toMatchObject({
      'cache-control': 'no-cache, private',
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(reply.text)),
    });
    const uid = reply.json.metadata.uid;
    expect(reply.text).toBe(
      `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"demo","uid":"${uid}","resourceVersion":"2","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"x"},"managedFields":[{"manager":"rig","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:k":{}},"f:metadata":{"f:labels":{".":{},"f:app":{}}}}}]},"data":{"k":"v"}}\n`,
    );
  });

  it('3: makes a name from generateName, and needs one of both', async () => {
    const reply = await post({ metadata: { generateName: 'gen-' } });
    expect(reply.json.metadata.name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    const refused = await post({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
    expect(refused.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"ConfigMap \\"\\" is invalid: metadata.name: Required value: name or generateName is required","reason":"Invalid","details":{"kind":"ConfigMap","causes":[{"reason":"FieldValueRequired","message":"Required value: name or generateName is required","field":"metadata.name"}]},"code":422}\n',
    );
  });

  it('3: refuses what can not be created, in the words of the server', async () => {
    await post(configMap('a'));
    const refusals: [string, unknown, number, string, string | undefined][] = [
      ['', configMap('a'), 409, 'configmaps "a" already exists', 'AlreadyExists'],
      [
        '',
        configMap('rv', 'demo', { resourceVersion: '1' }),
        500,
        'resourceVersion should not be set on objects to be created',
        undefined,
      ],
      [
        '',
        configMap('b', 'other'),
        400,
        'the namespace of the provided object does not match the namespace sent on the request',
        'BadRequest',
      ],
      [
        '',
        '{"apiVersion":"v1",',
        400,
        `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({"apiVersion":"v1",)`,
        'BadRequest',
      ],
      [
        '',
        { ...configMap('b'), data: { a: 1 } },
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
        'BadRequest',
      ],
      [
        '?fieldValidation=Strict',
        { ...configMap('strict'), bogus: 1 },
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "bogus"',
        'BadRequest',
      ],
    ];
    for (const [query, body, status, message, reason] of refusals) {
      const reply = await post(body, query);
      expect([reply.status, reply.json.message, reply.json.reason]).toEqual([status, message, reason]);
    }
    const large = await post({ ...configMap('big'), data: { k: 'x'.repeat(3 * 1024 * 1024) } });
    expect([large.status, large.json.message]).toEqual([413, 'Request entity too large: limit is 3145728']);
    const text = await send(server, path, { method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } });
    expect([text.status, text.json.reason]).toEqual([415, 'UnsupportedMediaType']);
  });

  it('3: warns of unknown fields and drops them', async () => {
    const reply = await post({ ...configMap('warned'), bogus: 1 });
    expect([reply.status, reply.headers.warning]).toEqual([201, '299 - "unknown field \\"bogus\\""']);
    expect(reply.json).not.toHaveProperty('bogus');
  });

  it('3: stores nothing in a dry run', async () => {
    const reply = await post(configMap('dry'), '?dryRun=All');
    expect(reply.status).toBe(201);
    expect(reply.json.metadata).not.toHaveProperty('resourceVersion');
    expect(server.get('configmaps', 'demo', 'dry')).toBeUndefined();
    expect(server.resourceVersion).toBe('1');
  });

  it('3: updates by the rules of resource versions, names and uids', async () => {
    const created = await post(configMap('a'));
    const stale = await put('a', configMap('a', 'demo', { resourceVersion: '1' }));
    expect(stale.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Operation cannot be fulfilled on configmaps \\"a\\": the object has been modified; please apply your changes to the latest version and try again","reason":"Conflict","details":{"name":"a","kind":"configmaps"},"code":409}\n',
    );
    expect((await put('a', { ...configMap('a'), data: { k: 'v2' } })).json.metadata.resourceVersion).toBe('3');
    const other = await put('a', configMap('zzz'));
    expect([other.status, other.json.message]).toEqual([
      400,
      'the name of the object (zzz) does not match the name on the URL (a)',
    ]);
    const uid = await put('a', configMap('a', 'demo', { uid: noUid }));
    expect([uid.status, uid.json.message]).toEqual([
      409,
      `Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/demo/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${noUid}, UID in object meta: ${created.json.metadata.uid}`,
    ]);
    const absent = await put('absent', configMap('absent'));
    expect([absent.status, absent.json.message]).toEqual([404, 'configmaps "absent" not found']);
  });

  it('3: keeps the resourceVersion when nothing changes', async () => {
    const { json } = await post(configMap('a'));
    const same = await put('a', json);
    expect([same.status, same.json.metadata.resourceVersion, server.resourceVersion]).toEqual([200, '2', '2']);
  });

  it('3: patches by merge, by operations and strategically', async () => {
    await post({ ...configMap('a'), data: { k: 'v', gone: 'x' } });
    expect((await patch('a', { data: { k: 'v3', gone: null } })).json.data).toEqual({ k: 'v3' });
    const json = { 'Content-Type': 'application/json-patch+json' };
    expect((await patch('a', [{ op: 'replace', path: '/data/k', value: 'v4' }], json)).json.data).toEqual({ k: 'v4' });
    const test = await patch('a', [{ op: 'test', path: '/data/k', value: 'no' }], json);
    expect(test.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server rejected our request due to an error in our request","reason":"Invalid","details":{},"code":422}\n',
    );
    expect((await patch('a', { metadata: { resourceVersion: '1' }, data: { k: 'v5' } })).status).toBe(409);
    expect((await patch('a', { data: {} }, { 'Content-Type': 'application/json' })).json.message).toBe(
      '415: Unsupported Media Type',
    );
    expect((await patch('absent', { data: {} })).status).toBe(404);

    server.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'demo', finalizers: ['one.example.com/x'] },
      spec: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '1' },
        ],
        tolerations: [{ key: 'x' }],
      },
    });
    const strategic: Sent = {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/strategic-merge-patch+json' },
      body: {
        metadata: { finalizers: ['two.example.com/x'] },
        spec: {
          containers: [
            { name: 'b', image: '2' },
            { name: 'a', $patch: 'delete' },
          ],
          tolerations: [{ key: 'y' }],
        },
      },
    };
    const pod = (await send(server, '/api/v1/namespaces/demo/pods/p', strategic)).json;
    expect(pod.spec).toEqual({ containers: [{ name: 'b', image: '2' }], tolerations: [{ key: 'y' }] });
    expect(pod.metadata.finalizers).toEqual(['one.example.com/x', 'two.example.com/x']);
  });

  it('3: applies for several managers, with conflicts and force', async () => {
    const body = (k: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data: { k } });
    const created = await patch('applied?fieldManager=one', body('one'), apply);
    expect([created.status, created.json.metadata.managedFields]).toEqual([
      201,
      [
        {
          manager: 'one',
          operation: 'Apply',
          apiVersion: 'v1',
          time: '2026-01-01T00:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { 'f:k': {} } },
        },
      ],
    ]);
    const conflict = await patch('applied?fieldManager=two', body('two'), apply);
    expect(conflict.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Apply failed with 1 conflict: conflict with \\"one\\": .data.k","reason":"Conflict","details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \\"one\\"","field":".data.k"}]},"code":409}\n',
    );
    const forced = await patch('applied?fieldManager=two&force=true', body('two'), apply);
    expect([forced.status, forced.json.data, forced.json.metadata.managedFields.length]).toEqual([
      200,
      { k: 'two' },
      1,
    ]);
    const rest = await patch('applied?fieldManager=two', { ...body('two'), data: { other: 'x' } }, apply);
    expect(rest.json.data).toEqual({ other: 'x' });
    const nobody = await patch('applied', body('two'), apply);
    expect([nobody.status, nobody.json.message]).toEqual([
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ]);
  });

  it('3: deletes with preconditions, and says so with a Status', async () => {
    const { uid } = (await post(configMap('a'))).json.metadata;
    const wrongUid = await remove('a', { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: noUid } });
    expect([wrongUid.status, wrongUid.json.message]).toEqual([
      409,
      `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (${noUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    ]);
    const wrongVersion = await remove('a', { preconditions: { resourceVersion: '1' } });
    expect(wrongVersion.json.message).toBe(
      'Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (2). The object might have been modified',
    );
    expect((await remove('a')).text).toBe(
      `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"a","kind":"configmaps","uid":"${uid}"}}\n`,
    );
    expect((await remove('a')).status).toBe(404);
  });

  it('3: keeps an object with finalizers until the last is gone, and adds one for foreground deletion', async () => {
    await post(configMap('fin', 'demo', { finalizers: ['rig.example.com/hold'] }));
    const held = await remove('fin');
    expect([held.status, held.json.metadata.deletionTimestamp, held.json.metadata.deletionGracePeriodSeconds]).toEqual([
      200,
      '2026-01-01T00:00:00Z',
      0,
    ]);
    const freed = await patch('fin', { metadata: { finalizers: null } });
    expect([freed.status, freed.json.metadata.resourceVersion]).toEqual([200, '3']);
    expect((await send(server, `${path}/fin`)).status).toBe(404);
    await post(configMap('fg'));
    expect((await remove('fg?propagationPolicy=Foreground')).json.metadata.finalizers).toEqual(['foregroundDeletion']);
  });

  it('3: deletes a collection by a selector and gives back what was in it', async () => {
    for (const name of ['x', 'y']) await post(configMap(`dc-${name}`, 'demo', { labels: { dc: '1' } }));
    await post(configMap('stays'));
    const gone = await send(server, `${path}?labelSelector=dc%3D1`, { method: 'DELETE' });
    expect(gone.json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['dc-x', 'dc-y']);
    expect(server.list('configmaps').map((object) => object.metadata.name)).toEqual(['stays']);
  });

  it('2 and 3: answers unknown paths, methods and objects like the server', async () => {
    const notServed =
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the requested resource","reason":"NotFound","details":{},"code":404}\n';
    for (const unknown of [
      '/apis/apps/v2/deployments',
      '/api/v1/namespaces/demo/gadgets',
      '/apis/apps/v1/gadgets',
      '/api/v1/configmaps/a',
      '/api/v1/namespaces/demo/nodes',
    ]) {
      expect((await send(server, unknown)).text).toBe(notServed);
    }
    for (const nowhere of ['/apis/nope.example.com', '/apis/nope.example.com/v1/things?watch=1', '/nothing/here']) {
      const reply = await send(server, nowhere);
      expect([reply.status, reply.text, reply.headers['x-content-type-options']]).toEqual([
        404,
        '404 page not found\n',
        'nosniff',
      ]);
    }
    const method = await send(server, path, { method: 'PUT', body: configMap('a') });
    expect(method.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server does not allow this method on the requested resource","reason":"MethodNotAllowed","details":{},"code":405}\n',
    );
  });
});
