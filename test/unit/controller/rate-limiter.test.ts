import { describe, expect, it } from 'vitest';
import {
  bucketRateLimiter,
  defaultRateLimiter,
  exponentialRateLimiter,
  fastSlowRateLimiter,
  maxOfRateLimiter,
  maxWaitRateLimiter,
  type RateLimiter,
} from '../../../src/controller/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';

const ask = (limiter: RateLimiter, key: string, times: number) =>
  Array.from({ length: times }, () => limiter.when(key));

describe('rate limiters', () => {
  it('TestItemExponentialFailureRateLimiter: doubles per item, counts, forgets', () => {
    const limiter = exponentialRateLimiter(1, 1_000);
    expect(ask(limiter, 'one', 5)).toEqual([1, 2, 4, 8, 16]);
    expect(limiter.numRequeues('one')).toBe(5);
    expect(ask(limiter, 'two', 2)).toEqual([1, 2]);
    expect(limiter.numRequeues('two')).toBe(2);
    limiter.forget('one');
    expect(limiter.numRequeues('one')).toBe(0);
    expect(limiter.when('one')).toBe(1);
  });

  it.each([
    ['1000 s', 1_000_000],
    ['1000 h', 3_600_000_000],
  ])('TestItemExponentialFailureRateLimiterOverFlow: %s is the end, also after a thousand failures', (_name, max) => {
    const limiter = exponentialRateLimiter(1, max);
    expect(ask(limiter, 'one', 6).at(-1)).toBe(32);
    ask(limiter, 'overflow', 1_000);
    expect(limiter.when('overflow')).toBe(max);
    ask(limiter, 'overflow', 1_000);
    expect(limiter.when('overflow')).toBe(max);
  });

  it('TestItemFastSlowRateLimiter: a few fast, then slow', () => {
    const limiter = fastSlowRateLimiter(5, 10_000, 3);
    expect(ask(limiter, 'one', 5)).toEqual([5, 5, 5, 10_000, 10_000]);
    expect(limiter.numRequeues('one')).toBe(5);
    expect(ask(limiter, 'two', 1)).toEqual([5]);
    limiter.forget('one');
    expect(limiter.numRequeues('one')).toBe(0);
    expect(limiter.when('one')).toBe(5);
  });

  it('TestMaxOfRateLimiter: the slowest decides, and all go on counting', () => {
    const slow = fastSlowRateLimiter(5, 3_000, 3);
    const growing = exponentialRateLimiter(1, 1_000);
    const limiter = maxOfRateLimiter(slow, growing);
    expect(ask(limiter, 'one', 5)).toEqual([5, 5, 5, 3_000, 3_000]);
    expect(limiter.numRequeues('one')).toBe(5);
    expect(growing.numRequeues('one')).toBe(5);
    limiter.forget('one');
    expect(limiter.numRequeues('one')).toBe(0);
    expect(limiter.when('one')).toBe(5);
  });

  it('TestWithMaxWaitRateLimiter: caps what another one says', () => {
    const limiter = maxWaitRateLimiter(exponentialRateLimiter(5, 1_000_000), 500);
    expect(ask(limiter, 'one', 9)).toEqual([5, 10, 20, 40, 80, 160, 320, 500, 500]);
    expect(limiter.numRequeues('one')).toBe(9);
    limiter.forget('one');
    expect(limiter.when('one')).toBe(5);
  });

  it('a bucket gives its tokens at once, then as they come, and fills up again', async () => {
    const clock = new FakeClock();
    const limiter = bucketRateLimiter(10, 3, clock);
    expect(ask(limiter, 'any', 5)).toEqual([0, 0, 0, 100, 200]);
    await clock.advance(200);
    expect(limiter.when('other')).toBe(100);
    await clock.advance(60_000);
    expect(ask(limiter, 'any', 4)).toEqual([0, 0, 0, 100]);
    expect(limiter.numRequeues('any')).toBe(0);
  });

  it('the default grows from 5 ms to 1,000 s', () => {
    const limiter = defaultRateLimiter(new FakeClock());
    expect(ask(limiter, 'one', 4)).toEqual([5, 10, 20, 40]);
    ask(limiter, 'one', 40);
    expect(limiter.when('one')).toBe(1_000_000);
  });

  it('the default lets a hundred pass at once, and then ten a second', () => {
    const limiter = defaultRateLimiter(new FakeClock());
    const delays = Array.from({ length: 102 }, (_, at) => limiter.when(`item ${at}`));
    expect(new Set(delays.slice(0, 100))).toEqual(new Set([5]));
    expect(delays.slice(100)).toEqual([100, 200]);
  });

  it('the default for items alone grows from 1 ms to 1,000 s', () => {
    const limiter = exponentialRateLimiter();
    expect(ask(limiter, 'one', 4)).toEqual([1, 2, 4, 8]);
    ask(limiter, 'one', 40);
    expect(limiter.when('one')).toBe(1_000_000);
  });

  it('refuse impossible values', () => {
    expect(() => exponentialRateLimiter(-1)).toThrow(/base/);
    expect(() => exponentialRateLimiter(10, 5)).toThrow(/max/);
    expect(() => bucketRateLimiter(0)).toThrow(/rate/);
    expect(() => fastSlowRateLimiter(1, Number.NaN, 1)).toThrow(/slow/);
  });
});
