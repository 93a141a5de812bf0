import { expect, test } from 'vitest';
import { FakeClock } from '../../../../src/testing/index.ts';
import { Health } from '../../../../src/watcher/http/index.ts';

/** A clock on which time can pass while no timer comes: the event loop stands still. */
class StallingClock extends FakeClock {
  #stalled = 0;

  override monotonic(): number {
    return super.monotonic() + this.#stalled;
  }

  stall(milliseconds: number): void {
    this.#stalled += milliseconds;
  }
}

function health() {
  const clock = new StallingClock();
  const checked = new Health({ catalogue: { ready: true }, watches: { all: () => [] }, clock });
  return { clock, close: () => checked.close(), problem: () => checked.live()[0]?.problem };
}

test('an event loop that stood still is told to every probe for ten seconds, however many ask', async () => {
  const { clock, close, problem } = health();
  await clock.advance(60_500);
  expect(problem()).toBeUndefined();
  clock.stall(12_000);
  // Before the timer that is late, and after it.
  expect(problem()).toBe('it stood still for 11500 ms');
  await clock.advance(500);
  expect([problem(), problem()]).toEqual(['it stood still for 12000 ms', 'it stood still for 12000 ms']);
  await clock.advance(9_900);
  expect(problem()).toBe('it stood still for 12000 ms');
  await clock.advance(200);
  expect(problem()).toBeUndefined();
  close();
  expect(clock.pendingTimers).toBe(0);
});

test('an event loop that is slow is alive', async () => {
  const { clock, close, problem } = health();
  for (let count = 0; count < 5; count++) {
    clock.stall(9_000);
    await clock.advance(1_000);
    expect(problem()).toBeUndefined();
  }
  close();
});
