import { expect, test } from 'vitest';
// The breaker is no part of the door: delivery alone uses it.
import { Breaker } from '../../../../src/watcher/subscriptions/breaker.ts';

test('a breaker that is open admits one at a time, an interval after the last failure', () => {
  let now = 0;
  const breaker = new Breaker(2, 100, () => now);
  breaker.fail();
  expect([breaker.isOpen, breaker.admit()]).toEqual([false, true]);
  breaker.fail();
  expect([breaker.isOpen, breaker.admit(), breaker.probeIn]).toEqual([true, false, 100]);
  now = 100;
  expect([breaker.admit(), breaker.admit(), breaker.probeIn]).toEqual([true, false, undefined]);
  breaker.fail();
  expect([breaker.admit(), breaker.probeIn]).toEqual([false, 100]);
  now = 200;
  expect(breaker.admit()).toBe(true);
  breaker.succeed();
  expect([breaker.isOpen, breaker.admit(), breaker.admit()]).toEqual([false, true, true]);
});
