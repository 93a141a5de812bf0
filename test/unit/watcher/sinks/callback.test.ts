import { expect, test } from 'vitest';
import { FakeClock } from '../../../../src/testing/index.ts';
import { callbackSink, type SinkCallback } from '../../../../src/watcher/subscriptions/sinks/callback.ts';
import { Sinks } from '../../../../src/watcher/subscriptions/sinks/index.ts';
import { forever, message } from './messages.ts';

const sink = (callback: SinkCallback, clock = new FakeClock()) => callbackSink(callback, 10_000, clock);

test('a callback is told the event, parsed, and has it when it resolves', async () => {
  const told: unknown[] = [];
  const outcome = sink(async (event) => void told.push(event)).deliver(message(), forever);
  expect(await outcome).toEqual({ type: 'delivered' });
  expect(told).toEqual([
    { id: 'prod/u/1/ADDED', headers: { 'content-type': 'application/json' }, body: { type: 'ADDED' } },
  ]);
});

test('a callback that throws, rejects or takes too long is to be told again', async () => {
  const throws = sink(() => {
    throw new Error('no room');
  });
  expect(await throws.deliver(message(), forever)).toMatchObject({ type: 'failed', problem: 'no room' });
  const rejects = sink(() => Promise.reject(new Error('no room')));
  expect(await rejects.deliver(message(), forever)).toMatchObject({ type: 'failed', problem: 'no room' });

  const clock = new FakeClock();
  let ended = false;
  const hangs = sink((_, signal) => {
    signal.addEventListener('abort', () => {
      ended = true;
    });
    return new Promise(() => {});
  }, clock).deliver(message(), forever);
  await clock.advance(10_000);
  expect(await hangs).toMatchObject({ type: 'failed', problem: 'no answer in 10000 ms' });
  expect(ended).toBe(true);
});

test('a callback that nobody has is refused at the start', () => {
  const sinks = new Sinks({ allow: new Set(), files: [], callbacks: { orders: () => {} }, clock: new FakeClock() });
  sinks.check({ type: 'callback', name: 'orders' });
  for (const name of ['other', 'constructor']) {
    expect(() => sinks.check({ type: 'callback', name })).toThrowError(
      expect.objectContaining({ code: 'InvalidOption' }),
    );
  }
});
