import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';
import { KubeClient, version } from '../../../src/transport/index.ts';
import { configFor, reply, serve } from './server.ts';
import { serveTls, tlsConfig } from './tls-server.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const never = new AbortController().signal;
const podList = { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] };

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}

describe('requests of a resource client', () => {
  test('every verb has its method, path, query, content type and body', async () => {
    const bodies: unknown[] = [];
    await using server = await serve(async (request, response) => {
      bodies.push(await bodyOf(request));
      reply(response, { kind: 'Deployment', metadata: { name: 'web' } });
    });
    await using client = new KubeClient(configFor(server.url));
    const resource = client.resource<KubeObject>(
      { group: 'apps', version: 'v1', resource: 'deployments' },
      { namespace: 'shop' },
    );
    const web = { metadata: { name: 'web' } };
    await resource.get('web');
    await resource.create(web, { dryRun: true, fieldManager: 'me' });
    await resource.replace(web);
    await resource.replaceStatus(web);
    await resource.patch('web', { spec: 1 }, { type: 'merge' });
    await resource.patch('web', web, { type: 'apply', fieldManager: 'me', force: true });
    await resource.delete('web', { propagationPolicy: 'Background', preconditions: { uid: 'u' } });
    const path = '/apis/apps/v1/namespaces/shop/deployments';
    expect(server.requests).toEqual([
      `GET ${path}/web`,
      `POST ${path}?dryRun=All&fieldManager=me`,
      `PUT ${path}/web`,
      `PUT ${path}/web/status`,
      `PATCH ${path}/web`,
      `PATCH ${path}/web?fieldManager=me&force=true`,
      `DELETE ${path}/web`,
    ]);
    expect(server.headers.map((headers) => headers['content-type'])).toEqual([
      undefined,
      'application/json',
      'application/json',
      'application/json',
      'application/merge-patch+json',
      'application/apply-patch+yaml',
      'application/json',
    ]);
    expect(bodies.slice(1, 3)).toEqual([web, web]);
    expect(bodies[6]).toEqual({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      preconditions: { uid: 'u' },
    });
  });

  test('metadata-only lists and watches ask for PartialObjectMetadata', async () => {
    await using server = await serve((request, response) =>
      request.url!.includes('watch')
        ? response.writeHead(200, { 'content-type': 'application/json' }).end()
        : reply(response, podList),
    );
    await using client = new KubeClient(configFor(server.url));
    const resource = client.resource<KubeObject>(pods, { as: 'metadata' });
    await resource.list({}, never);
    await resource.watch({}, never);
    expect(server.headers.map(({ accept }) => accept)).toEqual([
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    ]);
  });

  test('lists are asked for compressed if told so, watches and lists of this machine are not', async () => {
    const big = { ...podList, items: Array.from({ length: 500 }, (_, index) => ({ metadata: { name: `p${index}` } })) };
    await using server = await serve((request, response) => {
      if (request.headers['accept-encoding'] !== 'gzip') return reply(response, podList);
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      const bytes = gzipSync(JSON.stringify(big));
      response.end(request.url!.includes('broken') ? bytes.subarray(0, bytes.length - 20) : bytes);
    });
    await using plain = new KubeClient(configFor(server.url));
    await plain.resource<KubeObject>(pods).list({}, never);
    await using gzip = new KubeClient(configFor(server.url), { gzip: true });
    expect((await gzip.resource<KubeObject>(pods).list({}, never)).items).toHaveLength(500);
    await gzip.resource<KubeObject>(pods).watch({}, never);
    expect(server.headers.map((headers) => headers['accept-encoding'])).toEqual([undefined, 'gzip', undefined]);
    await expect(gzip.resource<KubeObject>(pods, { labelSelector: 'broken' }).list({}, never)).rejects.toMatchObject({
      code: 'ConnectionFailed',
    });
  });

  test('answers that are no JSON, and tables, are of an unexpected kind; errors reject the watch', async () => {
    await using server = await serve((request, response) => {
      const selector = new URL(request.url!, 'http://x').searchParams.get('labelSelector');
      if (selector === 'html') return response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      if (selector === 'table') {
        return reply(response, { kind: 'Table' }, 200, {
          'content-type': 'application/json;as=Table;v=v1;g=meta.k8s.io',
        });
      }
      if (selector === 'text')
        return response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
      return reply(response, { status: 'Failure', reason: 'Timeout', message: 'late' }, 504, {
        'retry-after': new Date(Date.UTC(2026, 0, 1, 0, 0, 9)).toUTCString(),
      });
    });
    await using client = new KubeClient(configFor(server.url), { clock: new FakeClock() });
    const watch = (labelSelector: string) => client.resource<KubeObject>(pods, { labelSelector }).watch({}, never);
    await expect(watch('html')).rejects.toMatchObject({ code: 'UnexpectedKind' });
    await expect(watch('table')).rejects.toMatchObject({ code: 'UnexpectedKind' });
    await expect(watch('text')).rejects.toMatchObject({
      class: 'notFound',
      message: expect.stringContaining('page not found'),
    });
    await expect(watch('late')).rejects.toMatchObject({ class: 'timeout', retryAfter: 9000, status: { code: 504 } });
  });

  test('impossible names are refused at once', () => {
    const client = new KubeClient(configFor('http://127.0.0.1:1'));
    expect(() => client.resource({ group: '', version: 'v1', resource: 'Pods' })).toThrow(/must be lower-case/);
    expect(() => client.resource({ group: '', version: 'v1', resource: '../secrets' })).toThrow(/must be lower-case/);
    expect(() => client.resource({ ...pods, namespaced: false }, { namespace: 'shop' })).toThrow(/cluster-scoped/);
  });
});

