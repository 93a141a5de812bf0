import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Backoff, type BackoffOptions, sleep, systemClock } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';

afterEach(() => void vi.useRealTimers());

describe('Backoff', () => {
  const options: BackoffOptions = { initial: 100, factor: 3, max: 1_000, jitter: 0, resetAfter: 5_000 };
  const series = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next());

  it('grows by its factor up to its maximum', () => {
    expect(series(new Backoff(options, new FakeClock(), () => 0), 5)).toEqual([100, 300, 900, 1_000, 1_000]);
  });

  it('adds a random part that does not grow into the next delay', () => {
    const chances = [0, 0.5, 0.999];
    const backoff = new Backoff({ ...options, jitter: 2 }, new FakeClock(), () => chances.shift() ?? 0);
    expect(series(backoff, 3)).toEqual([100, 600, 900 + 0.999 * 2 * 900]);
  });

  it('starts over after a quiet period, counted from the end of the last delay', async () => {
    const clock = new FakeClock();
    const backoff = new Backoff(options, clock, () => 0);
    expect(series(backoff, 3)).toEqual([100, 300, 900]);
    await clock.advance(900 + 5_000);
    expect(backoff.next()).toBe(1_000);
    await clock.advance(1_000 + 5_001);
    expect(series(backoff, 2)).toEqual([100, 300]);
  });

  it('does not start over while it is asked again and again, however long', async () => {
    const clock = new FakeClock();
    const backoff = new Backoff(options, clock, () => 0);
    let last = 0;
    for (let at = 0; at < 100; at++) {
      last = backoff.next();
      await clock.advance(last + 4_000);
    }
    expect(last).toBe(1_000);
  });

  it.each([
    [{ initial: -1 }, /backoff.initial/],
    [{ factor: 0.5 }, /backoff.factor/],
    [{ max: 50 }, /backoff.max/],
    [{ jitter: Number.NaN }, /backoff.jitter/],
    [{ resetAfter: -1 }, /backoff.resetAfter/],
  ])('refuses %s', (wrong, message) => {
    expect(() => new Backoff({ ...options, ...wrong }, new FakeClock(), () => 0)).toThrow(message);
  });
});

describe('sleep', () => {
  it('tells that the time has passed', async () => {
    const clock = new FakeClock();
    const slept = sleep(clock, 1_000);
    await clock.advance(999);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    expect(await slept).toBe(true);
  });

  it('tells that it was cut short, and leaves neither timer nor listener', async () => {
    const clock = new FakeClock();
    const stopper = new AbortController();
    const slept = sleep(clock, 1_000, stopper.signal);
    stopper.abort();
    expect(await slept).toBe(false);
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(stopper.signal, 'abort')).toEqual([]);
  });

  it('leaves no listener when it ends by itself', async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const slept = sleep(clock, 10, signal);
    await clock.advance(10);
    await slept;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('sets no timer if it was aborted before', async () => {
    const clock = new FakeClock();
    expect(await sleep(clock, 10, AbortSignal.abort())).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the clock of the process', () => {
  it('calls once, and not after cancel', () => {
    vi.useFakeTimers();
    const calls: string[] = [];
    systemClock.setTimer(() => calls.push('kept'), 10);
    const cancelled = systemClock.setTimer(() => calls.push('cancelled'), 10);
    cancelled.cancel();
    cancelled.cancel();
    vi.advanceTimersByTime(100);
    expect(calls).toEqual(['kept']);
  });

  it('waits as long as it is told to, though setTimeout cannot', () => {
    vi.useFakeTimers();
    const days = 86_400_000;
    let called = 0;
    systemClock.setTimer(() => called++, 60 * days);
    const cancelled = systemClock.setTimer(() => called++, 60 * days);
    vi.advanceTimersByTime(59 * days);
    expect(called).toBe(0);
    cancelled.cancel();
    vi.advanceTimersByTime(2 * days);
    expect(called).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never goes back where it must not', () => {
    const first = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
  });
});
