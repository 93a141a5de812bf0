import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KubeClient, type KubeObject, type SharedIndexInformer } from '../../../../src/index.ts';
import { ApiServer, FakeClock, settle } from '../../../../src/testing/index.ts';
import { type CachedKind, Catalogue, Kinds } from '../../../../src/watcher/cache/index.ts';
import { checkConfig } from '../../../../src/watcher/config/index.ts';
import { until } from '../../../acceptance/s000-world.ts';

let server: ApiServer;
let client: KubeClient;
let catalogue: Catalogue;
let kinds: Kinds;

beforeEach(async () => {
  const clock = new FakeClock();
  const random = () => 0;
  const config = checkConfig({ query: { logLength: 20 } });
  const onError = () => undefined;
  server = await ApiServer.start({ clock });
  client = new KubeClient(server.kubeConfig(), { clock });
  catalogue = new Catalogue({ client, config: config.discovery, clock, random, onError });
  kinds = new Kinds({ client, openClient: () => client, catalogue, config, clock, random, onError });
  await catalogue.start();
});

afterEach(async () => {
  await kinds.close();
  await catalogue.close();
  await client.close();
  await server.close();
});

const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'web' } });

/** Has `act` called in the middle of a batch: its other events are in the cache, and not yet in the log. */
async function whileEventsWait(kind: CachedKind, act: () => void): Promise<void> {
  await until(() => kind.synced);
  await settle(100);
  const acted = Promise.withResolvers<void>();
  const stop = kind.log.onAppend(() => {
    stop();
    expect(kind.seq).toBeGreaterThan(kind.log.seq);
    act();
    acted.resolve();
  });
  for (const name of ['a', 'b', 'c', 'd']) server.create(configMap(name));
  await acted.promise;
}

async function held(): Promise<CachedKind> {
  const resource = await catalogue.resolve({ group: '', version: 'v1', kind: 'ConfigMap' });
  return kinds.acquire(resource, {}, { holder: 'test' }).kind;
}

/** Follows a kind, and writes down what it is told. */
function record(kind: CachedKind, from?: 'snapshot' | 'now' | number): string[] {
  const told: string[] = [];
  kind.follow(
    {
      onSnapshot: ({ objects }) => void told.push(`[${objects.map(({ metadata }) => metadata.name).sort()}]`),
      onEvent: ({ type, object }) => void told.push(`${type} ${object.metadata.name}`),
    },
    from === undefined ? {} : { from },
  );
  return told;
}

describe('a follower', () => {
  test('that comes before the first sync gets the state when it is complete, then what changes', async () => {
    server.create(configMap('a'));
    const told = record(await held());
    await until(() => told.length === 1);
    server.create(configMap('b'));
    await until(() => told.length === 2);
    expect(told).toEqual(['[a]', 'ADDED b']);
  });

  test('that comes while changes wait for the log gets each of them once: in the state, or after it', async () => {
    const kind = await held();
    let told: string[] | undefined;
    await whileEventsWait(kind, () => {
      told = record(kind);
    });
    await until(() => kind.indexer?.size === 4);
    await settle(100);
    server.create(configMap('e'));
    await until(() => told?.length === 2);
    expect(told).toEqual(['[a,b,c,d]', 'ADDED e']);
  });

  test('that was away goes on from where it was, or gets the state if that is too long ago', async () => {
    const kind = await held();
    await until(() => kind.synced);
    server.create(configMap('a'));
    await until(() => kind.log.at(kind.log.seq)?.object.metadata.name === 'a');
    const { seq } = kind.log;
    server.create(configMap('b'));
    await until(() => kind.log.seq === seq + 1);
    expect(record(kind, seq)).toEqual(['ADDED b']);
    expect(record(kind, 'now')).toEqual([]);
    for (let count = 0; count < 25; count++) server.touch('configmaps', 'web', 'a');
    await until(() => kind.log.seq === seq + 26);
    expect(record(kind, seq)).toEqual(['[a,b]']);
  });
});

describe('a kind whose definition goes while events wait for its log', () => {
  test('tells of them, then that everything is gone, in one turn with its cache', async () => {
    const kind = await held();
    const told = record(kind, 'now');
    let suspended: Promise<void> | undefined;
    await whileEventsWait(kind, () => {
      suspended = kind.suspend();
    });
    await suspended;
    expect(told).toEqual(
      [...'abcd'].map((name) => `ADDED ${name}`).concat([...'abcd'].map((name) => `DELETED ${name}`)),
    );
    expect(kind.indexer).toBeUndefined();
  });

  test('ends when it is stopped then, and tells no more', async () => {
    const kind = await held();
    const told = record(kind, 'now');
    let ends: Promise<unknown> | undefined;
    await whileEventsWait(kind, () => {
      ends = Promise.all([kind.suspend(), kind.stop()]);
    });
    await ends;
    expect(told).toEqual(['ADDED a']);
    expect(kind.phase).toBe('stopped');
  });

  test('is stopped when the informer that it had has ended', async () => {
    const kind = await held();
    await until(() => kind.synced);
    let left = 'running';
    void (kind.informer as SharedIndexInformer<KubeObject>).done.then(() => {
      left = 'ended';
    });
    void kind.suspend();
    await kind.stop();
    expect(left).toBe('ended');
  });
});
