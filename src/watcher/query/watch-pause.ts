import type { Clock } from '../../index.ts';
import type { CachedObject, KindEvent } from '../cache/index.ts';
import { matchEvent } from './selection.ts';
import type { Watched } from './watch.ts';

type Matches = (object: CachedObject) => boolean;

/**
 * Waits for the next thing that concerns a watch. Events that do not are stepped over while it waits: most events concern few of many watches, and must cost
 * the others next to nothing.
 */
export class WatchPause {
  /** The position up to which everything was looked at. */
  cursor: number;
  #wake: (() => void) | undefined;
  readonly #stops: readonly (() => void)[];

  constructor(kind: Watched, cursor: number, matches: Matches, signal: AbortSignal) {
    this.cursor = cursor;
    const wake = () => this.#wake?.();
    const stopListening = kind.log.onAppend((event) => {
      if (!this.#wake) return;
      if (event.seq === this.cursor + 1 && !concerns(event, matches)) this.cursor++;
      else wake();
    });
    signal.addEventListener('abort', wake, { once: true });
    this.#stops = [stopListening, kind.onChange(wake), () => signal.removeEventListener('abort', wake)];
  }

  /** Resolves with the next event, a change of phase, the end of the reader or of the time; whichever is first. */
  wait(delay: number, clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        timer.cancel();
        resolve();
      };
      const timer = clock.setTimer(() => this.#wake?.(), Math.max(0, delay));
    });
  }

  end(): void {
    for (const stop of this.#stops) stop();
  }
}

/** What can't be decided concerns it: it is told why. */
function concerns(event: KindEvent, matches: Matches): boolean {
  try {
    return matchEvent(event, matches) !== undefined;
  } catch {
    return true;
  }
}
