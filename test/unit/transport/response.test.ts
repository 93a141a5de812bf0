import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { KubeObject, WatchEvent } from '../../../src/kubernetes/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { AnswerGuard } from '../../../src/transport/answer-guard.ts';
import { WatchDecoder } from '../../../src/transport/decode/index.ts';
import { createAgent, Http1Connection } from '../../../src/transport/http1.ts';
import { KubeClient } from '../../../src/transport/index.ts';
import { type KubeResponse, StreamedResponse } from '../../../src/transport/response.ts';
import { BodyWatchStream, type Opening } from '../../../src/transport/watch-stream.ts';
import { configFor, serve } from './server.ts';
import { serveTls, tlsConfig } from './tls-server.ts';

/** An answer whose body the test pushes into. */
function answered({ complete = true, loop = true } = {}) {
  const body = new Readable({ read: () => undefined });
  const stopper = new AbortController();
  const clock = new FakeClock();
  const guard = new AnswerGuard({ clock, limit: 1_000, what: 'GET /', signal: stopper.signal });
  let cancelled = 0;
  const answer = {
    status: 200,
    headers: {},
    httpVersion: '1.1' as const,
    body,
    rest: () => undefined,
    isComplete: () => complete,
    cancel() {
      cancelled++;
      body.destroy();
    },
  };
  const response = new StreamedResponse(answer, guard, 'GET /', clock);
  const read: string[] = [];
  const done = (async () => {
    if (loop) for await (const piece of response.body) read.push(String(piece));
    return 'ended';
  })().catch((thrown: Error) => thrown);
  /** Nothing is left that waits for this exchange. */
  const isOver = () =>
    cancelled > 0 && clock.pendingTimers === 0 && body.listenerCount('data') + body.listenerCount('end') === 0;
  return { body, stopper, response, read, done, isOver };
}

describe('the body of an answer', () => {
  test('ends at its end', async () => {
    const { body, read, done, isOver } = answered();
    for (const piece of ['a', 'b', null]) body.push(piece);
    expect([await done, read, isOver()]).toEqual(['ended', ['a', 'b'], true]);
  });

  test('that was cut off is a failed connection, after all that came', async () => {
    const cut = answered({ complete: false });
    for (const piece of ['a', 'b', null]) cut.body.push(piece);
    expect(await cut.done).toMatchObject({ code: 'ConnectionFailed', message: expect.stringContaining('complete') });
    expect([cut.read, cut.isOver()]).toEqual([['a', 'b'], true]);

    const broken = answered();
    broken.body.push('a');
    await settle();
    broken.body.push('b');
    broken.body.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    expect(await broken.done).toMatchObject({
      code: 'ConnectionFailed',
      message: 'GET /: reset',
      cause: { code: 'ECONNRESET' },
    });
    expect(broken.isOver()).toBe(true);

    const closed = answered();
    closed.body.push('a');
    await settle();
    closed.body.destroy();
    expect(await closed.done).toMatchObject({ code: 'ConnectionFailed' });
    expect([closed.read, closed.isOver()]).toEqual([['a'], true]);
  });

  test('ends when it is discarded while it is waited for', async () => {
    const { body, response, done, read, isOver } = answered({ complete: false });
    body.push('a');
    await settle();
    response.discard();
    body.push('b');
    expect([await done, read, isOver()]).toEqual(['ended', ['a'], true]);
  });

  test('that is discarded before it is read has nothing', async () => {
    const { response, body, isOver } = answered({ complete: false, loop: false });
    response.discard();
    body.push('a');
    for await (const piece of response.body) expect(piece).toBeUndefined();
    expect(isOver()).toBe(true);
    expect([response.body.take(), await response.body.more()]).toEqual([undefined, false]);
  });

  test('throws the reason of its signal, whether there is more to read, or it ends or breaks then', async () => {
    for (const then of [
      (body: Readable) => body.push('b'),
      (body: Readable) => body.push(null),
      (body: Readable) => body.destroy(),
    ]) {
      const { body, stopper, done, read, isOver } = answered();
      body.push('a');
      await settle();
      stopper.abort(new Error('enough'));
      then(body);
      expect(await done).toMatchObject({ message: 'enough' });
      expect([read, isOver()]).toEqual([['a'], true]);
    }
  });

  test('throws the reason of its signal instead of giving what waits', async () => {
    const { body, stopper, response, isOver } = answered({ loop: false });
    body.push('a');
    body.push('b');
    const read = (async () => {
      for await (const piece of response.body) {
        expect(String(piece)).toBe('a');
        stopper.abort(new Error('enough'));
      }
    })();
    await expect(read).rejects.toThrow('enough');
    expect(isOver()).toBe(true);
  });

  test('ends its exchange when the loop is left, or all has been taken', async () => {
    const left = answered({ loop: false });
    left.body.push('a');
    for await (const _piece of left.response.body) break;
    expect(left.isOver()).toBe(true);

    for (const complete of [true, false]) {
      const { body, response, isOver } = answered({ loop: false, complete });
      for (const piece of ['a', null]) body.push(piece);
      expect(response.body.take()).toBeUndefined();
      expect(await response.body.more()).toBe(true);
      expect([String(response.body.take()), response.body.take()]).toEqual(['a', undefined]);
      if (complete) expect(await response.body.more()).toBe(false);
      else await expect(response.body.more()).rejects.toMatchObject({ code: 'ConnectionFailed' });
      expect(isOver()).toBe(true);
    }
  });
});

