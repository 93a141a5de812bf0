import type { ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { KubeClient, type KubeConfigLike } from '../../../src/transport/index.ts';
import { Rest } from '../../../src/transport/rest.ts';
import { configFor, serve } from './server.ts';
import { serveTls, tlsConfig } from './tls-server.ts';

/** So many turns of the event loop are enough for what is written here to be read there. */
const turns = 50;

// Sockets and servers have timers of their own kind.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** An answer that goes on for as long as the test writes to it, and a client. */
interface Stage extends AsyncDisposable {
  readonly client: KubeClient;
  /** Of the answers, in the order of the requests. */
  readonly answers: Pick<ServerResponse, 'write' | 'end'>[];
}

async function stage(protocol: 'plain' | 'http/1.1' | 'h2', clock?: FakeClock): Promise<Stage> {
  const answers: Stage['answers'] = [];
  const respond = (answer: unknown) => {
    const written = answer as ServerResponse;
    written.write('first');
    answers.push(written);
  };
  const server =
    protocol === 'plain'
      ? await serve((_request, response) => respond(response))
      : await serveTls((_request, response) => respond(response), protocol === 'h2' ? {} : { protocol });
  const config: KubeConfigLike = 'authority' in server ? tlsConfig(server) : configFor(server.url);
  const client = new KubeClient(config, clock && { clock });
  return {
    client,
    answers,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A body, and what was taken of it so far. */
async function reading(client: KubeClient) {
  const { body } = await client.request({ path: '/' });
  const state = { taken: '', ended: false };
  const take = () => {
    for (let piece = body.take(); piece; piece = body.take()) state.taken += String(piece);
  };
  const more = async (haste?: 'patient') => {
    state.ended = !(await body.more(haste));
    take();
  };
  while (state.taken !== 'first') await more();
  return { state, more };
}

describe.each(['plain', 'http/1.1', 'h2'] as const)('a connection that rests (%s)', (protocol) => {
  test('reads nothing for some milliseconds, then all that has come', async () => {
    await using s = await stage(protocol);
    // The first connection comes from the negotiation of the protocol, the second does not.
    for (const index of [0, 1]) {
      const { state, more } = await reading(s.client);
      const waiting = more('patient');
      for (const text of [' second', ' third']) {
        s.answers[index]!.write(text);
        await settle(turns);
      }
      expect(state.taken).toBe('first');
      // Those of one connection get longer.
      vi.advanceTimersByTime(protocol === 'h2' && index === 1 ? 19 : 9);
      await settle(turns);
      expect(state.taken).toBe('first');
      vi.advanceTimersByTime(1);
      await waiting;
      expect(state.taken).toBe('first second third');
      // It is read at once again when nobody is patient.
      const soon = more();
      s.answers[index]!.write(' last');
      await soon;
      expect(state.taken).toBe('first second third last');
    }
  });

  test('notices afterwards that the answer has come to its end, and takes further requests', async () => {
    await using s = await stage(protocol);
    for (const index of [0, 1]) {
      const { state, more } = await reading(s.client);
      const waiting = more('patient');
      s.answers[index]!.end(' end');
      await settle(turns);
      vi.advanceTimersByTime(20);
      await waiting;
      while (!state.ended) await more();
      expect(state.taken).toBe('first end');
    }
  });

  test('may be closed meanwhile', async () => {
    await using s = await stage(protocol);
    const { more } = await reading(s.client);
    const waiting = more('patient');
    await s.client.close();
    await expect(waiting).rejects.toThrow();
    vi.advanceTimersByTime(20);
  });
});

describe('a rest', () => {
  /** How long each is, after so many bytes. */
  function lengths(bytes: readonly number[]): number[] {
    const socket = new Duplex({ read: () => undefined, write: () => undefined });
    const rest = new Rest(socket);
    return bytes.map((read) => {
      rest.begin(read);
      let length = 0;
      for (; socket.isPaused(); length++) vi.advanceTimersByTime(1);
      return length;
    });
  }
  const KiB = 1024;

  test('is longer from one to the next where little comes, up to 20 milliseconds', () => {
    expect(lengths([100, 100, 20 * KiB, 0, 63 * KiB])).toEqual([10, 20, 20, 20, 20]);
  });

  test('is none where a reader gets plenty at a time', () => {
    expect(lengths([64 * KiB, 500 * KiB, 64 * KiB])).toEqual([0, 0, 0]);
  });

  test('is as long as a megabyte takes to come', () => {
    // What comes without a rest counts as well.
    expect(lengths([512 * KiB, 0, 1_024 * KiB, 0, 768 * KiB, 512 * KiB, 0])).toEqual([0, 10, 0, 10, 0, 0, 8]);
  });

  test('is none where that takes no time, until less comes', () => {
    const plenty = [0, 8_000 * KiB];
    const fast = lengths(Array.from({ length: 5 }, () => plenty).flat());
    expect(fast.filter((_, at) => at % 2 === 0)).toEqual([10, 5, 2, 1, 0]);
    expect(lengths([...Array.from({ length: 8 }, () => plenty).flat(), 0, 0, 0]).slice(-3)).toEqual([0, 1, 2]);
  });

  test('is not begun anew while it lasts', () => {
    const socket = new Duplex({ read: () => undefined, write: () => undefined });
    const rest = new Rest(socket);
    rest.begin(0);
    vi.advanceTimersByTime(9);
    rest.begin(0);
    expect(socket.isPaused()).toBe(true);
    vi.advanceTimersByTime(1);
    expect(socket.isPaused()).toBe(false);
  });
});

test('two patient readers of one session have it rest once, and both go on', async () => {
  await using s = await stage('h2');
  const readers = [await reading(s.client), await reading(s.client)];
  const before = vi.getTimerCount();
  const waiting = readers.map(({ more }) => more('patient'));
  expect(vi.getTimerCount() - before).toBe(1);
  for (const answer of s.answers) answer.write(' second');
  await settle(turns);
  vi.advanceTimersByTime(20);
  await Promise.all(waiting);
  expect(readers.map(({ state }) => state.taken)).toEqual(['first second', 'first second']);
  const { more, state } = readers[0]!;
  const soon = more();
  s.answers[0]!.write(' third');
  await soon;
  expect(state.taken).toBe('first second third');
});

test('a patient reader whose clock stands still gets what comes', async () => {
  vi.useRealTimers();
  await using s = await stage('h2', new FakeClock());
  const { more, state } = await reading(s.client);
  const waiting = more('patient');
  s.answers[0]!.write(' second');
  await waiting;
  expect(state.taken).toBe('first second');
});
