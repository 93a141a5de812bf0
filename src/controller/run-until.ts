import {
  asKubeInformerError,
  type Clock,
  type KubeInformerError,
  requireAtLeast,
  sleep,
  systemClock,
  warnUnheard,
} from '../runtime/index.ts';
import { isAbort } from './outcome.ts';

export interface RunUntilOptions {
  /** Ends the series, after the run that is under way. It is handed to each run. */
  readonly signal: AbortSignal;
  /** Default: the system clock. */
  readonly clock?: Clock;
  /**
   * `sliding`: `period` lies between the end of a run and the start of the next. `fixed`: between starts; a run that takes longer is
   * followed by the next at once. Default: `sliding`.
   */
  readonly mode?: 'sliding' | 'fixed';
  /** Hears of every run that failed; the series goes on. Default: a process warning. */
  readonly onError?: (error: KubeInformerError) => void;
}

/**
 * Runs `run` at once, and then every `period` milliseconds until `signal` is aborted. Runs never overlap.
 *
 * @returns when the last run has ended. It never rejects.
 * @example await runUntil((signal) => report(signal), 10_000, { signal });
 */
export async function runUntil(
  run: (signal: AbortSignal) => unknown,
  period: number,
  options: RunUntilOptions,
): Promise<void> {
  const { signal, clock = systemClock, mode = 'sliding', onError = warnUnheard } = options;
  requireAtLeast('period', period, 0);
  while (!signal.aborted) {
    const started = clock.monotonic();
    try {
      await run(signal);
    } catch (thrown) {
      // A run that ends early because it was told to has not failed.
      if (!signal.aborted || !isAbort(thrown, signal))
        onError(
          asKubeInformerError(thrown, 'HandlerFailed', 'a periodic run failed', 'The next run comes all the same.'),
        );
    }
    const rest = mode === 'sliding' ? period : Math.max(0, period - (clock.monotonic() - started));
    await sleep(clock, rest, signal);
  }
}
