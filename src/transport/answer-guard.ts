import { type Clock, KubeInformerError, type Timer } from '../runtime/index.ts';

export interface AnswerGuardOptions {
  readonly clock: Clock;
  /** Milliseconds without a byte after which the answer is given up. */
  readonly limit: number;
  /** Names the request in errors. */
  readonly what: string;
  /** The caller's own; what it says holds for the guarded exchange too. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Ends an exchange whose server has gone silent: the connection may be open for ever and nothing come.
 *
 * Invariant: after `end` no timer is set and the caller's signal is not listened to.
 */
export class AnswerGuard {
  readonly #options: AnswerGuardOptions;
  readonly #controller = new AbortController();
  #heardAt: number;
  #timer: Timer | undefined;

  constructor(options: AnswerGuardOptions) {
    this.#options = options;
    this.#heardAt = options.clock.monotonic();
    options.signal?.addEventListener('abort', this.#forward, { once: true });
    if (options.signal?.aborted) this.#forward();
    this.#arm(options.limit);
  }

  /** Aborted when the exchange is to end: because the caller says so, or because of the silence. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something of the answer has come. */
  heard(): void {
    this.#heardAt = this.#options.clock.monotonic();
  }

  /** From now on silence is nothing special: a watch has begun. */
  allowSilence(): void {
    this.#timer?.cancel();
  }

  /** The exchange is over. Idempotent. */
  end(): void {
    this.#timer?.cancel();
    this.#options.signal?.removeEventListener('abort', this.#forward);
  }

  readonly #forward = (): void => {
    this.#timer?.cancel();
    this.#controller.abort(this.#options.signal?.reason);
  };

  /** Looks at the clock again when the limit could be reached, not at every byte. */
  #arm(delay: number): void {
    const { clock, limit, what } = this.#options;
    this.#timer = clock.setTimer(() => {
      const silence = clock.monotonic() - this.#heardAt;
      if (silence < limit) return this.#arm(limit - silence);
      this.#controller.abort(
        new KubeInformerError('ConnectionFailed', `${what}: no byte of an answer for ${limit} ms`, {
          hint: 'The server, or something on the way to it, has stopped answering; look at its load and at proxies.',
        }),
      );
    }, delay);
  }
}
