import { createServer } from 'node:http';
import { createServer as createHttpsServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import {
  createEventReceiver,
  type EventReceiverOptions,
  type ReceivedEvent,
} from '../../../../src/watcher/receiver/index.ts';
import { certificate } from '../../transport/tls-server.ts';
import { eventBody, secret, signed } from './senders.ts';

function world(options: Partial<EventReceiverOptions> = {}) {
  const clock = new FakeClock();
  const events: ReceivedEvent<unknown>[] = [];
  const errors: string[] = [];
  const receiver = createEventReceiver({
    secrets: [secret],
    onEvent: (event) => void events.push(event),
    onError: ({ code, message }) => errors.push(`${code}: ${message}`),
    clock,
    ...options,
  } as EventReceiverOptions);
  const status = async (request: Request) => (await receiver.fetch(request)).status;
  return { clock, events, errors, receiver, status, ids: () => events.map(({ id }) => id) };
}

describe('a receiver', () => {
  test('S000-08: passes an event on once, although it is sent twice, and answers 200 both times', async () => {
    const { clock, status, events } = world();
    expect(await status(signed(clock))).toBe(200);
    expect(await status(signed(clock))).toBe(200);
    expect(events).toMatchObject([{ id: 'e1', type: 'ADDED', object: { metadata: { name: 'a' } }, attributes: {} }]);
  });

  test('passes on once what is sent again while it is being handled; both are answered when it is', async () => {
    const done = Promise.withResolvers<void>();
    let calls = 0;
    const { clock, status } = world({
      onEvent: () => {
        calls++;
        return done.promise;
      },
    });
    const answers: number[] = [];
    for (const answer of [status(signed(clock)), status(signed(clock))]) void answer.then((one) => answers.push(one));
    await settle();
    expect(answers).toEqual([]);
    done.resolve();
    await settle();
    expect([calls, answers]).toEqual([1, [200, 200]]);
  });

  const type = (contentType: string) => ({ headers: { 'content-type': contentType } });
  test.each([
    ['another method', { method: 'GET' }, 405],
    ['another content type', type('text/plain'), 415],
    ['another content type that begins alike', type('application/jsonp'), 415],
    ['a body that is packed', { headers: { 'content-encoding': 'gzip' } }, 415],
    ['a body that is too long', { body: JSON.stringify('x'.repeat(2 * 1_048_576)) }, 413],
    ['another secret', { secret: Buffer.from('another key of 24 bytes.').toString('base64') }, 401],
    ['a time long ago', { age: 301 }, 401],
    ['a time to come', { age: -301 }, 401],
    ['a time that is none', { headers: { 'webhook-timestamp': 'now' } }, 401],
    ['the id of another', { headers: { 'webhook-id': 'e2' } }, 401],
    ['no signature', { headers: { 'webhook-signature': '' } }, 401],
    ['a signature of another version', { headers: { 'webhook-signature': 'v1a,AAAA' } }, 401],
    ['no JSON', { body: '{' }, 400],
    ['no object', { body: '[1]' }, 400],
    ['no event', { body: '{}' }, 400],
    ['a batch that is no list', { body: '{}', ...type('application/cloudevents-batch+json') }, 400],
    ['a time within the bounds', { age: 300 }, 200],
    ['PUT', { method: 'PUT' }, 200],
    ['JSON with parameters', type('application/json; charset=utf-8'), 200],
  ])('answers %s as fits', async (_, sent, expected) => {
    const { clock, status, events } = world();
    expect(await status(signed(clock, sent))).toBe(expected);
    expect(events).toHaveLength(expected === 200 ? 1 : 0);
  });

  test('knows several secrets while one replaces another', async () => {
    const old = Buffer.from('the old key, with 24 byte').toString('base64');
    const { clock, status } = world({ secrets: [secret, old] } as Partial<EventReceiverOptions>);
    expect(await status(signed(clock, { id: '1' }))).toBe(200);
    expect(await status(signed(clock, { id: '2', secret: old }))).toBe(200);
  });

  test('reads CloudEvents from bodies, from headers and from batches', async () => {
    const { clock, status, events } = world();
    const attributes = { specversion: '1.0', id: 'c', type: 't', source: 's', subject: '/pods/a' };
    const data = JSON.parse(eventBody());
    const structured = JSON.stringify({ ...attributes, data });
    const cloud = 'application/cloudevents+json; charset=utf-8';
    expect(await status(signed(clock, { id: 'c', body: structured, ...type(cloud) }))).toBe(200);
    const headers = { 'ce-id': 'b', 'ce-subject': '/pods/%C3%A4', 'ce-broken': '%' };
    expect(await status(signed(clock, { id: 'b', headers }))).toBe(200);
    const batch = JSON.stringify([
      { ...attributes, id: 'x', data },
      { ...attributes, id: 'y', type: 'other' },
    ]);
    expect(await status(signed(clock, { id: 'all', body: batch, ...type('application/cloudevents-batch+json') }))).toBe(
      200,
    );
    expect(events).toMatchObject([
      { id: 'c', type: 'ADDED', attributes },
      { id: 'b', type: 'ADDED', attributes: { id: 'b', subject: '/pods/ä', broken: '%' } },
      { id: 'x', type: 'ADDED' },
      { id: 'y', type: 'other', data: {} },
    ]);
  });

  test('handles events of one object in their order, and no more than it may at a time', async () => {
    const running = new Map<string, () => void>();
    const order: string[] = [];
    const overlaps: string[] = [];
    let most = 0;
    const { clock, status } = world({
      concurrency: 2,
      onEvent: ({ id }) =>
        new Promise<void>((resolve) => {
          order.push(id);
          if ([...running.keys()].some((other) => other[0] === id[0])) overlaps.push(id);
          running.set(id, () => {
            running.delete(id);
            resolve();
          });
          most = Math.max(most, running.size);
        }),
    });
    const answers = ['a 1', 'a 2', 'b 1', 'c 1', 'a 3'].map((id) =>
      status(signed(clock, { id, body: eventBody(id.split(' ')[0]) })),
    );
    while (order.length < 5 || running.size > 0) {
      await settle();
      [...running.values()].at(-1)?.();
    }
    expect(await Promise.all(answers)).toEqual([200, 200, 200, 200, 200]);
    expect(most).toBe(2);
    expect(overlaps).toEqual([]);
    expect(order.filter((id) => id.startsWith('a'))).toEqual(['a 1', 'a 2', 'a 3']);
  });

  test('asks senders to come again when too much is waiting, and takes the same event later', async () => {
    const done = Promise.withResolvers<void>();
    const { clock, status, receiver } = world({ maxPending: 2, onEvent: () => done.promise });
    const first = [status(signed(clock, { id: '1' })), status(signed(clock, { id: '2' }))];
    await settle();
    expect(receiver.pending).toBe(2);
    const full = await receiver.fetch(signed(clock, { id: '3' }));
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '1']);
    done.resolve();
    expect(await Promise.all(first)).toEqual([200, 200]);
    expect(await status(signed(clock, { id: '3' }))).toBe(200);
  });

  test('has the sender try again what could not be handled, and says so', async () => {
    let calls = 0;
    const { clock, status, errors } = world({
      onEvent: () => {
        if (++calls === 1) throw new Error('no room');
      },
    });
    expect(await status(signed(clock))).toBe(500);
    expect(errors).toEqual(['HandlerFailed: the event e1 was not handled: no room']);
    expect(await status(signed(clock))).toBe(200);
    expect(calls).toBe(2);
  });

  test('remembers no more ids than it may, the last ones', async () => {
    const { clock, status, ids } = world({ rememberIds: 2 });
    for (const id of ['1', '2', '3', '3', '2', '1']) expect(await status(signed(clock, { id }))).toBe(200);
    expect(ids()).toEqual(['1', '2', '3', '1']);
  });

  test('remembers long ids in little memory: their senders say how long they are', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    let calls = 0;
    const { clock, status, receiver } = world({ onEvent: () => void calls++ });
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const send = (number: number) => {
      const ids = Array.from({ length: 20 }, (_, at) => `${number} ${at} `.repeat(2_000));
      const batch = ids.map((id) => ({ specversion: '1.0', id, type: 'ADDED' }));
      return status(signed(clock, { id: `${number}`, body: JSON.stringify(batch), headers }));
    };
    await send(0);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let number = 1; number <= 100; number++) expect(await send(number)).toBe(200);
    collect();
    // The ids are about 25 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8e6);
    expect(calls).toBe(2_020);
    await send(7);
    expect(calls).toBe(2_020);
    await receiver.close();
  });

  test('that is closed waits for what is under way, and takes no more', async () => {
    let aborted = false;
    const { clock, status, receiver } = world({
      onEvent: (_, signal) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve();
          });
        }),
    });
    const answer = status(signed(clock));
    await settle();
    await receiver.close();
    expect([aborted, await answer, receiver.pending]).toEqual([true, 200, 0]);
    expect(await status(signed(clock, { id: '2' }))).toBe(503);
  });

  test('that anybody may send to must say so, and needs ids in events', async () => {
    const clock = new FakeClock();
    const onEvent = () => {};
    const wrong = expect.objectContaining({ code: 'InvalidOption' });
    expect(() => createEventReceiver({ secrets: [], onEvent })).toThrowError(wrong);
    expect(() => createEventReceiver({ secret: 'short', onEvent })).toThrowError(wrong);
    const receiver = createEventReceiver({ unsigned: true, onEvent, clock });
    const post = async (headers: Record<string, string>) => {
      const all = { 'content-type': 'application/json', ...headers };
      return (await receiver.fetch(new Request('http://h/', { method: 'POST', headers: all, body: eventBody() })))
        .status;
    };
    expect(await post({ 'ce-id': '1' })).toBe(200);
    expect(await post({})).toBe(400);
  });
});

