import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelayingQueue, exponentialRateLimiter, RateLimitingQueue } from '../../../src/controller/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';

function setUp() {
  const clock = new FakeClock();
  return { clock, queue: new DelayingQueue({ clock }) };
}

/** Takes everything that can be got now. */
async function takeAll(queue: DelayingQueue): Promise<string[]> {
  const items: string[] = [];
  while (queue.length > 0) {
    const item = (await queue.get()) ?? expect.fail();
    items.push(item);
    queue.done(item);
  }
  return items;
}

describe('a delaying queue', () => {
  it('TestSimpleQueue: an item comes after its delay, and only once', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('foo', 50);
    expect(queue.waiting).toBe(1);
    await clock.advance(49);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(await takeAll(queue)).toEqual(['foo']);
    await clock.advance(20_000);
    expect(queue.length).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('TestDeduping: of two times the earlier holds, in either order, and there is no second delivery', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('foo', 50);
    queue.addAfter('foo', 70);
    expect(queue.waiting).toBe(1);
    await clock.advance(60);
    expect(await takeAll(queue)).toEqual(['foo']);
    await clock.advance(20);
    expect(queue.length).toBe(0);

    queue.addAfter('foo', 50);
    queue.addAfter('foo', 30);
    await clock.advance(40);
    expect(await takeAll(queue)).toEqual(['foo']);
    await clock.advance(20);
    expect(queue.length).toBe(0);
    expect(queue.waiting).toBe(0);
  });

  it('TestAddTwoFireEarly: the shorter delay comes first, and one added later fits in', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('foo', 1_000);
    queue.addAfter('bar', 50);
    await clock.advance(60);
    expect(await takeAll(queue)).toEqual(['bar']);
    queue.addAfter('baz', 2_000);
    await clock.advance(940);
    expect(await takeAll(queue)).toEqual(['foo']);
    await clock.advance(1_060);
    expect(await takeAll(queue)).toEqual(['baz']);
  });

  it('TestCopyShifting: items that come together come in the order of their times', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('foo', 1_000);
    queue.addAfter('bar', 500);
    queue.addAfter('baz', 300);
    await clock.advance(2_000);
    expect(await takeAll(queue)).toEqual(['baz', 'bar', 'foo']);
  });

  it('adds at once what has no delay', async () => {
    const { queue } = setUp();
    queue.addAfter('zero', 0);
    queue.addAfter('past', -5);
    expect(await takeAll(queue)).toEqual(['zero', 'past']);
  });

  it('lets an item wait although it is added and processed directly meanwhile', async () => {
    const { clock, queue } = setUp();
    queue.addAfter('foo', 100);
    queue.add('foo');
    expect(await takeAll(queue)).toEqual(['foo']);
    await clock.advance(100);
    expect(await takeAll(queue)).toEqual(['foo']);
  });

  it('waits longer than a timer of the platform can', async () => {
    const { clock, queue } = setUp();
    const month = 30 * 24 * 3_600_000;
    queue.addAfter('foo', month);
    expect(clock.nextTimerIn).toBeLessThan(2 ** 31);
    await clock.advance(month - 1);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
  });

  it.each(['shutDown', 'shutDownWithDrain'] as const)(
    'drops what waits at %s, takes nothing more, and leaves no timer',
    async (end) => {
      const { clock, queue } = setUp();
      queue.addAfter('foo', 50);
      await queue[end]();
      queue.addAfter('bar', 50);
      queue.addAfter('baz', 0);
      expect(clock.pendingTimers).toBe(0);
      expect(queue.waiting).toBe(0);
      await clock.advance(100);
      expect(await queue.get()).toBeUndefined();
    },
  );

  it('hands out each item at the earliest of its times, in order, whatever the delays', async () => {
    const additions = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.integer({ min: 1, max: 50 })),
    );
    await fc.assert(
      fc.asyncProperty(additions, async (delays) => {
        const { clock, queue } = setUp();
        const earliest = new Map<string, number>();
        for (const [item, delay] of delays) {
          queue.addAfter(item, delay);
          earliest.set(item, Math.min(delay, earliest.get(item) ?? delay));
        }
        const start = clock.monotonic();
        const came = new Map<string, number>();
        while (clock.nextTimerIn !== undefined) {
          await clock.advance(clock.nextTimerIn);
          for (const item of await takeAll(queue)) came.set(item, clock.monotonic() - start);
        }
        expect(came).toEqual(earliest);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a rate limiting queue', () => {
  it('TestRateLimitingQueue: delays grow per item, are counted, and are forgotten', () => {
    const clock = new FakeClock();
    const queue = new RateLimitingQueue({ clock, rateLimiter: exponentialRateLimiter(1, 1_000_000) });
    expect(queue.addRateLimited('one')).toBe(1);
    expect(queue.addRateLimited('one')).toBe(2);
    expect(queue.numRequeues('one')).toBe(2);
    expect(queue.addRateLimited('two')).toBe(1);
    expect(queue.addRateLimited('two')).toBe(2);
    expect(queue.waiting).toBe(2);
    queue.forget('one');
    expect(queue.numRequeues('one')).toBe(0);
    expect(queue.numRequeues('two')).toBe(2);
    expect(queue.addRateLimited('one')).toBe(1);
    queue.shutDown();
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits as long as the server asked for, if that is longer', () => {
    const clock = new FakeClock();
    const queue = new RateLimitingQueue({ clock, rateLimiter: exponentialRateLimiter(5, 1_000) });
    expect(queue.addRateLimited('one', undefined, 3_000)).toBe(3_000);
    expect(queue.addRateLimited('one', undefined, 3)).toBe(10);
    expect(clock.nextTimerIn).toBe(10);
  });
});
