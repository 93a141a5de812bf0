import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildClientGo } from '../../bench/peers/client-go/build.ts';
import { ApiServer, makePod } from '../../src/testing/index.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { foreignProgram, Running } from './program.ts';

foreignProgram('go');
// The first build downloads modules and compiles client-go, which takes its time on a small machine.
const program = (await buildClientGo())!;

describe('informers of client-go on the embedded API server', () => {
  let server: ApiServer;
  let folder: string;

  const informer = (...args: string[]) =>
    new Running(program, ['-kubeconfig', join(folder, 'config'), '-timeout', '15s', ...args]);

  beforeAll(async () => {
    server = await ApiServer.start({ tls: true });
    folder = await mkdtemp(join(tmpdir(), 'kube-informer-client-go-'));
    await server.writeKubeConfig(join(folder, 'config'));
    server.seed([0, 1, 2, 3, 4].map((index) => makePod(index)));
  });

  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it.each(['dynamic', 'metadata'])('the %s informer streams the state and follows every change', async (kind) => {
    server.requests.clear();
    await using running = informer('-resource', 'v1/pods', '-kind', kind, '-count', '5', '-follow');
    const [first = ''] = await running.take(1);
    expect(JSON.parse(first)).toMatchObject({ objects: 5 });
    const [request] = server.requests.all({ resource: 'pods' });
    expect(request).toMatchObject({ verb: 'watch', status: 200, httpVersion: '2.0' });
    expect(request?.query.get('sendInitialEvents')).toBe('true');

    const { name, namespace } = makePod(1).metadata;
    server.touch('pods', namespace, name);
    server.create({ ...makePod(9), metadata: { name: 'new', namespace: 'a' } });
    server.delete('pods', 'a', 'new');
    expect(await running.take(3)).toEqual([`update ${namespace}/${name}`, 'add a/new', 'delete a/new']);
    expect(await running.finish()).toBe(0);
  });

  it('it goes on after its watch has ended, without a new list', async () => {
    await using running = informer('-resource', 'v1/pods', '-count', '5', '-follow');
    await running.take(1);
    const { name, namespace } = makePod(2).metadata;
    // A watch that ends at once and without an event is a failure to client-go.
    server.touch('pods', namespace, name);
    await running.take(1);
    server.requests.clear();
    server.closeWatches();
    server.touch('pods', namespace, name);
    expect(await running.take(1)).toEqual([`update ${namespace}/${name}`]);
    expect(server.requests.count({ resource: 'pods', verb: 'list' })).toBe(0);
    expect(server.requests.all({ resource: 'pods' })[0]?.query.get('sendInitialEvents')).toBeNull();
  });

  it('it lists anew where the past is forgotten', async () => {
    await using running = informer('-resource', 'v1/pods', '-count', '5', '-follow');
    await running.take(1);
    server.requests.clear();
    const { name, namespace } = makePod(3).metadata;
    await server.pauseListening();
    server.resetConnections();
    server.touch('pods', namespace, name);
    server.compact();
    await server.resumeListening();
    // client-go reports every object of a new list as updated.
    expect(await running.take(5)).toContain(`update ${namespace}/${name}`);
    expect(
      server.requests.all({ resource: 'pods' }).filter(({ query }) => query.has('sendInitialEvents')),
    ).toHaveLength(1);
  });

  it('custom objects come as those of built-in kinds do', async () => {
    server.create(customDefinition());
    server.create({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'a' } });
    await using running = informer('-resource', 'example.com/v1/widgets', '-count', '1', '-follow');
    await running.take(1);
    server.delete('widgets.example.com', 'a', 'w');
    expect(await running.take(1)).toEqual(['delete a/w']);
  });
});
