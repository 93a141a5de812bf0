import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer, FakeClock, makePod, settle } from '../../../src/testing/index.ts';
import { configMap, type Lines, send, watch } from './http.ts';

const path = '/api/v1/namespaces/demo/configmaps';
const watchList = 'allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';

describe('watches of the embedded API server (transcripts 8 to 12)', () => {
  let clock: FakeClock;
  let server: ApiServer;
  let opened: Lines[];

  const open = async (query: string, headers?: Record<string, string>) => {
    const lines = await watch(server, `${path}?watch=1${query === '' ? '' : `&${query}`}`, headers);
    opened.push(lines);
    return lines;
  };

  beforeEach(async () => {
    clock = new FakeClock();
    server = await ApiServer.start({ clock, random: () => 0.5 });
    opened = [];
  });

  afterEach(async () => {
    for (const lines of opened) lines.close();
    await server.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('8: sends what comes after a resourceVersion, and the deletion under its own version', async () => {
    server.create(configMap('b'));
    const lines = await open(`resourceVersion=${server.resourceVersion}`);
    server.create(configMap('c'));
    server.update({ ...configMap('c'), data: { k: '2' } });
    server.delete('configmaps', 'demo', 'c');
    const [added = '', modified = '', deleted = ''] = await lines.take(3);
    expect(added).toMatch(/^\{"type":"ADDED","object":\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"name":"c",/);
    expect(JSON.parse(modified)).toMatchObject({ type: 'MODIFIED', object: { metadata: { resourceVersion: '4' } } });
    expect(JSON.parse(deleted)).toMatchObject({
      type: 'DELETED',
      object: { metadata: { resourceVersion: '5' }, data: { k: '2' } },
    });
  });

  it('8: begins with ADDED events in the order of keys without a resourceVersion, and with 0', async () => {
    server.create(configMap('b'));
    server.create(configMap('a'));
    for (const query of ['', 'resourceVersion=0', 'resourceVersion=0&limit=1']) {
      const lines = await open(query);
      expect(await lines.events(2)).toEqual(['ADDED a@3', 'ADDED b@2']);
    }
  });

  it('8: sends the end mark with bookmarks even if initial events were not asked for', async () => {
    server.create(configMap('a'));
    server.advanceResourceVersion();
    const lines = await open('resourceVersion=0&allowWatchBookmarks=true');
    expect((await lines.take(2))[1]).toBe(
      '{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"3","annotations":{"k8s.io/initial-events-end":"true"}}}}',
    );
  });

  it('8: streams a list and goes on with what happens', async () => {
    server.create(configMap('b'));
    server.create(configMap('a'));
    const lines = await open(watchList);
    expect(await lines.events(3)).toEqual(['ADDED a@3', 'ADDED b@2', 'BOOKMARK @3 end']);
    server.create(configMap('d'));
    expect(await lines.events(1)).toEqual(['ADDED d@4']);
  });

  it('8: gives no end mark without allowWatchBookmarks, and no initial events with sendInitialEvents=false', async () => {
    server.create(configMap('a'));
    const without = await open('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=5');
    const none = await open('sendInitialEvents=false&resourceVersionMatch=NotOlderThan&timeoutSeconds=5');
    await clock.advance(5_000);
    expect(await without.toEnd()).toHaveLength(1);
    expect(await none.toEnd()).toEqual([]);
  });

  it('8: ends in good order after timeoutSeconds, and has no bookmark when they are two', async () => {
    const lines = await open('resourceVersion=1&timeoutSeconds=2&allowWatchBookmarks=true');
    await clock.advance(1_999);
    expect(server.watches).toBe(1);
    await clock.advance(1);
    expect(await lines.toEnd()).toEqual([]);
    expect(lines.ended).toBe(true);
    expect(server.watches).toBe(0);
  });

  it('8: sends a bookmark two seconds before the deadline, with the version of writes elsewhere', async () => {
    const lines = await open('resourceVersion=1&timeoutSeconds=10&allowWatchBookmarks=true');
    server.create(configMap('x', 'elsewhere'));
    await clock.advance(8_000);
    expect(await lines.take(1)).toEqual([
      '{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"2"}}}',
    ]);
    await clock.advance(2_000);
    expect(await lines.toEnd()).toEqual([]);
  });

  it('10: sends a bookmark about once a minute', async () => {
    const lines = await open('resourceVersion=1&allowWatchBookmarks=true');
    await settle();
    await clock.advance(60_000);
    expect(await lines.events(1)).toEqual(['BOOKMARK @1']);
    await clock.advance(60_000);
    expect(await lines.events(1)).toEqual(['BOOKMARK @1']);
  });

  it('13: ends a watch without a timeout after 30 to 60 minutes', async () => {
    const lines = await open('resourceVersion=1');
    await clock.advance(45 * 60_000 - 1);
    expect(server.watches).toBe(1);
    await clock.advance(1);
    expect(await lines.toEnd()).toEqual([]);
  });

  it('8: is silent from a resourceVersion in the future until it is passed', async () => {
    const lines = await open('resourceVersion=3&timeoutSeconds=8');
    server.create(configMap('a'));
    server.create(configMap('b'));
    server.create(configMap('c'));
    expect(await lines.events(1)).toEqual(['ADDED c@4']);
  });

  it('8: answers a streaming list from the future with an ERROR event after three seconds', async () => {
    const lines = await open(`${watchList}&resourceVersion=100`);
    await settle();
    await clock.advance(3_000);
    const [line = ''] = await lines.toEnd();
    expect(JSON.parse(line)).toEqual({
      type: 'ERROR',
      object: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Timeout: Too large resource version: 100, current: 1',
        reason: 'Timeout',
        details: {
          causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
          retryAfterSeconds: 1,
        },
        code: 504,
      },
    });
  });

  it('10: shows an object that leaves the selection as deleted, with its state before and the version of the change', async () => {
    server.create(configMap('s', 'demo', { labels: { app: 'db' } }));
    const lines = await open(`labelSelector=app%3Dweb&resourceVersion=${server.resourceVersion}`);
    const label = (app: string) => server.update(configMap('s', 'demo', { labels: { app } }));
    label('web');
    server.touch('configmaps', 'demo', 's');
    label('db');
    label('web');
    server.delete('configmaps', 'demo', 's');
    const taken = await lines.take(5);
    expect(taken.map((line) => [JSON.parse(line).type, JSON.parse(line).object.metadata.resourceVersion])).toEqual([
      ['ADDED', '3'],
      ['MODIFIED', '4'],
      ['DELETED', '5'],
      ['ADDED', '6'],
      ['DELETED', '7'],
    ]);
    expect(JSON.parse(taken[2] ?? '').object.metadata.labels).toEqual({ app: 'web' });
  });

  it('10: follows a pod with a grace period by a field selector', async () => {
    const pods = '/api/v1/namespaces/demo/pods';
    server.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'demo' },
      spec: { containers: [{ name: 'c', image: 'i' }], terminationGracePeriodSeconds: 30 },
    });
    const lines = await watch(server, `${pods}?watch=1&resourceVersion=2&fieldSelector=spec.nodeName%3Dn1`);
    opened.push(lines);
    server.patchObject('pods', 'demo', 'p', { spec: { nodeName: 'n1' } });
    const first = await send(server, `${pods}/p`, { method: 'DELETE' });
    expect(first.json.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
      generation: 3,
    });
    await send(server, `${pods}/p?gracePeriodSeconds=0`, { method: 'DELETE' });
    expect(await lines.events(4)).toEqual(['ADDED p@3', 'MODIFIED p@4', 'MODIFIED p@5', 'DELETED p@6']);
  });

  it('12: reports an expired resourceVersion as an ERROR event in a stream of status 200', async () => {
    server.create(configMap('a'));
    server.create(configMap('b'));
    server.compact();
    const lines = await open('resourceVersion=2&timeoutSeconds=3');
    expect(lines.status).toBe(200);
    expect(await lines.toEnd()).toEqual([
      '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 2 (3)","reason":"Expired","code":410}}',
    ]);
    const fresh = await open(`resourceVersion=2&${watchList}`);
    expect(await fresh.events(3)).toEqual(['ADDED a@2', 'ADDED b@3', 'BOOKMARK @3 end']);
    const now = await open('resourceVersion=3');
    server.touch('configmaps', 'demo', 'a');
    expect(await now.events(1)).toEqual(['MODIFIED a@4']);
  });

  it('8: sends metadata only, in bookmarks too, when asked as PartialObjectMetadata', async () => {
    server.create(configMap('a'));
    const lines = await open(watchList, { Accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' });
    const [added = '', mark = ''] = await lines.take(2);
    expect(JSON.parse(added).object).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: {
        name: 'a',
        namespace: 'demo',
        uid: expect.any(String),
        resourceVersion: '2',
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
    });
    expect(JSON.parse(mark).object.kind).toBe('PartialObjectMetadata');
  });

  it('9: refuses what may not be asked, before the stream begins', async () => {
    const messages: [string, number, string][] = [
      [
        'sendInitialEvents=true',
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ],
      [
        'sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1',
        422,
        'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
      ],
      [
        'resourceVersionMatch=NotOlderThan&resourceVersion=141',
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ],
      [
        'resourceVersion=abc',
        500,
        'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
      ],
      [
        'continue=abc',
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
      ],
      ['timeoutSeconds=abc', 400, 'strconv.ParseInt: parsing "abc": invalid syntax'],
      [
        'fieldSelector=data.k%3Dv',
        400,
        '"data.k" is not a known field selector: only "metadata.name", "metadata.namespace"',
      ],
    ];
    for (const [query, status, message] of messages) {
      const reply = await send(server, `${path}?watch=1&${query}`);
      expect([query, reply.status, reply.json.message]).toEqual([query, status, message]);
    }
  });

  it('10: knows the deprecated watch path, and does not watch on the path of one object', async () => {
    server.create(configMap('a'));
    server.create(configMap('b'));
    const lines = await watch(server, '/api/v1/watch/namespaces/demo/configmaps/a?resourceVersion=0');
    opened.push(lines);
    expect(await lines.events(1)).toEqual(['ADDED a@2']);
    const one = await send(server, `${path}/a?watch=1&resourceVersion=0`);
    expect(one.json.kind).toBe('ConfigMap');
  });

  it('does not send the end mark when the stream is ended amid its initial events', async () => {
    server.seed(Array.from({ length: 1_500 }, (_, index) => makePod(index)));
    const lines = await watch(server, `/api/v1/pods?watch=1&${watchList}`);
    opened.push(lines);
    await lines.take(1);
    server.closeWatches();
    const rest = await lines.toEnd();
    expect(lines.ended).toBe(true);
    expect(rest.length).toBeLessThan(1_499);
    expect(rest.at(-1)).toContain('"type":"ADDED"');
  });

  it('13: ends the stream of a client that does not keep up, without an ERROR event', async () => {
    const small = await ApiServer.start({ clock, watchBacklog: 10 });
    const lines = await watch(small, `${path}?watch=1&resourceVersion=1`);
    small.create(configMap('a'));
    for (let change = 0; change < 11; change++) small.touch('configmaps', 'demo', 'a');
    await lines.toEnd();
    expect(lines.ended).toBe(true);
    await small.close();
  });
});
