import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import { Streams } from '../../../../src/watcher/http/index.ts';

/** As much of a response as a stream uses; its reader has no room until `drain`. */
class StalledResponse extends EventEmitter {
  destroyed = false;
  closed = false;
  readonly written: string[] = [];
  writeHead() {}
  flushHeaders() {}
  write(bytes: Buffer): boolean {
    this.written.push(bytes.toString());
    return false;
  }
  end() {}
  destroy() {
    this.destroyed = true;
    this.closed = true;
    this.emit('close');
  }
}

function open() {
  const clock = new FakeClock();
  const streams = new Streams(10, clock);
  const response = new StalledResponse();
  streams.open(response as unknown as ServerResponse, {
    status: 200,
    headers: {},
    stream: async (sink) => {
      for (let line = 1; !sink.signal.aborted; line++) {
        sink.write(Buffer.from(`${line}`));
        await sink.drained();
      }
    },
  });
  return { clock, streams, response };
}

test('who reads nothing of a stream for two minutes is dropped, whatever it is a stream of', async () => {
  const { clock, streams, response } = open();
  await clock.advance(119_999);
  expect([response.destroyed, streams.size]).toEqual([false, 1]);
  await clock.advance(1);
  expect([response.destroyed, streams.size, clock.pendingTimers]).toEqual([true, 0, 0]);
});

test('who reads now and then is not', async () => {
  const { clock, streams, response } = open();
  for (let count = 0; count < 5; count++) {
    await clock.advance(100_000);
    response.emit('drain');
    await settle();
  }
  expect(response.written).toEqual(['1', '2', '3', '4', '5', '6']);
  response.destroy();
  await settle();
  expect([streams.size, clock.pendingTimers]).toEqual([0, 0]);
});