describe('the listener for node:http', () => {
  test('answers as fetch does, also what it does not read to its end', async () => {
    const { clock, receiver, events } = world();
    const server = createServer(receiver.listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const send = async (request: Request) => {
      const body = request.method === 'GET' ? null : await request.text();
      return (await fetch(url, { method: request.method, headers: request.headers, body })).status;
    };
    const long = (bytes: number) => signed(clock, { id: 'long', body: JSON.stringify('x'.repeat(bytes)) });
    try {
      expect(await send(signed(clock))).toBe(200);
      expect(await send(signed(clock, { method: 'GET' }))).toBe(405);
      expect(await send(long(2 * 1_048_576))).toBe(413);
      expect(await send(signed(clock, { id: 'other' }))).toBe(200);
      expect(events.map(({ id }) => id)).toEqual(['e1', 'other']);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

test('an event says who sent it, by the certificate that the sender showed', async () => {
  const [own, client, stranger] = [await certificate(), await certificate('watcher-1'), await certificate('other')];
  const { clock, receiver, events } = world();
  const tls = { ...own, ca: client.cert, requestCert: true, rejectUnauthorized: false };
  const server = createHttpsServer(tls, receiver.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const send = (id: string, pair: object) =>
    new Promise<void>((resolve, reject) => {
      const { headers } = signed(clock, { id });
      const options = {
        method: 'POST',
        port,
        host: '127.0.0.1',
        ca: own.cert,
        ...pair,
        headers: Object.fromEntries(headers),
      };
      const sent = request({ ...options, agent: false }, (response) => response.resume().on('end', resolve));
      sent.on('error', reject).end(eventBody());
    });
  try {
    await send('1', client);
    await send('2', stranger);
    await send('3', {});
    expect(events.map(({ id, sender }) => [id, sender])).toEqual([
      ['1', 'watcher-1'],
      ['2', undefined],
      ['3', undefined],
    ]);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('the alarm for heartbeats', () => {
  const beat = (clock: FakeClock, id: string, source: string) => {
    const body = JSON.stringify({ specversion: '1.0', id, source, type: 'heartbeat', data: { type: 'HEARTBEAT' } });
    return signed(clock, { id, body });
  };

  test('tells once when the heartbeats of a subscription end, and again after they came back', async () => {
    const missed: unknown[] = [];
    const { clock, status, receiver, events } = world({
      heartbeat: {
        onMissed: ({ source, lastAt }) => missed.push([source, lastAt === undefined ? lastAt : lastAt - start]),
      },
    });
    const start = clock.now();
    for (let at = 1; at <= 5; at++) {
      await clock.advance(60_000);
      expect(await status(beat(clock, `a${at}`, 'a'))).toBe(200);
      if (at <= 2) await status(beat(clock, `b${at}`, 'b'));
    }
    expect(missed).toEqual([['b', 120_000]]);
    await status(beat(clock, 'b9', 'b'));
    await clock.advance(150_000);
    expect(missed.slice(1).sort()).toEqual([
      ['a', 300_000],
      ['b', 300_000],
    ]);
    await clock.advance(1_000_000);
    expect(missed).toHaveLength(3);
    expect(events.every(({ type }) => type === 'HEARTBEAT')).toBe(true);
    await receiver.close();
    expect(clock.pendingTimers).toBe(0);
  });

  test('goes on when whoever is told throws', async () => {
    const { clock, errors, receiver, status } = world({
      heartbeat: {
        onMissed: () => {
          throw new Error('the pager is broken');
        },
      },
    });
    await clock.advance(150_000);
    await status(beat(clock, 'a', 'a'));
    await clock.advance(150_000);
    expect(errors).toEqual(Array(2).fill('HandlerFailed: onMissed failed: the pager is broken'));
    await receiver.close();
  });

  test('tells when none ever came, and knows those of the format watch', async () => {
    const missed: unknown[] = [];
    const onMissed = ({ source, lastAt }: { source: unknown; lastAt: unknown }) => void missed.push([source, lastAt]);
    const silent = world({ heartbeat: { onMissed } });
    await silent.clock.advance(150_000);
    expect(missed).toEqual([[undefined, undefined]]);
    const annotations = { 'watcher.kube-informer.dev/event': 'HEARTBEAT' };
    const { clock, status } = world({ heartbeat: { onMissed, missedAfterSeconds: 10 } });
    const body = JSON.stringify({ type: 'BOOKMARK', object: { metadata: { annotations } } });
    await clock.advance(9_000);
    await status(signed(clock, { body }));
    const at = clock.now();
    await clock.advance(9_999);
    expect(missed).toHaveLength(1);
    await clock.advance(1);
    expect(missed[1]).toEqual([undefined, at]);
  });
});