test('events that came before a line that is no JSON are given before the error', async () => {
  const { response, body } = answered({ loop: false });
  const decoder = new WatchDecoder<KubeObject>({ description: 'pods', confidential: false, prune: [] });
  const stream = new BodyWatchStream<KubeObject>(response, decoder, new AbortController().signal, 'changes');
  const batches = stream[Symbol.asyncIterator]();
  const first = batches.next();
  for (const name of ['a', 'b']) body.push(`{"type":"ADDED","object":{"metadata":{"name":"${name}"}}}\n`);
  body.push('{"type":"ADDED",\n');
  const { value } = await first;
  expect(value?.map((event: WatchEvent<KubeObject>) => event.type === 'ADDED' && event.object.metadata.name)).toEqual([
    'a',
    'b',
  ]);
  await expect(batches.next()).rejects.toMatchObject({ code: 'DecodeFailed' });
});

test('the events of many small pieces are handed on some dozens at a time', async () => {
  const { response, body } = answered({ loop: false });
  const decoder = new WatchDecoder<KubeObject>({ description: 'pods', confidential: false, prune: [] });
  const names = Array.from({ length: 200 }, (_, index) => `pod-${index}`);
  for (const name of names) body.push(`{"type":"ADDED","object":{"metadata":{"name":"${name}"}}}\n`);
  body.push(null);
  const sizes: number[] = [];
  const got: string[] = [];
  for await (const batch of new BodyWatchStream<KubeObject>(
    response,
    decoder,
    new AbortController().signal,
    'changes',
  )) {
    sizes.push(batch.length);
    for (const { object } of batch) got.push((object as KubeObject).metadata.name);
  }
  expect(got).toEqual(names);
  expect(sizes).toEqual([32, 32, 32, 32, 32, 32, 8]);
});

test('a watch reads patiently while a large state comes, and nothing but that', async () => {
  const object = (padding: number) => ({
    kind: 'Pod',
    metadata: { name: 'a', resourceVersion: '1' },
    padding: 'x'.repeat(padding),
  });
  const frame = (type: string, padding = 0) => `${JSON.stringify({ type, object: object(padding) })}\n`;
  const body = [
    frame('ADDED'),
    frame('ADDED', 300 * 1024),
    frame('ADDED'),
    frame('BOOKMARK'),
    frame('ADDED', 300 * 1024),
  ];
  const hastesOf = async (opening: Opening) => {
    const hastes: (string | undefined)[] = [];
    let at = 0;
    let isTaken = false;
    const reads = {
      take() {
        isTaken = !isTaken;
        return isTaken && at < body.length ? Buffer.from(body[at++]!) : undefined;
      },
      async more(haste?: string) {
        hastes.push(haste);
        return at < body.length;
      },
    };
    const response = { body: reads, discard: () => undefined } as unknown as KubeResponse;
    const decoder = new WatchDecoder<KubeObject>({ description: 'pods', confidential: false, prune: [] });
    const stream = new BodyWatchStream<KubeObject>(response, decoder, new AbortController().signal, opening);
    for await (const _batch of stream);
    return hastes.map((haste) => haste ?? 'soon');
  };
  expect(await hastesOf('state')).toEqual(['soon', 'patient', 'patient', 'soon', 'soon']);
  expect(await hastesOf('changes')).toEqual(['soon', 'soon', 'soon', 'soon', 'soon']);
});