describe('connections', () => {
  test('a refused one is said, with a hint', async () => {
    const server = await serve(() => {});
    await server[Symbol.asyncDispose]();
    await using client = new KubeClient(configFor(server.url));
    await expect(client.json({ path: '/version' })).rejects.toMatchObject({
      code: 'ConnectionFailed',
      cause: { code: 'ECONNREFUSED' },
      hint: expect.stringContaining('server of the kubeconfig'),
    });
  });

  test('one that does not come about is given up after the connect timeout', async () => {
    // It accepts and never begins with TLS.
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => sockets.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    for (const http2 of ['auto', 'never'] as const) {
      const clock = new FakeClock();
      await using client = new KubeClient(configFor(url), { clock, http2, connectTimeout: 5000 });
      const request = client.json({ path: '/version' });
      const failed = expect(request).rejects.toMatchObject({ code: 'ConnectionFailed', cause: { code: 'ETIMEDOUT' } });
      while (clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(5000);
      await failed;
      expect(clock.pendingTimers).toBe(0);
    }
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('a kept one that the server has closed in the meantime is replaced', async () => {
    await using server = await serve((_request, response) => {
      reply(response, {});
      // Without the header that would announce it.
      setImmediate(() => response.socket?.destroy());
    });
    await using client = new KubeClient(configFor(server.url));
    for (let index = 0; index < 10; index++) await client.json({ path: '/version' });
    expect(server.requests.length).toBeGreaterThanOrEqual(10);
  });

  test('redirects are not followed', async () => {
    await using server = await serve((_request, response) => response.writeHead(302, { location: '/other' }).end());
    await using client = new KubeClient(configFor(server.url));
    expect((await client.request({ path: '/version' })).status).toBe(302);
    expect(server.requests).toEqual(['GET /version']);
  });

  test('an http proxy is asked to connect, and speaks HTTP/1.1 to the server through it', async () => {
    await using server = await serveTls((_request, response) => response.end('{}'), { protocol: 'http/1.1' });
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, near) => {
      asked.push(request.url ?? '');
      const far = connect(server.port, '127.0.0.1', () => {
        near.write('HTTP/1.1 200 OK\r\n\r\n');
        near.pipe(far).pipe(near);
      });
      for (const socket of [near, far]) socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    {
      await using client = new KubeClient(tlsConfig(server, { proxyUrl }));
      await client.json({ path: '/version' });
      await client.json({ path: '/version' });
    }
    expect(asked).toEqual([`127.0.0.1:${server.port}`]);
    expect(server.requests).toEqual(['1.1 GET /version', '1.1 GET /version']);
    proxy.closeAllConnections();
    proxy.close();
  });

  test('a proxy of an unknown kind is refused', async () => {
    await using client = new KubeClient(
      tlsConfig({ url: 'https://127.0.0.1:1', authority: '' }, { proxyUrl: 'ftp://x' }),
    );
    await expect(client.json({ path: '/version' })).rejects.toMatchObject({ code: 'InvalidKubeConfig' });
  });
});

describe('beside the requests', () => {
  test('diagnostics tell of start, end and error, without headers and bodies', async () => {
    const messages: unknown[] = [];
    const listener = (message: unknown) => messages.push(message);
    subscribe('kube-informer:request', listener);
    await using server = await serve((_request, response) => reply(response, { secret: 'hunter2' }));
    await using client = new KubeClient(configFor(server.url));
    await client.json({ path: '/version', query: { a: 1 } });
    await using broken = new KubeClient(configFor('http://127.0.0.1:1'));
    await broken.json({ path: '/x' }).catch(() => {});
    unsubscribe('kube-informer:request', listener);
    await client.json({ path: '/version' });
    expect(messages).toMatchObject([
      { phase: 'start', method: 'GET', path: '/version?a=1' },
      { phase: 'end', method: 'GET', path: '/version?a=1', status: 200 },
      { phase: 'start', method: 'GET', path: '/x' },
      { phase: 'error', method: 'GET', path: '/x', error: expect.anything() },
    ]);
    expect(JSON.stringify(messages)).not.toMatch(/hunter2|t0ken/);
  });

  test('the version is that of the package', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(version).toBe(manifest.version);
  });

  test('importing the transport loads neither client-node nor the proxy agents', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      await import(${JSON.stringify(new URL('../../../src/transport/index.ts', import.meta.url).href)});
      console.log(JSON.stringify(loaded));`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--conditions=source',
      '--input-type=module',
      '-e',
      script,
    ]);
    const loaded: string[] = JSON.parse(stdout);
    expect(loaded.some((url) => url.endsWith('/transport/client.ts'))).toBe(true);
    expect(loaded.filter((url) => /client-node|proxy-agent|socks/.test(url))).toEqual([]);
  });
});
