import { describe, expect, test } from 'vitest';
import { readEntries, redisServer } from '../../../support/brokers.ts';
import { forever, message } from './messages.ts';
import { brokerWorld, sinkOf } from './sink-rig.ts';

const specOf = (port: number, more: object = {}) => ({ type: 'redis', url: `redis://127.0.0.1:${port}`, ...more });

const world = (more: object = {}, args: readonly string[] = []) =>
  brokerWorld(redisServer(args), (port) => specOf(port, more));

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
    const wrong = sinkOf(specOf(redis.server.port, { password: 'wrong-password' })).open();
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
    expect(() => sinkOf(specOf(0, more), { allow: [] }).check()).toThrowError(new RegExp(why));
  });

  test('is not let to a name that leads to a forbidden address', async () => {
    await using redis = await world();
    const sink = sinkOf(specOf(0, { url: `rediss://localhost:${redis.server.port}` }), { allow: [] }).open();
    expect(await sink.deliver(message(), forever)).toMatchObject({
      type: 'failed',
      problem: expect.stringContaining('nothing is sent to localhost'),
    });
    await sink.close();
  });
});
