import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { AnswerGuard } from '../../../src/transport/answer-guard.ts';
import { LoopShare, Pace } from '../../../src/transport/pace.ts';
import { StreamedResponse } from '../../../src/transport/response.ts';

/** Time goes on by work alone. */
class WorkClock extends FakeClock {
  worked = 0;
  override monotonic(): number {
    return this.worked;
  }
}

/** Bodies with more pieces than time; each piece takes its reader a millisecond. Says how many were handed out in each turn of the loop. */
async function piecesPerTurn(bodies: number, turns: number): Promise<{ pieces: number[]; shares: number[] }> {
  const clock = new WorkClock();
  let turn: (() => void) | undefined;
  const loop = new LoopShare((callback) => {
    expect(turn, 'the next turn is asked for once').toBeUndefined();
    turn = callback;
  });
  const pieces = [0];
  const shares = Array.from({ length: bodies }, () => 0);
  let over = false;
  const read = async (body: number) => {
    const pace = new Pace(clock, loop);
    while (!over) {
      for (let wait = pace.wait(); wait; wait = pace.wait()) await wait;
      if (over) return;
      pace.handing();
      clock.worked++;
      pieces[pieces.length - 1]!++;
      shares[body]!++;
      pace.handed();
      // The next piece of a body comes a little later.
      await Promise.resolve();
    }
  };
  const readers = shares.map((_, body) => read(body));
  for (let count = 1; count < turns; count++) {
    await settle(5);
    pieces.push(0);
    const begin = turn!;
    turn = undefined;
    begin();
  }
  await settle(5);
  over = true;
  turn?.();
  await Promise.all(readers);
  return { pieces, shares };
}

test('one body is read for five milliseconds, then the loop gets its turn', async () => {
  const { pieces } = await piecesPerTurn(1, 4);
  expect(pieces).toEqual([5, 5, 5, 5]);
});

test('many bodies share these five milliseconds, and each gets on', async () => {
  const { pieces, shares } = await piecesPerTurn(20, 21);
  // Readers that began in time end their piece.
  expect(Math.max(...pieces.slice(1))).toBeLessThanOrEqual(6);
  expect(Math.min(...shares)).toBeGreaterThan(0);
});

describe('a body whose turn is used up by its first piece', () => {
  async function waiting(): Promise<{ response: StreamedResponse; stopper: AbortController; next: Promise<unknown> }> {
    const clock = new WorkClock();
    const stopper = new AbortController();
    const guard = new AnswerGuard({ clock, limit: 1_000, what: 'GET /', signal: stopper.signal });
    const answer = {
      status: 200,
      headers: {},
      httpVersion: '1.1' as const,
      body: Readable.from([Buffer.from('first'), Buffer.from('second')]),
      rest: () => undefined,
      isComplete: () => true,
      cancel: () => undefined,
    };
    const response = new StreamedResponse(answer, guard, 'GET /', clock);
    const pieces = response.body[Symbol.asyncIterator]();
    expect(String((await pieces.next()).value)).toBe('first');
    clock.worked += 6;
    return { response, stopper, next: pieces.next().then(({ value }) => value && String(value)) };
  }

  test('gives the next one in the next turn', async () => {
    const { next, response } = await waiting();
    let given = false;
    void next.then(() => {
      given = true;
    });
    await new Promise((resolve) => process.nextTick(resolve));
    expect(given).toBe(false);
    expect(await next).toBe('second');
    response.discard();
  });

  test('gives nothing more if it is ended meanwhile', async () => {
    const { next, response } = await waiting();
    response.discard();
    expect(await next).toBeUndefined();
  });

  test('throws if its signal is aborted meanwhile', async () => {
    const { next, stopper } = await waiting();
    stopper.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});

test('what a reader does with all that it could take counts, until it asks for more', async () => {
  const clock = new WorkClock();
  const guard = new AnswerGuard({ clock, limit: 1_000, what: 'GET /', signal: undefined });
  const body = new Readable({ read: () => undefined });
  const answer = {
    status: 200,
    headers: {},
    httpVersion: '1.1' as const,
    body,
    rest: () => undefined,
    isComplete: () => true,
    cancel: () => undefined,
  };
  const response = new StreamedResponse(answer, guard, 'GET /', clock);
  expect(response.body.take()).toBeUndefined();
  body.push('first');
  expect(await response.body.more()).toBe(true);
  expect([String(response.body.take()), response.body.take()]).toEqual(['first', undefined]);
  body.push('second');
  await settle();
  clock.worked += 6;
  let isTold = false;
  const told = response.body.more().then((isMore) => {
    isTold = true;
    return isMore;
  });
  await new Promise((resolve) => process.nextTick(resolve));
  expect(isTold).toBe(false);
  expect([await told, String(response.body.take())]).toEqual([true, 'second']);
  response.discard();
});
