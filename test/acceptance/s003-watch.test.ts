import { describe, expect, test } from 'vitest';
import { INITIAL_EVENTS_END, type Status } from '../../src/index.ts';
import { settle } from '../../src/testing/index.ts';
import { until } from './s000-world.ts';
import { pod, type Rig, rig, watchPods } from './s003-rig.ts';

async function watched(...names: string[]): Promise<Rig> {
  const world = await rig({
    config: { watches: [watchPods], query: { logLength: 50 } },
    seed: (server) => void server.seed(names.map((name) => pod(name, { labels: { app: name } }))),
  });
  await until(() => world.server.watches > 0);
  return world;
}

describe('a watch from the cache', () => {
  test('S003-47: without a version it begins with what is there, and goes on with what changes', async () => {
    await using world = await watched('a', 'b');
    const { requests } = world.server;
    const before = requests.length;
    const reader = await world.watch('/cache/api/v1/pods?watch=1');
    world.server.create(pod('c'));
    world.server.touch('pods', 'web', 'a');
    world.server.delete('pods', 'web', 'b', { gracePeriodSeconds: 0 });
    await until(() => reader.lines.length === 5);
    expect(reader.text).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'MODIFIED a', 'DELETED b']);
    expect(requests.length).toBe(before);
    reader.stop();
  });

  test('S003-47: from the version of a list it brings what came after that list, and nothing else', async () => {
    await using world = await watched('a');
    const { body } = await world.get('/cache/api/v1/pods');
    world.server.create(pod('b'));
    await until(() => world.watcher.kinds()[0]?.objects === 2);
    const reader = await world.watch(`/cache/api/v1/pods?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    world.server.create(pod('c'));
    await until(() => reader.lines.length === 2);
    expect(reader.text).toEqual(['ADDED b', 'ADDED c']);
    reader.stop();
  });

  test('S003-47: from the version of an event it brings what came after that event', async () => {
    await using world = await watched();
    for (const name of ['a', 'b', 'c']) world.server.create(pod(name));
    await until(() => world.watcher.kinds()[0]?.objects === 3);
    const { resourceVersion } = world.server.get('pods', 'web', 'b')!.metadata;
    const reader = await world.watch(`/cache/api/v1/pods?watch=1&resourceVersion=${resourceVersion}`);
    await until(() => reader.lines.length === 1);
    expect(reader.text).toEqual(['ADDED c']);
    reader.stop();
  });

  test('S003-47: sendInitialEvents ends the state with the bookmark that clients look for', async () => {
    await using world = await watched('a');
    const options = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const reader = await world.watch(`/cache/api/v1/pods?${options}`);
    await until(() => reader.lines.length === 2);
    expect(reader.text[0]).toBe('ADDED a');
    expect(reader.lines[1]).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: { resourceVersion: world.server.resourceVersion, annotations: { [INITIAL_EVENTS_END]: 'true' } },
      },
    });
    reader.stop();
  });

  test('S003-47: bookmarks come every minute to whoever allows them, and a watch can go on from one', async () => {
    await using world = await watched('a');
    const reader = await world.watch('/cache/api/v1/pods?watch=1&allowWatchBookmarks=true');
    await until(() => reader.lines.length === 1);
    await settle(50);
    await world.clock.advance(60_000);
    await until(() => reader.lines.length === 2);
    expect(reader.lines[1]?.type).toBe('BOOKMARK');
    reader.stop();
    const again = await world.watch(
      `/cache/api/v1/pods?watch=1&resourceVersion=${reader.lines[1]!.object.metadata.resourceVersion}`,
    );
    world.server.create(pod('b'));
    await until(() => again.lines.length === 1);
    expect(again.text).toEqual(['ADDED b']);
    again.stop();
  });

  test('S003-47: timeoutSeconds ends it in good order', async () => {
    await using world = await watched('a');
    const reader = await world.watch('/cache/api/v1/pods?watch=1&timeoutSeconds=10');
    await until(() => reader.lines.length === 1);
    await settle(50);
    await world.clock.advance(10_000);
    await until(() => reader.ended);
  });

  test('S003-47: a version from before the log is 410, as with any API server', async () => {
    await using world = await watched('a');
    const { body } = await world.get('/cache/api/v1/pods');
    for (let count = 0; count < 60; count++) world.server.touch('pods', 'web', 'a');
    await until(() => world.watcher.kinds()[0]?.resourceVersion === world.server.resourceVersion);
    await settle(50);
    const gone = await world.get<Status>(`/cache/api/v1/pods?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    expect(gone.status).toBe(410);
    expect(gone.body).toMatchObject({ kind: 'Status', reason: 'Expired' });
    expect((await world.get('/cache/api/v1/pods?watch=1&resourceVersion=1')).status).toBe(410);
  });

  test('S003-47: ends with the service', async () => {
    const world = await watched('a');
    const reader = await world.watch('/cache/api/v1/pods?watch=1');
    await until(() => reader.lines.length === 1);
    await world[Symbol.asyncDispose]();
    await until(() => reader.ended);
    expect(world.clock.pendingTimers).toBe(0);
  });
});

describe('a watch of those that a selector selects', () => {
  test('S003-41: tells entering as ADDED, leaving as DELETED with the last matching state, and nothing of others', async () => {
    await using world = await watched('a', 'b');
    const reader = await world.watch('/cache/api/v1/pods?watch=1&labelSelector=app%3Da');
    await until(() => reader.lines.length === 1);
    const label = (name: string, app: string) =>
      world.server.patchObject('pods', 'web', name, { metadata: { labels: { app } } });
    label('b', 'c');
    label('b', 'a');
    label('a', 'x');
    world.server.touch('pods', 'web', 'a');
    world.server.delete('pods', 'web', 'b', { gracePeriodSeconds: 0 });
    await until(() => reader.lines.length === 4);
    expect(reader.text).toEqual(['ADDED a', 'ADDED b', 'DELETED a', 'DELETED b']);
    expect(reader.lines[2]?.object.metadata.labels).toEqual({ app: 'a' });
    const versions = reader.lines.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    reader.stop();
  });

  test('S003-41: in one namespace, tells of no other', async () => {
    await using world = await watched('a');
    const reader = await world.watch('/cache/api/v1/namespaces/other/pods?watch=1');
    world.server.create(pod('b'));
    world.server.create(pod('c', { namespace: 'other' }));
    await until(() => reader.lines.length > 0);
    expect(reader.text).toEqual(['ADDED c']);
    reader.stop();
  });
});
