/** What client-go tests of its factories and of its fake source, against servers of this machine. */
import { describe, expect, test } from 'vitest';
import { DynamicSharedInformerFactory } from '../../src/factory/index.ts';
import { type PlainWatch, watch } from '../../src/reflector/index.ts';
import { ApiServer, FakeClock } from '../../src/testing/index.ts';
import { KubeClient } from '../../src/transport/index.ts';
import { until } from '../unit/informer/source.ts';
import { configFor, reply, serve } from '../unit/transport/server.ts';

const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name } });

describe.each([
  ['dynamicinformer', 'full'],
  ['metadatainformer', 'metadata'],
] as const)('%s', (_package, as) => {
  test(`${_package}.TestWatchListSemanticsSimple: a server that only knows watches and the mark suffices`, async () => {
    const kind = as === 'full' ? 'ConfigMap' : 'PartialObjectMetadata';
    await using server = await serve((request, response) => {
      const query = new URL(request.url!, 'http://localhost').searchParams;
      if (query.get('watch') !== 'true') return reply(response, { message: 'no lists' }, 500);
      const metadata = { namespace: 'shop', name: 'a', uid: 'u', resourceVersion: '7' };
      const mark = { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } };
      response.writeHead(200, { 'content-type': request.headers.accept!.split(',')[0]! });
      response.write(`${JSON.stringify({ type: 'ADDED', object: { apiVersion: 'v1', kind, metadata } })}\n`);
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { apiVersion: 'v1', kind, metadata: mark } })}\n`);
    });
    await using factory = new DynamicSharedInformerFactory(configFor(server.url), { clock: new FakeClock() });
    const informer = factory.forResource(configMaps, { as });
    factory.start();
    await until(() => informer.hasSynced());
    expect([...informer.indexer.keys()]).toEqual(['shop/a']);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toContain('sendInitialEvents=true');
  });

  test(`${_package}.TestUnSupportWatchListSemantics: a server that does not know streams is listed`, async () => {
    const clock = new FakeClock();
    await using server = await ApiServer.start({ clock });
    server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    server.create(configMap('a'));
    server.faults.add({ action: { kind: 'noWatchList', as: 'refused' } });
    await using factory = new DynamicSharedInformerFactory(server.kubeConfig(), { clock });
    const informer = factory.forResource(configMaps, { as });
    factory.start();
    await until(() => informer.hasSynced());
    expect([...informer.indexer.keys()]).toEqual(['shop/a']);
    expect(server.requests.all().some(({ query }) => query.get('watch') === null)).toBe(true);
  });
});

describe('the embedded server as a source', () => {
  const events = async (opened: PlainWatch<{ metadata: { name: string } }>, count: number) => {
    const seen: string[] = [];
    for await (const event of opened) {
      if (event.type !== 'BOOKMARK') seen.push(`${event.type} ${event.object.metadata.name}`);
      if (seen.length === count) break;
    }
    return seen;
  };

  test('TestRCNumber: versions count changes; a watch from any of them brings exactly the later ones', async () => {
    await using server = await ApiServer.start({ clock: new FakeClock() });
    server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    const versions = [server.resourceVersion];
    const written = ['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b'];
    for (const change of [
      () => server.create(configMap('a')),
      () => server.create(configMap('b')),
      () => server.touch(configMaps, 'shop', 'a'),
      () => server.delete(configMaps, 'shop', 'b'),
    ]) {
      change();
      versions.push(server.resourceVersion);
    }
    expect(versions.map((version) => Number(version) - Number(versions[0]))).toEqual([0, 1, 2, 3, 4]);
    await using client = new KubeClient(server.kubeConfig());
    for (const [at, resourceVersion] of versions.slice(0, 4).entries()) {
      const opened = watch<{ metadata: { name: string } }>(client.resource(configMaps), { resourceVersion });
      expect(await events(opened, written.length - at)).toEqual(written.slice(at));
    }
  });

  test('testing.TestResetWatch: after it forgot the past, old versions are expired; the present one goes on', async () => {
    await using server = await ApiServer.start({ clock: new FakeClock() });
    server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    const old = server.resourceVersion;
    server.create(configMap('a'));
    server.create(configMap('b'));
    await using client = new KubeClient(server.kubeConfig());
    const source = client.resource<{ metadata: { name: string } }>(configMaps);
    await using cut = watch(source, { resourceVersion: server.resourceVersion });
    const ended = cut.next();
    await until(() => server.watches === 1);
    server.closeWatches();
    server.compact();
    expect((await ended).done).toBe(true);
    await expect(events(watch(source, { resourceVersion: old }), 1)).rejects.toMatchObject({ class: 'expired' });
    const later = watch(source, { resourceVersion: server.resourceVersion });
    server.create(configMap('c'));
    expect(await events(later, 1)).toEqual(['ADDED c']);
  });
});
