import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../../../src/testing/index.ts';
import { type Broker, brokerSink, Unacceptable } from '../../../../src/watcher/subscriptions/sinks/broker-sink.ts';
import { requirePackages } from '../../../../src/watcher/subscriptions/sinks/packages.ts';
import { parseTemplate } from '../../../../src/watcher/subscriptions/sinks/template.ts';
import { forever, message } from './messages.ts';

/** A broker whose connections are numbers; what happens is written down. */
function world(broker: Partial<Broker<number>> = {}) {
  const happened: string[] = [];
  const clock = new FakeClock();
  let connections = 0;
  let lose = () => {};
  const sink = brokerSink<number>({
    broker: {
      connect: async (lost) => {
        lose = lost;
        happened.push(`connect ${++connections}`);
        return connections;
      },
      disconnect: async (connection) => void happened.push(`disconnect ${connection}`),
      publish: async (connection, { id }, address) => void happened.push(`${id} to ${address} over ${connection}`),
      ...broker,
    },
    addressOf: parseTemplate('{metadata.name}', (value) => value),
    timeout: 10_000,
    clock,
  });
  return { sink, clock, happened, lose: () => lose() };
}

describe('a sink of a message queue', () => {
  test('connects when there is something to deliver, once for all, and anew when the connection is lost', async () => {
    const { sink, happened, lose } = world();
    expect(happened).toEqual([]);
    await Promise.all([sink.deliver(message({ id: '1' }), forever), sink.deliver(message({ id: '2' }), forever)]);
    lose();
    lose();
    await sink.deliver(message({ id: '3' }), forever);
    await sink.close();
    await sink.close();
    expect(happened).toEqual([
      'connect 1',
      '1 to a over 1',
      '2 to a over 1',
      'connect 2',
      'disconnect 1',
      '3 to a over 2',
      'disconnect 2',
    ]);
    expect(await sink.deliver(message(), forever)).toMatchObject({ type: 'failed', problem: 'the sink is closed' });
  });

  test('does not connect by itself: as often as something is tried, and no more', async () => {
    let tries = 0;
    const { sink, clock } = world({
      connect: async () => {
        tries++;
        throw new Error('refused');
      },
    });
    expect(await sink.deliver(message(), forever)).toMatchObject({ type: 'failed', problem: 'refused' });
    await clock.advance(3_600_000);
    expect(tries).toBe(1);
    await sink.deliver(message(), forever);
    expect(tries).toBe(2);
  });

  test('ends a connection that is made too late, or after it was closed', async () => {
    const made: ((connection: number) => void)[] = [];
    const { sink, clock, happened } = world({ connect: () => new Promise((resolve) => made.push(resolve)) });
    const first = sink.deliver(message(), forever);
    await clock.advance(10_000);
    expect(await first).toMatchObject({ type: 'failed', problem: 'no answer in 10000 ms' });
    made[0]!(7);
    const stopping = new AbortController();
    const second = sink.deliver(message(), stopping.signal);
    stopping.abort(new Error('stopped'));
    expect(await second).toMatchObject({ type: 'failed', problem: 'stopped' });
    const closed = sink.close();
    made[1]!(8);
    await closed;
    expect(happened).toEqual(['disconnect 7', 'disconnect 8']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('refuses what the broker will never take, drops what has no address', async () => {
    const { sink, happened } = world({ publish: () => Promise.reject(new Unacceptable('too large')) });
    expect(await sink.deliver(message(), forever)).toEqual({ type: 'refused', problem: 'too large' });
    expect(await sink.deliver(message({ metadata: { name: '' } }), forever)).toMatchObject({ type: 'dropped' });
    expect(happened).toEqual(['connect 1']);
  });
});

test('a package that is not installed is named, with what to do about it', () => {
  requirePackages(['redis', '@nats-io/jetstream', '@nats-io/transport-node'], 'a sink');
  expect(() => requirePackages(['redis', 'no-such-package'], 'a sink')).toThrowError(
    expect.objectContaining({
      code: 'MissingPackage',
      hint: expect.stringContaining('npm install redis no-such-package'),
    }),
  );
});
