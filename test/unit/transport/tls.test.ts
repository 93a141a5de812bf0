import type { Http2ServerResponse } from 'node:http2';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';
import { KubeClient } from '../../../src/transport/index.ts';
import { certificate, relay, serveTls, tlsConfig } from './tls-server.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const json = { 'content-type': 'application/json' };
const event = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { kind: 'Pod', metadata: { name } } })}\n`;
const never = new AbortController().signal;

/** Waits for something that happens on the other side of a socket. */
async function eventually(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 20_000) throw new Error('it did not happen');
    await turn();
  }
}

describe('over TLS', () => {
  test('many requests share one HTTP/2 connection', async () => {
    await using server = await serveTls((request, response) => {
      response.writeHead(200, json);
      response.end(JSON.stringify({ path: request.url }));
    });
    await using client = new KubeClient(tlsConfig(server));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => client.json<{ path: string }>({ path: `/api/${index}` })),
    );
    expect(answers.map(({ path }) => path)).toEqual(Array.from({ length: 50 }, (_, index) => `/api/${index}`));
    expect(server.clients).toHaveLength(1);
    expect(new Set(server.requests.map((line) => line.split(' ')[0]))).toEqual(new Set(['2.0']));
  });

  test('HTTP/1.1 is spoken where the server does not offer HTTP/2, over kept connections', async () => {
    await using server = await serveTls(
      (_request, response) => {
        response.writeHead(200, json);
        response.end('{}');
      },
      { protocol: 'http/1.1' },
    );
    await using client = new KubeClient(tlsConfig(server));
    for (let index = 0; index < 5; index++) await client.json({ path: '/version' });
    expect(server.requests).toEqual(Array.from({ length: 5 }, () => '1.1 GET /version'));
    expect(server.clients).toHaveLength(1);
  });

  test('http2: never keeps to HTTP/1.1', async () => {
    await using server = await serveTls((_request, response) => response.end('{}'));
    await using client = new KubeClient(tlsConfig(server), { http2: 'never' });
    await client.json({ path: '/version' });
    expect(server.requests).toEqual(['1.1 GET /version']);
  });

  test('a further session is opened when all streams of the first are taken', async () => {
    await using server = await serveTls(
      (_request, response) => {
        response.writeHead(200, json);
        response.write(event('a'));
      },
      { maxConcurrentStreams: 2 },
    );
    await using client = new KubeClient(tlsConfig(server));
    const resource = client.resource<KubeObject>(pods);
    const streams = [];
    for (let index = 0; index < 5; index++) streams.push(await resource.watch({}, never));
    expect(server.clients).toHaveLength(3);
    for (const stream of streams) {
      for await (const [first] of stream) {
        expect(first).toMatchObject({ type: 'ADDED' });
        break;
      }
    }
  });

  test('after a GOAWAY new requests take a new session, and the streams of the old one go on', async () => {
    const waiting: (() => void)[] = [];
    await using server = await serveTls((request, response) => {
      response.writeHead(200, json);
      if (!request.url.includes('watch')) return response.end('{}');
      response.write(event('a'));
      waiting.push(() => response.end(event('b')));
    });
    await using client = new KubeClient(tlsConfig(server));
    const stream = await client.resource<KubeObject>(pods).watch({}, never);
    const [session] = server.sessions;
    session!.goaway(0);
    await eventually(() => server.requests.length === 1);
    // The frame is under way; a request sent before it arrives would still be on the old session.
    await turn();
    for (let tries = 0; server.clients.length === 1 && tries < 50; tries++) await client.json({ path: '/version' });
    expect(server.clients).toHaveLength(2);
    waiting[0]!();
    const names: string[] = [];
    for await (const batch of stream) for (const { object } of batch) names.push((object as KubeObject).metadata.name);
    expect(names).toEqual(['a', 'b']);
  });

  for (const [name, protocol] of [
    ['h2', {}],
    ['http/1.1', { protocol: 'http/1.1' }],
  ] as const) {
    describe(name, () => {
      test('a server that dies ends a watch like any other end', async () => {
        await using server = await serveTls(
          (_request, response) => {
            response.writeHead(200, json);
            response.write(`${event('a')}{"type":"ADDED","obj`);
          },
          { ...protocol },
        );
        await using client = new KubeClient(tlsConfig(server));
        const stream = await client.resource<KubeObject>(pods).watch({}, never);
        const types: string[] = [];
        for await (const batch of stream) {
          for (const { type } of batch) types.push(type);
          for (const socket of server.sockets) socket.destroy();
        }
        expect(types).toEqual(['ADDED']);
      });

      test('a server that dies in the middle of a list is a failed connection', async () => {
        await using server = await serveTls(
          (_request, response) => {
            response.writeHead(200, json);
            response.write('{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]');
            setImmediate(() => {
              for (const socket of server.sockets) socket.destroy();
            });
          },
          { ...protocol },
        );
        await using client = new KubeClient(tlsConfig(server));
        await expect(client.resource<KubeObject>(pods).list({}, never)).rejects.toMatchObject({
          code: 'ConnectionFailed',
        });
      });

      test('a server that dies before it answers is a failed connection', async () => {
        await using server = await serveTls(
          () => {
            for (const socket of server.sockets) socket.destroy();
          },
          { ...protocol },
        );
        await using client = new KubeClient(tlsConfig(server));
        await expect(client.json({ path: '/version' })).rejects.toMatchObject({ code: 'ConnectionFailed' });
      });

      test('an abort rejects with its reason, before and after the answer, and the server sees the exchange end', async () => {
        let closed = 0;
        await using server = await serveTls(
          (request, response) => {
            response.on('close', () => closed++);
            if (request.url.includes('silent')) return;
            response.writeHead(200, json);
            response.write(event('a'));
          },
          { ...protocol },
        );
        await using client = new KubeClient(tlsConfig(server));
        const before = new AbortController();
        const request = client.json({ path: '/silent', signal: before.signal });
        await eventually(() => server.requests.length === 1);
        before.abort(new Error('enough'));
        await expect(request).rejects.toThrow('enough');
        const after = new AbortController();
        const stream = await client.resource<KubeObject>(pods).watch({}, after.signal);
        await expect(async () => {
          for await (const _batch of stream) after.abort(new Error('enough of this'));
        }).rejects.toThrow('enough of this');
        await eventually(() => closed === 2);
      });

      test('leaving the loop, or close, ends the exchange', async () => {
        let closed = 0;
        await using server = await serveTls(
          (_request, response) => {
            response.on('close', () => closed++);
            response.writeHead(200, json);
            response.write(event('a'));
          },
          { ...protocol },
        );
        await using client = new KubeClient(tlsConfig(server));
        const resource = client.resource<KubeObject>(pods);
        for await (const _batch of await resource.watch({}, never)) break;
        await eventually(() => closed === 1);
        const stream = await resource.watch({}, never);
        let batches = 0;
        for await (const _batch of stream) {
          batches++;
          setImmediate(() => stream.close());
        }
        expect(batches).toBe(1);
        await eventually(() => closed === 2);
      });

      test('a rotated client certificate opens a new connection, and the old one closes when its streams have ended', async () => {
        const [first, second] = [await certificate('first'), await certificate('second')];
        let end = () => {};
        await using server = await serveTls(
          (request, response) => {
            response.writeHead(200, json);
            if (!request.url.includes('watch')) return response.end('{}');
            response.write(event('a'));
            end = () => response.end();
          },
          { ...protocol, clientAuthority: `${first.cert}\n${second.cert}` },
        );
        const more = { client: first };
        await using client = new KubeClient(tlsConfig(server, more));
        const stream = await client.resource<KubeObject>(pods).watch({}, never);
        more.client = second;
        await client.json({ path: '/version' });
        await client.json({ path: '/version' });
        expect(server.clients).toEqual(['first', 'second']);
        expect(server.sockets.size).toBe(2);
        end();
        for await (const _batch of stream) {
          // To the end.
        }
        await eventually(() => server.sockets.size === 1);
      });

      test('close leaves no connection and no timer', async () => {
        await using server = await serveTls((_request, response) => response.writeHead(200, json).write(event('a')), {
          ...protocol,
        });
        const clock = new FakeClock();
        const client = new KubeClient(tlsConfig(server), { clock });
        const stream = await client.resource<KubeObject>(pods).watch({}, never);
        await client.close();
        for await (const _batch of stream) {
          // What had arrived before.
        }
        await eventually(() => server.sockets.size === 0);
        expect(clock.pendingTimers).toBe(0);
        await expect(client.json({ path: '/version' })).rejects.toMatchObject({ code: 'AlreadyStopped' });
      });
    });
  }

  test('a server that is silent for 30 s and does not answer a ping within 15 s more is dead', async () => {
    await using server = await serveTls((_request, response) => {
      response.writeHead(200, json);
      response.write(event('a'));
    });
    const clock = new FakeClock();
    await using network = await relay(server.port);
    await using client = new KubeClient(tlsConfig({ ...server, url: network.url }), { clock });
    const stream = await client.resource<KubeObject>(pods).watch({}, never);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const ended = iterator.next();
    // A living server: the ping is answered, and the watch goes on.
    await clock.advance(30_000);
    await eventually(() => clock.nextTimerIn === 30_000);
    network.freeze();
    for (let seconds = 0; seconds < 120 && clock.pendingTimers > 0; seconds++) await clock.advance(1000);
    expect((await ended).done).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  describe('a session from which nothing came while a request was given up', () => {
    const answering = (request: { url: string }, response: Http2ServerResponse) => {
      if (request.url.includes('slow')) return;
      response.writeHead(200, json);
      if (request.url.includes('watch')) response.write(event('a'));
      else response.end('{}');
    };
    /** A request that is given up after `milliseconds`. */
    async function giveUp(client: KubeClient, clock: FakeClock, milliseconds: number, meanwhile = async () => {}) {
      const controller = new AbortController();
      const request = client.json({ path: '/slow', signal: controller.signal });
      const outcome = request.catch((thrown: unknown) => thrown);
      await turn();
      await meanwhile();
      await clock.advance(milliseconds);
      controller.abort(new Error('enough'));
      await outcome;
    }

    test('for a second gets no further requests', async () => {
      await using server = await serveTls(answering);
      const clock = new FakeClock();
      await using network = await relay(server.port);
      await using client = new KubeClient(tlsConfig({ ...server, url: network.url }), { clock });
      await client.json({ path: '/version' });
      network.freeze();
      await giveUp(client, clock, 1_000);
      await client.json({ path: '/version' });
      expect(server.clients).toHaveLength(2);
      await client.close();
      await eventually(() => clock.pendingTimers === 0);
    });

    test('for less than a second is not doubted', async () => {
      await using server = await serveTls(answering);
      const clock = new FakeClock();
      await using client = new KubeClient(tlsConfig(server), { clock });
      await client.json({ path: '/version' });
      await giveUp(client, clock, 999);
      await client.json({ path: '/version' });
      expect(server.clients).toHaveLength(1);
    });

    test('is not doubted if something came for another request', async () => {
      await using server = await serveTls(answering);
      const clock = new FakeClock();
      await using client = new KubeClient(tlsConfig(server), { clock });
      await client.json({ path: '/version' });
      await giveUp(client, clock, 5_000, async () => void (await client.json({ path: '/version' })));
      await client.json({ path: '/version' });
      expect(server.clients).toHaveLength(1);
    });

    test('keeps the streams that it has until they end', async () => {
      await using server = await serveTls(answering);
      const clock = new FakeClock();
      await using network = await relay(server.port);
      await using client = new KubeClient(tlsConfig({ ...server, url: network.url }), { clock });
      const stream = await client.resource<KubeObject>(pods).watch({}, never);
      const batches = stream[Symbol.asyncIterator]();
      await batches.next();
      network.freeze();
      await giveUp(client, clock, 1_000);
      let ended = false;
      const end = batches.next().then(() => {
        ended = true;
      });
      await client.json({ path: '/version' });
      expect([server.clients.length, ended]).toEqual([2, false]);
      stream.close();
      await end;
    });
  });

  test('an unknown authority is a failed connection with a hint about certificates', async () => {
    await using server = await serveTls((_request, response) => response.end('{}'));
    const other = await certificate('other');
    await using client = new KubeClient(tlsConfig({ url: server.url, authority: other.cert }));
    await expect(client.json({ path: '/version' })).rejects.toMatchObject({
      code: 'ConnectionFailed',
      hint: expect.stringContaining('certificate-authority'),
    });
  });
});
