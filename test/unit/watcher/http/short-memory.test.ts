import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { FakeClock, settle } from '../../../../src/testing/index.ts';
import { ShortMemory } from '../../../../src/watcher/http/short-memory.ts';

describe('what is remembered for a short time', () => {
  test('is asked for once, by however many; anew when it is old, and when it failed', async () => {
    const clock = new FakeClock();
    const memory = new ShortMemory<number>(clock, 1_000);
    let asked = 0;
    const ask = async () => ++asked;
    expect(await Promise.all([memory.get('a', ask), memory.get('a', ask), memory.get('b', ask)])).toEqual([1, 1, 2]);
    await clock.advance(1_000);
    expect(await memory.get('a', ask)).toBe(3);
    await expect(memory.get('c', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await memory.get('c', ask)).toBe(4);
  });

  test('is kept when an answer fails that came too late to be waited for', async () => {
    const clock = new FakeClock();
    const memory = new ShortMemory<string>(clock, 1_000);
    const late = Promise.withResolvers<string>();
    const first = memory.get('a', () => late.promise);
    await clock.advance(1_000);
    expect(await memory.get('a', async () => 'new')).toBe('new');
    late.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await settle();
    expect(await memory.get('a', async () => 'asked again')).toBe('new');
  });

  test('costs equally little however long the questions are', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const memory = new ShortMemory<boolean>(new FakeClock(), 1_000);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < 2_000; at++) await memory.get(Buffer.alloc(16_384, `${at} `).toString(), async () => true);
    collect();
    // The questions are 32 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8e6);
    expect(await memory.get(Buffer.alloc(16_384, '7 ').toString(), async () => false)).toBe(true);
  });
});
