import { describe, expect, it, vi } from 'vitest';
import { runUntil } from '../../../src/controller/index.ts';
import { type KubeInformerError, sleep } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';

function setUp() {
  const clock = new FakeClock();
  const start = clock.monotonic();
  const abort = new AbortController();
  const starts: number[] = [];
  const note = () => void starts.push((clock.monotonic() - start) / 1_000);
  return { clock, abort, starts, note, options: { clock, signal: abort.signal } };
}

describe('S002-13 runUntil', () => {
  it('runs at 0, 10 and 20 seconds, and not after the abort', async () => {
    const { clock, abort, starts, note, options } = setUp();
    const ended = runUntil(note, 10_000, options);
    await clock.advance(25_000);
    expect(starts).toEqual([0, 10, 20]);
    abort.abort();
    await ended;
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(60_000);
    expect(starts).toEqual([0, 10, 20]);
  });

  it.each([
    ['sliding', 4_000, [0, 14, 28]],
    ['fixed', 4_000, [0, 10, 20, 30]],
    ['fixed', 25_000, [0, 25]],
  ] as const)('%s, with runs of %i ms, starts at %j', async (mode, duration, expected) => {
    const { clock, abort, starts, note, options } = setUp();
    let running = 0;
    const run = async (signal: AbortSignal) => {
      expect(++running).toBe(1);
      note();
      await sleep(clock, duration, signal);
      running--;
    };
    const ended = runUntil(run, 10_000, { ...options, mode });
    await clock.advance(30_000);
    expect(starts).toEqual(expected);
    abort.abort();
    await ended;
    expect(clock.pendingTimers).toBe(0);
  });

  it('reports a run that fails, and goes on', async () => {
    const { clock, abort, starts, note, options } = setUp();
    const errors: KubeInformerError[] = [];
    const run = async () => {
      note();
      if (starts.length === 1) throw new Error('boom');
    };
    const ended = runUntil(run, 10_000, { ...options, onError: (error) => errors.push(error) });
    await clock.advance(10_000);
    expect(starts).toEqual([0, 10]);
    expect(errors).toMatchObject([{ code: 'HandlerFailed', cause: { message: 'boom' } }]);
    abort.abort();
    await ended;
  });

  it('warns when nobody hears of failures', async () => {
    const { abort, options } = setUp();
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const ended = runUntil(() => Promise.reject(new Error('boom')), 10_000, options);
    await settle();
    abort.abort();
    await ended;
    expect(warning).toHaveBeenCalledWith(
      expect.stringContaining('boom'),
      expect.objectContaining({ type: 'KubeInformerWarning' }),
    );
    warning.mockRestore();
  });

  it('waits for the run under way, which hears of the abort; its own abort is no failure', async () => {
    const { abort, options } = setUp();
    const errors: unknown[] = [];
    const run = (signal: AbortSignal) =>
      new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const ended = runUntil(run, 10_000, { ...options, onError: (error) => errors.push(error) });
    await settle();
    abort.abort();
    await ended;
    expect(errors).toEqual([]);
  });

  it('reports a failure of the last run that has nothing to do with the abort', async () => {
    const { abort, options } = setUp();
    const errors: unknown[] = [];
    const run = (signal: AbortSignal) =>
      new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('disk full'))));
    const ended = runUntil(run, 10_000, { ...options, onError: (error) => errors.push(error) });
    await settle();
    abort.abort();
    await ended;
    expect(errors).toMatchObject([{ cause: { message: 'disk full' } }]);
  });

  it('does not run at all after the abort', async () => {
    const { abort, starts, note, options } = setUp();
    abort.abort();
    await runUntil(note, 10_000, options);
    expect(starts).toEqual([]);
  });
});
