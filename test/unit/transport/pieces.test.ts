import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { settle } from '../../../src/testing/index.ts';
import { type Haste, Pieces } from '../../../src/transport/pieces.ts';

const KiB = 1024;

const neverRests = () => undefined;

/** A stream that the test pushes into. */
function tap(): Readable {
  return new Readable({ read: () => undefined });
}

/** Whoever waits for the next piece. */
async function next(pieces: Pieces): Promise<Buffer | undefined> {
  return pieces.take() ?? ((await pieces.more()) ? pieces.take() : undefined);
}

/** What comes until the end, as text; `!` and the message if the stream breaks. */
async function all(pieces: Pieces): Promise<string> {
  let text = '';
  try {
    for (let piece = await next(pieces); piece; piece = await next(pieces)) text += String(piece);
  } catch (thrown) {
    text += `!${(thrown as Error).message}`;
  }
  return text;
}

/** How many listen to the stream, but for its errors. */
function listeners(stream: Readable): number {
  return ['data', 'end', 'close', 'readable'].reduce((sum, name) => sum + stream.listenerCount(name), 0);
}

describe('pieces of a stream', () => {
  test('are those that came, in order and uncopied, whether somebody waits for them or they for him; then comes the end', async () => {
    const stream = tap();
    const pieces = new Pieces(stream, neverRests);
    const sent = ['a', 'b', 'c', 'd'].map((text) => Buffer.from(text));
    const first = next(pieces);
    for (const piece of sent) stream.push(piece);
    stream.push(null);
    const got = [await first];
    await settle();
    got.push(pieces.take(), pieces.take(), await next(pieces));
    expect(got.map((piece, index) => piece === sent[index])).toEqual([true, true, true, true]);
    expect(pieces.take()).toBeUndefined();
    expect(await pieces.more()).toBe(false);
    expect(await pieces.more()).toBe(false);
    expect(listeners(stream)).toBe(0);
  });

  test('that nobody takes are a few hundred KiB at most, then the stream is paused; it goes on when the last is taken', async () => {
    let made = 0;
    const stream = new Readable({
      read() {
        this.push(made++ < 100 ? Buffer.alloc(64 * KiB) : null);
      },
    });
    const pieces = new Pieces(stream, neverRests);
    await settle(100);
    expect([made <= 8, stream.isPaused()]).toEqual([true, true]);
    const before = made;
    let taken = 0;
    while (taken < 3 && pieces.take()) taken++;
    await settle(20);
    expect(made).toBe(before);
    while (pieces.take()) taken++;
    expect(taken).toBe(4);
    await settle(100);
    expect(made).toBe(before + taken);
    expect(stream.isPaused()).toBe(true);
    pieces.close();
    stream.destroy();
  });

  test('wake their reader once for many small ones, when all are here, and at once for 64 KiB', async () => {
    const stream = tap();
    const pieces = new Pieces(stream, neverRests);
    await settle();
    const woken: string[] = [];
    const wait = () => pieces.more().then((isMore) => woken.push(String(isMore)));
    void wait();
    stream.push('a');
    await new Promise((resolve) => process.nextTick(resolve));
    stream.push('b');
    await Promise.resolve();
    expect(woken).toEqual([]);
    await settle();
    expect([woken, String(pieces.take()), String(pieces.take()), pieces.take()]).toEqual([
      ['true'],
      'a',
      'b',
      undefined,
    ]);
    void wait();
    stream.push('c');
    stream.push('x'.repeat(64 * KiB));
    await Promise.resolve();
    expect(woken).toEqual(['true', 'true']);
    await settle();
    expect(woken).toEqual(['true', 'true']);
    stream.destroy();
  });

  test('say before a patient reader waits again how much has come since he last did', async () => {
    const told: number[] = [];
    const stream = tap();
    const pieces = new Pieces(stream, (read) => {
      told.push(read);
    });
    const round = async (bytes: number, haste?: Haste) => {
      const more = pieces.more(haste);
      if (bytes === 0) stream.push(null);
      else stream.push(Buffer.alloc(bytes));
      const isMore = await more;
      while (pieces.take());
      return isMore;
    };
    await round(100);
    await round(200);
    expect(told).toEqual([]);
    await round(64 * KiB, 'patient');
    expect(told).toEqual([200]);
    await round(300, 'patient');
    await round(400);
    expect(told).toEqual([200, 64 * KiB]);
    expect(await round(0, 'patient')).toBe(false);
    expect(await pieces.more('patient')).toBe(false);
    expect(told).toEqual([200, 64 * KiB, 400]);

    const other = new Pieces(tap(), neverRests);
    const closed = other.more('patient');
    other.close();
    expect(await closed).toBe(false);
  });

  test('that came before the stream broke are given before its error', async () => {
    const stream = tap();
    const pieces = new Pieces(stream, neverRests);
    stream.push('ab');
    stream.push('cd');
    await settle();
    stream.destroy(new Error('broken'));
    await settle();
    expect(await all(pieces)).toBe('abcd!broken');
    expect(await all(pieces)).toBe('!broken');
    expect(listeners(stream)).toBe(0);
  });

  test('of a stream that ends or breaks while it is paused are all given', async () => {
    for (const [error, end] of [
      [undefined, ''],
      [new Error('broken'), '!broken'],
    ] as const) {
      const stream = tap();
      const pieces = new Pieces(stream, neverRests);
      stream.push('x'.repeat(256 * KiB));
      await settle();
      expect(stream.isPaused()).toBe(true);
      if (error) stream.destroy(error);
      else stream.push(null);
      await settle();
      expect(await all(pieces)).toBe('x'.repeat(256 * KiB) + end);
    }
  });

  test('of a stream that is closed without an end are followed by an error, waited for or not', async () => {
    const waited = tap();
    const waiting = all(new Pieces(waited, neverRests));
    waited.push('a');
    await settle();
    waited.destroy();
    expect(await waiting).toMatch(/^a!the connection was closed before/);

    const left = tap();
    const pieces = new Pieces(left, neverRests);
    left.destroy();
    await once(left, 'close');
    expect(await all(pieces)).toMatch(/^!the connection was closed before/);
    await expect(pieces.more()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('have ended at the end, whatever the stream says after it', async () => {
    const stream = new Readable({ read: () => undefined, autoDestroy: false });
    const pieces = new Pieces(stream, neverRests);
    stream.push('a');
    stream.push(null);
    await settle();
    stream.emit('error', new Error('too late'));
    stream.destroy(new Error('later still'));
    await settle();
    expect(await all(pieces)).toBe('a');
  });

  test('of a stream that ended, failed or was closed before anybody listened are none', async () => {
    const ended = Readable.from([]);
    ended.resume();
    await once(ended, 'close');
    expect(await all(new Pieces(ended, neverRests))).toBe('');

    const failed = tap().on('error', () => undefined);
    failed.destroy(new Error('broken'));
    expect(await all(new Pieces(failed, neverRests))).toBe('!broken');
    await settle();

    const closed = tap();
    closed.destroy();
    await once(closed, 'close');
    expect(await all(new Pieces(closed, neverRests))).toMatch(/^!the connection was closed/);
  });

  test('are no more after close: whoever waits is told, nothing is kept, and later failures are nobody’s concern', async () => {
    const stream = tap();
    const pieces = new Pieces(stream, neverRests);
    const waiting = next(pieces);
    pieces.close();
    pieces.close();
    expect(await waiting).toBeUndefined();
    expect(listeners(stream)).toBe(0);
    stream.push('late');
    await settle();
    stream.destroy(new Error('broken'));
    await settle();
    expect([pieces.take(), await pieces.more()]).toEqual([undefined, false]);

    const full = tap();
    const kept = new Pieces(full, neverRests);
    full.push('a');
    await settle();
    kept.close();
    expect([kept.take(), await kept.more()]).toEqual([undefined, false]);

    const broken = tap();
    const late = new Pieces(broken, neverRests);
    broken.destroy(new Error('broken'));
    await settle();
    late.close();
    expect(await late.more()).toBe(false);
  });
});
