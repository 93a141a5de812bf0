import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  addFinalizer,
  EventRecorder,
  KubeClient,
  type KubeObject,
  LeaderElector,
  RestMapper,
  SharedInformerFactory,
  systemClock,
} from '../../src/index.ts';
import { ApiServer, FakeClock, type LoggedRequest } from '../../src/testing/index.ts';
import { run } from '../../src/watcher/cli/run.ts';
import { createWatcher } from '../../src/watcher/index.ts';
import { type ConfigMap, configMap, configMaps, until } from './s000-world.ts';
import { pod, watchPods } from './s003-rig.ts';

const page = await readFile('docs/api-verbs.md', 'utf8');

interface Row {
  readonly text: string;
  readonly verb: string;
  readonly request: string;
}

/** The rows of all tables: what is done, by which verb, and what the request has in it. */
const rows = Array.from(page.matchAll(/^\| [^|]*\| `(\w+)` \| `([^`]+)` \|.*$/gm), ([text, verb, request]): Row => {
  return { text, verb: verb!, request: request! };
});

/** Parameters with their values; `undefined` is any. */
function parametersOf(row: Row): [name: string, value: string | undefined][] {
  if (!row.request.startsWith('?')) return [];
  return Array.from(new URLSearchParams(row.request), ([name, value]) => [name, value === '…' ? undefined : value]);
}

function isOf(row: Row, request: LoggedRequest): boolean {
  if (row.verb !== (request.verb ?? request.method)) return false;
  if (row.request.startsWith('?')) {
    return parametersOf(row).every(([name, value]) => {
      const given = request.query.get(name);
      return given !== null && (value === undefined ? given !== '' : given === value);
    });
  }
  if (row.request.startsWith('Accept: ')) return request.accept.includes(row.request.slice('Accept: '.length));
  const pattern = row.request.split('…').map((part) => part.replaceAll(/[.]/g, '\\.'));
  return new RegExp(`^${pattern.join('.+')}$`).test(request.path);
}

/** An informer's whole life, with and without streams: first state, changes, a place that is lost. */
async function inform(server: ApiServer, streamInitialState: boolean): Promise<void> {
  const clock = new FakeClock();
  const options = { clock, streamInitialState, pageSize: streamInitialState ? 500 : 2 };
  await using factory = new SharedInformerFactory(server.kubeConfig(), { ...options, onError: () => undefined });
  const informer = factory.forResource<ConfigMap>(configMaps, { namespaces: ['shop'] });
  factory.core.v1.pods({ labelSelector: 'app in (web,api)', fieldSelector: 'spec.nodeName=worker-1' });
  factory.core.v1.services({ as: 'metadata' });
  factory.start();
  await factory.waitForCacheSync();
  for (const round of ['1', '2']) {
    server.closeWatches();
    server.patchObject(configMaps, 'shop', 'a', { data: { value: round } });
    server.compact();
    const current = () => informer.lister.namespace('shop').get('a')?.data?.value === round;
    for (let tries = 0; tries < 50 && !current(); tries++) await clock.advance(1_000);
    await until(current);
  }
}

/** What a program of somebody's own asks for. */
async function readAndWrite(server: ApiServer): Promise<void> {
  await using client = new KubeClient(server.kubeConfig());
  const resource = client.resource<ConfigMap>(configMaps, { namespace: 'shop' });
  await resource.get('a');
  await resource.get('a', { resourceVersion: '0' });
  await resource.create(configMap('dry'), { dryRun: true });
  const made = await resource.create(configMap('made'), { fieldManager: 'test', fieldValidation: 'Strict' });
  await resource.replace({ ...made, data: { value: '2' } });
  await resource.patch('made', { data: { value: '3' } }, { type: 'merge' });
  await resource.patch('made', configMap('made', '4'), { type: 'apply', fieldManager: 'test', force: true });
  await resource.delete('made', { preconditions: { uid: made.metadata.uid! } });

  const pods = client.resource<KubeObject>({ group: '', version: 'v1', resource: 'pods' }, { namespace: 'web' });
  const one = await pods.get('one');
  await pods.patch('one', { status: { phase: 'Failed' } }, { type: 'merge', subresource: 'status' });
  const { metadata } = await pods.get('one');
  await pods.replaceStatus({ ...one, metadata, status: { phase: 'Running' } });
  await addFinalizer(pods, await pods.get('one'), 'example.com/test');

  const recorder = new EventRecorder(client, { component: 'test' });
  for (let time = 0; time < 2; time++) await recorder.record(one, { reason: 'Seen', message: 'It was seen.' });

  const stopping = new AbortController();
  const elector = new LeaderElector({
    client,
    namespace: 'shop',
    name: 'test',
    onStartedLeading: () => stopping.abort(),
  });
  await elector.run(stopping.signal);

  const mapper = new RestMapper({ client: client.discovery });
  await mapper.refresh();
  mapper.close();
}

/** What the service asks for beside its informers: who somebody is and what they may do. */
async function serve(server: ApiServer): Promise<void> {
  const answer = (resource: string, status: object) => {
    server.faults.add({ match: { resource }, action: { kind: 'answer', body: JSON.stringify({ status }) } });
  };
  answer('tokenreviews', { authenticated: true, user: { username: 'alice' } });
  answer('subjectaccessreviews', { allowed: true });
  answer('selfsubjectaccessreviews', { allowed: true });
  const cluster = server.kubeConfig();
  const config = { server: { port: 0, auth: { type: 'tokenReview' as const } }, watches: [watchPods] };
  const directory = await mkdtemp(join(tmpdir(), 'kube-informer-'));
  try {
    await writeFile(join(directory, 'config.json'), JSON.stringify(config));
    const silent = () => undefined;
    const io = { out: silent, err: silent, env: {}, directory, clock: systemClock, cluster };
    expect(await run(['doctor'], io)).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
  }
  await using watcher = await createWatcher(config, { cluster });
  await watcher.ready();
  const headers = { authorization: 'Bearer of-alice' };
  expect((await fetch(`${watcher.url}/cache/api/v1/pods`, { headers })).status).toBe(200);
}

describe('the verbs of the API', () => {
  test('S003-09: are on a page, each that is used, and what is on it is used', async () => {
    await using server = await ApiServer.start();
    for (const name of ['a', 'b', 'c', 'd', 'e']) server.create(configMap(name));
    server.create(pod('one'));
    await inform(server, true);
    await inform(server, false);
    await readAndWrite(server);
    await serve(server);

    const requests = server.requests.all();
    const verbs = new Set(requests.map(({ verb }) => verb));
    for (const verb of verbs) if (verb !== undefined) expect(page).toContain(`\`${verb}\``);
    const unknown = requests.filter((request) => {
      const ofVerb = rows.filter(({ verb }) => verb === (request.verb ?? request.method));
      const parameters = new Set(ofVerb.flatMap((row) => parametersOf(row).map(([name]) => name)));
      return (
        !ofVerb.some((row) => isOf(row, request)) || [...request.query.keys()].some((name) => !parameters.has(name))
      );
    });
    expect(unknown.map(({ method, url }) => `${method} ${url}`)).toEqual([]);
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((row) => !requests.some((request) => isOf(row, request))).map(({ text }) => text)).toEqual([]);

    // What is said to be used by nobody.
    expect(page).toContain('`deletecollection` is never used');
    expect(verbs).not.toContain('deletecollection');
  });

  test('S003-09: has no row that is not read by this test', () => {
    const bodies = page.match(/^\| .*$/gm)?.filter((line) => !line.startsWith('| behaviour '));
    expect(rows.map(({ text }) => text)).toEqual(bodies);
  });
});
