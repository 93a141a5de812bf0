import { expect, test } from 'vitest';
import { settle } from '../../src/testing/index.ts';
import { makeStream, natsServer, readEntries, readStream, redisServer } from '../support/brokers.ts';
import { eventually } from '../support/eventually.ts';
import type { TestService } from '../support/service.ts';
import { pod, type Rig, rig, watchPods } from './s003-rig.ts';

interface Told {
  readonly id: string;
  readonly name: string;
  readonly version: number;
}

/** A service that tells a message queue of all pods, each change of them. */
function telling(sink: object): Promise<Rig> {
  return rig({
    config: {
      watches: [watchPods],
      cluster: { id: 'prod' },
      egress: { allow: ['127.0.0.1'] },
      subscriptions: [
        {
          name: 'pods',
          match: { target: { version: 'v1', kind: 'Pod' } },
          format: 'watch',
          // Objects alone: the service is to tell nothing of itself.
          initial: 'none',
          // On a clock that is moved on at will, nothing that is real is to be late.
          delivery: { mode: 'every', heartbeatSeconds: 0, timeoutMs: 3_600_000, retry: { maxAgeSeconds: 1_000_000 } },
          sinks: [sink as never],
        },
      ],
    },
  });
}

const status = (world: Rig) => world.watcher.subscriptions()[0]!.sinks[0]!;

/** Changes pods while the server is killed and started again, then waits until all is told. @returns the versions of each pod, in their order. */
async function disturb(world: Rig, server: TestService): Promise<Map<string, number[]>> {
  const versions = new Map<string, number[]>();
  const names = Array.from({ length: 24 }, (_, at) => `web-${at}`);
  const wrote = (name: string, version: string | undefined) =>
    versions.set(name, [...(versions.get(name) ?? []), Number(version)]);
  for (const name of names) wrote(name, world.server.create(pod(name)).metadata.resourceVersion);
  await eventually(() => status(world).delivered > 0);
  for (let round = 0; round < 8; round++) {
    for (const name of names) wrote(name, world.server.touch('pods', 'web', name));
    const before = status(world);
    // In the middle of it: some of this round are told, others it was sent and has not read.
    if (round % 4 === 1) {
      await eventually(() => status(world).delivered > before.delivered);
      await server.pause();
      for (const name of names) wrote(name, world.server.touch('pods', 'web', name));
      await settle();
      await server.kill();
    }
    if (round % 4 === 3) {
      await eventually(() => status(world).failed > before.failed || status(world).health === 'failing');
      await server.start();
      await drained(world);
    }
  }
  await drained(world);
  return versions;
}

async function drained(world: Rig): Promise<void> {
  await eventually(async () => {
    await world.clock.advance(5_000);
    return status(world).pendingNotices === 0;
  });
}

/** Nothing is lost and nothing overtakes: without what is told again, each pod has its versions in their order. */
function expectAll(told: readonly Told[], versions: ReadonlyMap<string, number[]>): void {
  for (const [name, expected] of versions) {
    const heard = told.filter((one) => one.name === name).map(({ version }) => version);
    expect(heard.filter((version, at) => version !== heard[at - 1])).toEqual(expected);
  }
}

function toldOf(id: string, body: string): Told {
  const { name, resourceVersion } = JSON.parse(body).object.metadata;
  return { id, name, version: Number(resourceVersion) };
}

test('S003-46: NATS JetStream killed again and again has every change once, those of each object in their order', async () => {
  await using nats = await natsServer();
  await makeStream(nats.port);
  await using world = await telling({ type: 'nats', servers: [`nats://127.0.0.1:${nats.port}`] });
  const versions = await disturb(world, nats);
  const messages = await readStream(nats.port);
  expectAll(
    messages.map(({ id, body }) => toldOf(id, body)),
    versions,
  );
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
  expect(messages[0]!.subject).toMatch(/^k8s\.prod\.core\.pods\.web\.web-\d+\.ADDED$/);
  expect(status(world).deadLetters).toBe(0);
});

test('S003-11: Redis killed again and again has every change, those of each object in their order', async () => {
  await using redis = await redisServer();
  await using world = await telling({ type: 'redis', url: `redis://127.0.0.1:${redis.port}` });
  const versions = await disturb(world, redis);
  const entries = await readEntries(redis.port, 'k8s.prod');
  expectAll(
    entries.map(({ id, data }) => toldOf(id!, data!)),
    versions,
  );
  expect(status(world).deadLetters).toBe(0);
});
