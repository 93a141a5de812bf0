import { connect } from 'node:http2';
import { get } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { type AccessReview, ApiServer } from '../../../src/testing/index.ts';
import { configMap, send } from './http.ts';

const path = '/api/v1/namespaces/demo/configmaps';
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

describe('authentication and authorization of the embedded API server (transcript 15)', () => {
  let server: ApiServer;
  afterEach(() => server.close());

  const readerOnly = ({ user, verb, resource, namespace }: AccessReview) =>
    user.name === 'reader' &&
    ['get', 'list', 'watch'].includes(verb) &&
    resource === 'configmaps' &&
    namespace === 'demo';

  it('15: refuses a bad token, and no token when anonymous requests are off', async () => {
    server = await ApiServer.start({ tokens: { 'r-token': 'reader' }, anonymous: false });
    const body =
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}\n';
    for (const reply of [await send(server, path, bearer('wrong')), await send(server, `${path}?watch=1`)]) {
      expect([reply.status, reply.text]).toEqual([401, body]);
    }
    expect((await send(server, path, bearer('r-token'))).status).toBe(200);
    expect(server.requests.last()?.user).toBe('reader');
  });

  it('15: forbids what the policy does not allow, before it looks whether it is served', async () => {
    server = await ApiServer.start({ tokens: { r: 'reader', n: { name: 'nobody' } }, authorize: readerOnly });
    const refusals: [string, string, string, string][] = [
      [
        'GET',
        '/api/v1/configmaps',
        'r',
        'configmaps is forbidden: User "reader" cannot list resource "configmaps" in API group "" at the cluster scope',
      ],
      [
        'GET',
        '/api/v1/namespaces/demo/secrets?watch=1',
        'r',
        'secrets is forbidden: User "reader" cannot watch resource "secrets" in API group "" in the namespace "demo"',
      ],
      [
        'DELETE',
        path,
        'r',
        'configmaps is forbidden: User "reader" cannot deletecollection resource "configmaps" in API group "" in the namespace "demo"',
      ],
      [
        'GET',
        '/apis/apps/v1/namespaces/demo/deployments/x/status',
        'r',
        'deployments.apps "x" is forbidden: User "reader" cannot get resource "deployments/status" in API group "apps" in the namespace "demo"',
      ],
      [
        'GET',
        '/apis/nope.example.com/v1/things',
        'r',
        'things.nope.example.com is forbidden: User "reader" cannot list resource "things" in API group "nope.example.com" at the cluster scope',
      ],
      [
        'GET',
        '/api/v1/nodes/n1',
        'n',
        'nodes "n1" is forbidden: User "nobody" cannot get resource "nodes" in API group "" at the cluster scope',
      ],
    ];
    for (const [method, url, token, message] of refusals) {
      const reply = await send(server, url, { method, ...bearer(token) });
      expect([reply.status, reply.json.message, reply.json.reason]).toEqual([403, message, 'Forbidden']);
      expect(reply.headers['x-content-type-options']).toBe('nosniff');
    }
    expect((await send(server, path)).json).toMatchObject({
      message:
        'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "demo"',
      details: { kind: 'configmaps' },
    });
    expect((await send(server, path, bearer('r'))).status).toBe(200);
  });

  it('lets masters act for others, and nobody else', async () => {
    const tokens = { m: { name: 'root', groups: ['system:masters'] }, r: 'reader' };
    server = await ApiServer.start({ tokens, authorize: readerOnly });
    const as = (token: string, name: string) => ({ headers: { ...bearer(token).headers, 'Impersonate-User': name } });
    expect((await send(server, path, as('m', 'reader'))).status).toBe(200);
    expect(server.requests.last()?.user).toBe('reader');
    expect((await send(server, path, as('m', 'stranger'))).json.message).toContain('User "stranger" cannot list');
    expect((await send(server, path, as('r', 'root'))).status).toBe(403);
  });

  it('gives a kubeconfig with the first token', async () => {
    server = await ApiServer.start({ tokens: { 'r-token': 'reader' } });
    const options = { headers: {} };
    await server.kubeConfig().applyToHTTPSOptions(options);
    expect(options.headers).toEqual({ Authorization: 'Bearer r-token' });
    expect(JSON.parse(server.kubeConfigYaml())).toMatchObject({
      clusters: [{ cluster: { server: server.url } }],
      users: [{ user: { token: 'r-token' } }],
      'current-context': 'embedded',
    });
  });

  it('7: speaks HTTP/2 over TLS, and HTTP/1.1 to who wants that, and knows client certificates', async () => {
    server = await ApiServer.start({ tls: { clientName: 'alice' } });
    server.create(configMap('a'));
    const tls: { ca?: unknown; cert?: unknown; key?: unknown } = {};
    await server.kubeConfig().applyToHTTPSOptions(tls as object);
    const { ca, cert, key } = tls as { ca: string; cert: string; key: string };

    const session = connect(server.url, { ca, cert, key });
    const read = (url: string) =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        const stream = session.request({ ':path': url });
        let status = 0;
        let text = '';
        stream.on('response', (headers) => {
          status = Number(headers[':status']);
        });
        stream.on('data', (chunk) => {
          text += chunk;
        });
        stream.on('end', () => resolve({ status, text }));
        stream.on('error', reject);
      });
    const list = await read(`${path}?limit=1`);
    expect([list.status, JSON.parse(list.text).items.length]).toEqual([200, 1]);
    const watched = read(`${path}?watch=1&resourceVersion=0&timeoutSeconds=60`);
    while (server.watches === 0) await new Promise((resolve) => setImmediate(resolve));
    server.touch('configmaps', 'demo', 'a');
    server.closeWatches();
    expect((await watched).text.split('\n').filter(Boolean)).toHaveLength(2);
    expect(session.remoteSettings).toMatchObject({ maxConcurrentStreams: 100, initialWindowSize: 262144 });
    expect(server.requests.all().map(({ httpVersion, user, connection }) => [httpVersion, user, connection])).toEqual([
      ['2.0', 'alice', 1],
      ['2.0', 'alice', 1],
    ]);
    expect(server.connections).toBe(1);
    session.close();

    const one = await new Promise<number | undefined>((resolve, reject) => {
      get(`${server.url}${path}`, { ca, agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      }).on('error', reject);
    });
    expect([one, server.requests.last()?.httpVersion, server.requests.last()?.user]).toEqual([
      200,
      '1.1',
      'system:anonymous',
    ]);
  });

  it('13: drains HTTP/2 connections with GOAWAY and lets their streams go on', async () => {
    server = await ApiServer.start({ tls: true });
    server.create(configMap('a'));
    const { caData = '' } = server.kubeConfig().getCurrentCluster();
    const session = connect(server.url, { ca: Buffer.from(caData, 'base64') });
    const goaway = new Promise<number>((resolve) => session.on('goaway', resolve));
    const stream = session.request({ ':path': `${path}?watch=1&resourceVersion=${server.resourceVersion}` });
    await new Promise((resolve) => stream.on('response', resolve));
    server.drainConnections();
    expect(await goaway).toBe(0);
    const data = new Promise<string>((resolve) => stream.on('data', (chunk) => resolve(String(chunk))));
    server.touch('configmaps', 'demo', 'a');
    expect(await data).toContain('"type":"MODIFIED"');
    session.destroy();
  });

  it('breaks a single HTTP/2 stream by a fault and keeps the connection', async () => {
    server = await ApiServer.start({ tls: true });
    server.create(configMap('a'));
    server.faults.add({ times: 1, action: { kind: 'resetAfter', events: 1 } });
    const { caData = '' } = server.kubeConfig().getCurrentCluster();
    const session = connect(server.url, { ca: Buffer.from(caData, 'base64') });
    const run = (url: string) =>
      new Promise<{ text: string; rstCode: number }>((resolve) => {
        const stream = session.request({ ':path': url });
        let text = '';
        stream.on('data', (chunk) => {
          text += chunk;
        });
        stream.on('error', () => {});
        stream.on('close', () => resolve({ text, rstCode: stream.rstCode }));
      });
    const broken = await run(`${path}?watch=1&resourceVersion=0`);
    expect([broken.text.split('\n').length, broken.rstCode]).toEqual([2, 2]);
    expect((await run(path)).rstCode).toBe(0);
    session.close();
  });
});