/** Megabytes that look like nothing else. */
const noise = randomBytes(6 * 1024 * 1024);

describe('a slow reader', () => {
  test('has the server wait: no more is taken in than a few hundred KiB', async () => {
    let sent = 0;
    let socket: Socket | undefined;
    const onSocket = (message: unknown) => {
      socket = (message as { socket: Socket }).socket;
    };
    await using server = await serve((_request, response) => {
      const more = () => {
        do sent++;
        while (!response.destroyed && sent < 10_000 && response.write(noise.subarray(0, 64 * 1024)));
      };
      response.on('drain', more);
      more();
    });
    subscribe('net.client.socket', onSocket);
    await using client = new KubeClient(configFor(server.url));
    const response = await client.request({ path: '/' });
    unsubscribe('net.client.socket', onSocket);
    const pieces = response.body[Symbol.asyncIterator]();
    await pieces.next();
    for (let before = -1; before !== sent; ) {
      before = sent;
      await settle(50);
    }
    expect(socket!.bytesRead).toBeLessThan(1024 * 1024);
    expect(sent).toBeLessThan(10_000);
    let read = 0;
    for (let piece = await pieces.next(); read < 2 * noise.length; piece = await pieces.next())
      read += piece.value.length;
    response.discard();
  });

  for (const [name, http1] of [
    ['HTTP/1.1', true],
    ['HTTP/2', false],
  ] as const) {
    test(`gets over ${name} what was sent, however late he looks at it`, async () => {
      await using server = await serveTls((_request, response) => response.end(noise), {
        ...(http1 && { protocol: 'http/1.1' }),
      });
      await using plain = await serve((_request, response) => response.end(noise));
      await using tls = new KubeClient(tlsConfig(server));
      await using tcp = new KubeClient(configFor(plain.url));
      for (const client of http1 ? [tls, tls, tcp] : [tls, tls]) {
        const { body } = await client.request({ path: '/' });
        await settle(20);
        const pieces: Buffer[] = [];
        for await (const piece of body) if (pieces.push(piece) % 8 === 0) await settle(3);
        expect(Buffer.concat(pieces).equals(noise)).toBe(true);
      }
    });
  }
});

test('a piece that lies where the next one will be read is copied', async () => {
  let read: Buffer | undefined;
  const onSocket = (message: unknown) => {
    (message as { socket: Socket }).socket.on('data', (bytes) => {
      read = bytes;
    });
  };
  await using server = await serve((_request, response) => void response.writeHead(200).write('a'));
  const closing = new AbortController();
  const options = {
    origin: new URL(server.url),
    tls: {},
    clock: new FakeClock(),
    connectTimeout: 1_000,
    proxyUrl: undefined,
    closing: closing.signal,
  };
  subscribe('net.client.socket', onSocket);
  const connection = new Http1Connection(options, createAgent(options));
  const { body } = await connection.send({ method: 'GET', path: '/', headers: {}, body: undefined, signal: undefined });
  unsubscribe('net.client.socket', onSocket);
  const pieces: Buffer[] = [];
  body.on('data', (piece) => pieces.push(piece));
  // As if Node's parser did not copy.
  const mark = read!.subarray(0, 4);
  expect(String(mark)).toBe('HTTP');
  body.push(mark);
  read!.fill('x');
  await settle();
  expect(Buffer.concat(pieces).toString()).toContain('HTTP');
  connection.destroy();
});
