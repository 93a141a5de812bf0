import type { WatchEvent, WatchStream } from '../kubernetes/index.ts';
import type { Clock, KubeInformerError, Timer } from '../runtime/index.ts';

export interface OpenWatchOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds after which the server was asked to end it. */
  readonly timeout: number;
  /** So many milliseconds later it is closed as if the server had done so. */
  readonly grace: number;
}

/** How long a watch may be silent, and what its silence means then. */
export interface SilenceRule {
  /** Milliseconds. */
  readonly limit: number;
  /** `anything`: each batch breaks the silence. `told`: only `touch` does. */
  readonly brokenBy: 'anything' | 'told';
  readonly error: () => KubeInformerError;
}

type Batch<T> = readonly WatchEvent<T>[];

/**
 * A watch in the hands of a reflector: read batch by batch, put aside, taken up again, and guarded against silence.
 *
 * Invariants: at most one timer is set, and none after `close`; reading ends (with `undefined` or the error) as soon as the
 * guard or the signal says so, even if the stream below does not.
 */
export class OpenWatch<T> {
  /** Milliseconds after which the server was asked to end it. */
  readonly timeout: number;
  readonly #openedAt: number;
  readonly #clock: Clock;
  readonly #stream: WatchStream<T>;
  readonly #iterator: AsyncIterator<Batch<T>>;
  readonly #signal: AbortSignal;
  readonly #endsAt: number;
  #silence: SilenceRule | undefined;
  #brokenAt: number;
  #timer: Timer | undefined;
  #leftover: Batch<T> | undefined;
  #paused = false;
  #closed = false;
  #failure: KubeInformerError | undefined;
  #endWaiting: (() => void) | undefined;

  constructor(stream: WatchStream<T>, { clock, signal, timeout, grace }: OpenWatchOptions) {
    this.#clock = clock;
    this.#stream = stream;
    this.#iterator = stream[Symbol.asyncIterator]();
    this.#signal = signal;
    this.timeout = timeout;
    this.#openedAt = clock.monotonic();
    this.#brokenAt = this.#openedAt;
    this.#endsAt = this.#openedAt + timeout + grace;
    signal.addEventListener('abort', this.close, { once: true });
    if (signal.aborted) this.close();
    else this.#arm();
  }

  /** Milliseconds since it was opened. */
  get age(): number {
    return this.#clock.monotonic() - this.#openedAt;
  }

  /** Replaces the rule about silence; the silence begins anew. */
  expect(rule: SilenceRule): void {
    this.#silence = rule;
    this.touch();
    this.#timer?.cancel();
    if (!this.#closed) this.#arm();
  }

  /** Silence does not count until `resume`: the reader has put the watch aside. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.touch();
  }

  /** The silence is broken now. */
  touch(): void {
    this.#brokenAt = this.#clock.monotonic();
  }

  /** Gives back events that were read and not used; `next` returns them first. */
  unread(events: Batch<T>): void {
    if (events.length > 0) this.#leftover = events;
  }

  /** The next batch; `undefined` at the end. Rejects with what the stream fails with, or with the error of the silence rule. */
  next(): Promise<Batch<T> | undefined> {
    if (this.#leftover) {
      const events = this.#leftover;
      this.#leftover = undefined;
      return Promise.resolve(events);
    }
    if (this.#closed) return this.#failure ? Promise.reject(this.#failure) : Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#endWaiting = () => (this.#failure ? reject(this.#failure) : resolve(undefined));
      this.#iterator.next().then(
        ({ done, value }) => {
          if (this.#failure) return reject(this.#failure);
          if (done || this.#closed) return resolve(undefined);
          if (this.#silence?.brokenBy === 'anything') this.touch();
          resolve(value);
        },
        // What a stream throws because we closed it is no news.
        (thrown) => (this.#closed ? this.#endWaiting?.() : reject(thrown)),
      );
    });
  }

  /** Closes the connection, and has reading fail with `error`. */
  fail(error: KubeInformerError): void {
    this.#failure ??= error;
    this.close();
  }

  /** Closes the connection. Idempotent. */
  readonly close = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#signal.removeEventListener('abort', this.close);
    this.#stream.close();
    this.#endWaiting?.();
  };

  /** Looks at the clock again when the first of the limits could be reached, not at every batch. */
  #arm(): void {
    const silentUntil = this.#silence ? this.#brokenAt + this.#silence.limit : Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    this.#timer = this.#clock.setTimer(
      () => {
        const later = this.#clock.monotonic();
        if (later >= this.#endsAt) return this.close();
        if (this.#paused) this.touch();
        if (this.#silence && later - this.#brokenAt >= this.#silence.limit) {
          return this.fail(this.#silence.error());
        }
        this.#arm();
      },
      Math.max(0, Math.min(silentUntil, this.#endsAt) - now),
    );
  }
}
