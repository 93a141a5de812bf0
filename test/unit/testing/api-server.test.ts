import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiServer, FakeClock, type Manifest, makePod } from '../../../src/testing/index.ts';
import { listeningServer, outOfFiles } from '../../support/listening-server.ts';
import { configMap, send, watch } from './http.ts';

const path = '/api/v1/namespaces/demo/configmaps';

describe('the embedded API server in the hands of a test', () => {
  let server: ApiServer;
  afterEach(() => server.close());

  it('stores, changes and deletes without HTTP, and keeps the type of what it was given', async () => {
    server = await ApiServer.start({ clock: new FakeClock() });
    const created = server.create(configMap('a'));
    expect(created).toMatchObject({
      data: { k: 'v' },
      metadata: { uid: expect.stringMatching(/^[0-9a-f-]{36}$/), resourceVersion: '2' },
    });
    const updated = server.update({ ...created, data: { k: created.data.k.toUpperCase() } });
    expect([updated.data.k, updated.metadata.resourceVersion]).toEqual(['V', '3']);
    expect(() => server.update({ ...created, data: { k: 'stale' } })).toThrow(/the object has been modified/);
    expect(() => server.create(configMap('a'))).toThrow(/already exists/);
    server.patchObject('configmaps', 'demo', 'a', { metadata: { labels: { x: 'y' } } });
    expect(server.get('configmaps', 'demo', 'a')?.metadata.labels).toEqual({ x: 'y' });
    expect(server.touch('configmaps', 'demo', 'a')).toBe('5');
    server.delete({ group: '', resource: 'configmaps' }, 'demo', 'a');
    expect([server.list('configmaps'), server.resourceVersion]).toEqual([[], '6']);
    expect(() => server.delete('configmaps', 'demo', 'a')).toThrow(/configmaps "a" not found/);
  });

  it('does not keep hold of the objects that it is given', async () => {
    server = await ApiServer.start();
    const mine = configMap('a');
    server.create(mine);
    mine.data.k = 'changed';
    expect(mine.metadata).toEqual({ name: 'a', namespace: 'demo' });
    expect(server.get('configmaps', 'demo', 'a')).toMatchObject({ data: { k: 'v' } });
  });

  it('takes the status as it is given, which HTTP does not', async () => {
    server = await ApiServer.start();
    server.seed([makePod(1)]);
    expect(server.list('pods', { fieldSelector: 'spec.nodeName=node-001' })).toHaveLength(1);
    expect(server.get('pods', 'team-01', 'pod-0000001')).toMatchObject({ status: { phase: 'Running' } });
    await send(server, '/api/v1/namespaces/demo/pods', {
      method: 'POST',
      body: { ...makePod(2), metadata: { name: 'p' } },
    });
    expect(server.get('pods', 'demo', 'p')).toMatchObject({ status: { phase: 'Pending' } });
  });

  it('says what it does not serve', async () => {
    server = await ApiServer.start();
    const unknown: Manifest = { apiVersion: 'nope.example.com/v1', kind: 'Nope', metadata: { name: 'a' } };
    expect(() => server.create(unknown)).toThrow(expect.objectContaining({ code: 'NoMatch' }));
    expect(() => server.list('nopes')).toThrow(expect.objectContaining({ code: 'NoMatch' }));
  });

  it('keeps a log of requests that can be searched', async () => {
    const clock = new FakeClock();
    server = await ApiServer.start({ clock });
    await send(server, `${path}?limit=5&labelSelector=a%3Db`);
    await send(server, `${path}/absent`, { headers: { 'User-Agent': 'someone/1.0' } });
    await send(server, '/api');
    const [list] = server.requests;
    expect(list).toMatchObject({
      at: clock.now(),
      method: 'GET',
      path,
      verb: 'list',
      resource: 'configmaps',
      namespace: 'demo',
      httpVersion: '1.1',
      userAgent: 'rig/1.0',
      status: 200,
      connection: 1,
      user: 'system:anonymous',
    });
    expect([list?.query.get('limit'), list?.query.get('labelSelector')]).toEqual(['5', 'a=b']);
    expect(server.requests.all({ status: 404 }).map(({ name }) => name)).toEqual(['absent']);
    expect(server.requests.count({ verb: ['get', 'list'] })).toBe(2);
    expect(server.requests.count({ userAgent: /^someone/ })).toBe(1);
    expect(server.requests.last()?.verb).toBeUndefined();
    server.requests.clear();
    expect(server.requests.length).toBe(0);
  });

  it('forgets the past beyond its history limit', async () => {
    server = await ApiServer.start({ historyLimit: 5 });
    server.create(configMap('a'));
    for (let change = 0; change < 20; change++) server.touch('configmaps', 'demo', 'a');
    const old = await watch(server, `${path}?watch=1&resourceVersion=2`);
    expect(JSON.parse((await old.toEnd())[0] ?? '').object.code).toBe(410);
    const recent = await watch(server, `${path}?watch=1&resourceVersion=17`);
    expect(await recent.events(5)).toEqual([18, 19, 20, 21, 22].map((version) => `MODIFIED a@${version}`));
    recent.close();
  });

  it('delivers a burst of changes to several watchers, complete and in order', async () => {
    server = await ApiServer.start();
    server.create(configMap('a'));
    const watchers = await Promise.all([1, 2, 3].map(() => watch(server, `${path}?watch=1&resourceVersion=2`)));
    for (let change = 0; change < 5_000; change++) server.touch('configmaps', 'demo', 'a');
    const expected = Array.from({ length: 5_000 }, (_, index) => `MODIFIED a@${index + 3}`);
    for (const watcher of watchers) {
      expect(await watcher.events(5_000)).toEqual(expected);
      watcher.close();
    }
  });

  it('leaves nothing open when it is closed, streams that wait included', async () => {
    const clock = new FakeClock();
    server = await ApiServer.start({ clock });
    const lines = await watch(server, `${path}?watch=1&resourceVersion=1&allowWatchBookmarks=true`);
    const future = send(server, `${path}?resourceVersion=99`).catch((error: Error) => error);
    while (clock.pendingTimers < 3) await new Promise((resolve) => setImmediate(resolve));
    const { port } = server;
    await server.close();
    await lines.toEnd();
    expect(await future).toBeInstanceOf(Error);
    expect([server.connections, server.watches, clock.pendingTimers]).toEqual([0, 0, 0]);
    server = await ApiServer.start({ port });
    expect(server.port).toBe(port);
    await expect(ApiServer.start({ port })).rejects.toMatchObject({ code: 'ConnectionFailed' });
  });

  it('warns when it can not take connections, and goes on', async () => {
    server = await ApiServer.start();
    const ask = () => send(server!, '/healthz');
    const listener = await listeningServer(server.port, ask);
    const warning = once(process, 'warning');
    listener.emit('error', outOfFiles());
    const [{ code, message }] = await warning;
    expect([code, message]).toEqual(['ConnectionFailed', expect.stringContaining('EMFILE')]);
    expect((await ask()).text).toBe('ok');
  });

  it('says which package is missing for TLS', async () => {
    server = await ApiServer.start();
    vi.resetModules();
    vi.doMock('selfsigned', () => {
      throw new Error('not installed');
    });
    try {
      const fresh = await import('../../../src/testing/index.ts');
      await expect(fresh.ApiServer.start({ tls: true })).rejects.toMatchObject({
        code: 'MissingPackage',
        hint: expect.stringContaining('npm install'),
      });
    } finally {
      vi.doUnmock('selfsigned');
    }
  });
});
