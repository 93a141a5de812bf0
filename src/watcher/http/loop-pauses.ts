import type { Clock, Timer } from '../../index.ts';

/** How exactly pauses are measured, milliseconds. */
const interval = 1_000;

/** Tells when the event loop stood still, by how late a timer comes that is set every second. Asking changes nothing: any number of probes may. */
export class LoopPauses {
  readonly #clock: Clock;
  readonly #least: number;
  #timer: Timer;
  #due = 0;
  /** The last one that was long enough. */
  #last: { readonly length: number; readonly end: number } | undefined;

  /** @param least shorter ones do not count, milliseconds. */
  constructor(clock: Clock, least: number) {
    this.#clock = clock;
    this.#least = least;
    this.#timer = this.#wait();
  }

  /** Milliseconds that the last pause took, if it ended no longer than `within` milliseconds ago. */
  recent(within: number): number | undefined {
    this.#measure();
    if (!this.#last || this.#clock.monotonic() - this.#last.end > within) return undefined;
    return this.#last.length;
  }

  close(): void {
    this.#timer.cancel();
  }

  #wait(): Timer {
    this.#due = this.#clock.monotonic() + interval;
    return this.#clock.setTimer(() => {
      this.#measure();
      this.#timer = this.#wait();
    }, interval);
  }

  /** A timer that is late is a pause, whether it came by now or did not. */
  #measure(): void {
    const end = this.#clock.monotonic();
    const length = end - this.#due;
    if (length > this.#least) this.#last = { length, end };
  }
}
