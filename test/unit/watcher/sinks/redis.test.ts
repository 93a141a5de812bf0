import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../../../src/testing/index.ts';
import { checkConfig } from '../../../../src/watcher/config/index.ts';
import { type Sink, Sinks } from '../../../../src/watcher/subscriptions/sinks/index.ts';
import { readEntries, redisServer } from '../../../support/brokers.ts';
import type { TestService } from '../../../support/service.ts';
import { forever, message } from './messages.ts';

interface World extends AsyncDisposable {
  readonly server: TestService;
  readonly sink: Sink;
  readonly clock: FakeClock;
}

async function world(more: object = {}, args: readonly string[] = []): Promise<World> {
  const server = await redisServer(args);
  const clock = new FakeClock();
  const sink = sinksOf(server.port, more, clock).open();
  return {
    server,
    sink,
    clock,
    async [Symbol.asyncDispose]() {
      await sink.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

function sinksOf(port: number, more: object, clock = new FakeClock(), allow = ['127.0.0.1']) {
  const sinks = new Sinks({ allow: new Set(allow), files: [], callbacks: {}, clock });
  const config = checkConfig({
    subscriptions: [
      {
        name: 'pods',
        match: { target: { version: 'v1', kind: 'Pod' } },
        sinks: [{ type: 'redis', url: `redis://127.0.0.1:${port}`, ...more }],
      },
    ],
  });
  const spec = config.subscriptions[0]!.sinks[0]!;
  return { check: () => sinks.check(spec), open: () => sinks.open(spec, 10_000) };
}

describe('a Redis sink', () => {
  test('adds an entry with id, type, subject and data', async () => {
    await using redis = await world();
    expect(await redis.sink.deliver(message(), forever)).toEqual({ type: 'delivered' });
    expect(await readEntries(redis.server.port, 'k8s.prod')).toEqual([
      { id: 'prod/u/1/ADDED', type: 'ADDED', subject: 'k8s.prod.core.pods.web.a.ADDED', data: '{"type":"ADDED"}' },
    ]);
  });

  test('writes attributes that are not in the body as fields, and takes the stream from the object', async () => {
    await using redis = await world({ stream: '{resource}:{label:team|none}' });
    const headers = { 'content-type': 'application/json', 'ce-id': '1' };
    await redis.sink.deliver({ ...message({ metadata: { labels: { team: 'a:b' } } }), headers }, forever);
    const [entry] = await readEntries(redis.server.port, 'pods:a%3Ab');
    expect(entry).toMatchObject({ 'ce-id': '1' });
    expect(entry).not.toHaveProperty('content-type');
  });

  test('keeps the stream about as long as it may be', async () => {
    await using redis = await world({ maxLength: 200 });
    const ids = Array.from({ length: 1_000 }, (_, at) => String(at));
    await Promise.all(ids.map((id) => redis.sink.deliver(message({ id }), forever)));
    const left = (await readEntries(redis.server.port, 'k8s.prod')).map(({ id }) => id);
    expect(left.length).toBeGreaterThanOrEqual(200);
    expect(left.length).toBeLessThan(500);
    expect(left).toEqual(ids.slice(-left.length));
  });

  test('fails while the server is away, and delivers by itself when it is back', async () => {
    await using redis = await world();
    expect(await redis.sink.deliver(message({ id: '1' }), forever)).toEqual({ type: 'delivered' });
    await redis.server.kill();
    expect(await redis.sink.deliver(message({ id: '2' }), forever)).toMatchObject({ type: 'failed' });
    expect(await redis.sink.deliver(message({ id: '2' }), forever)).toMatchObject({ type: 'failed' });
    await redis.server.start();
    expect(await redis.sink.deliver(message({ id: '2' }), forever)).toEqual({ type: 'delivered' });
    expect((await readEntries(redis.server.port, 'k8s.prod')).map(({ id }) => id)).toEqual(['1', '2']);
    expect(redis.clock.pendingTimers).toBe(0);
  });

  test('fails when there is no answer in time, and goes on over a new connection', async () => {
    await using redis = await world();
    await redis.sink.deliver(message({ id: '1' }), forever);
    await redis.server.pause();
    const unheard = redis.sink.deliver(message({ id: '2' }), forever);
    await redis.clock.advance(10_000);
    expect(await unheard).toMatchObject({ type: 'failed', problem: 'no answer in 10000 ms' });
    redis.server.resume();
    expect(await redis.sink.deliver(message({ id: '2' }), forever)).toEqual({ type: 'delivered' });
  });

  test('says who it is, and never what its password is', async () => {
    await using redis = await world({ password: 'right-password' }, ['--requirepass', 'right-password']);
    expect(await redis.sink.deliver(message(), forever)).toEqual({ type: 'delivered' });
    const wrong = sinksOf(redis.server.port, { password: 'wrong-password' }).open();
    const outcome = await wrong.deliver(message(), forever);
    expect(outcome).toMatchObject({ type: 'failed', problem: expect.stringMatching(/WRONGPASS/) });
    expect(JSON.stringify(outcome)).not.toContain('wrong-password');
    await wrong.close();
  });

  test.each([
    [{ url: 'redis://127.0.0.1:6379' }, 'only rediss://'],
    [{ url: 'rediss://127.0.0.1:6379' }, 'forbidden'],
    [{ url: 'rediss://10.0.0.1', stream: '{data.password}' }, 'not known'],
    [{ url: 'rediss://me:secret@10.0.0.1' }, 'fields of their own'],
    [{ url: 'rediss://10.0.0.1/x' }, 'must look like'],
  ])('%j is refused at the start', (more, why) => {
    expect(() => sinksOf(0, more, undefined, []).check()).toThrowError(new RegExp(why));
  });

  test('is not let to a name that leads to a forbidden address', async () => {
    await using redis = await world();
    const sink = sinksOf(0, { url: `rediss://localhost:${redis.server.port}` }, undefined, []).open();
    expect(await sink.deliver(message(), forever)).toMatchObject({
      type: 'failed',
      problem: expect.stringContaining('nothing is sent to localhost'),
    });
    await sink.close();
  });
});
