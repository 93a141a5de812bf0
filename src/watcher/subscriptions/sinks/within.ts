import { abortable, type Clock } from '../../../index.ts';

/** There was no answer in time. */
export class TooLate extends Error {}

export interface WithinOptions {
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Waits for what `work` returns, but not for longer than that. @param work is told by its signal when nobody waits any more.
 *
 * @throws TooLate, or the reason of the signal, or what `work` throws
 */
export async function within<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { timeout, signal, clock }: WithinOptions,
): Promise<T> {
  const late = new AbortController();
  const timer = clock.setTimer(() => late.abort(new TooLate(`no answer in ${timeout} ms`)), timeout);
  const ending = AbortSignal.any([signal, late.signal]);
  try {
    return await abortable(work(ending), ending);
  } finally {
    timer.cancel();
  }
}
