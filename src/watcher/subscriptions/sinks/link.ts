import { abortable } from '../../../index.ts';

export interface LinkOptions<T> {
  /** Connects once, without trying again. @param lost to be called when the connection is of no use any more. */
  readonly connect: (lost: () => void) => Promise<T>;
  /** Does not reject. */
  readonly disconnect: (connection: T) => Promise<void>;
}

/**
 * A connection to a broker, which all deliveries of a sink share.
 *
 * ```text
 *            get               connected
 *  (none) ────────► connecting ─────────► connected
 *    ▲                  │ fails              │ lost, or `reset`
 *    └──────────────────┴────────────────────┘
 * ```
 *
 * It never connects by itself: the next delivery does, so that the waits between deliveries and the breaker are those between attempts to connect. Each connection that
 * was made is ended, also one that comes after `reset` or `close`.
 */
export class Link<T> {
  readonly #options: LinkOptions<T>;
  #current: Promise<T> | undefined;
  #endings = new Set<Promise<void>>();
  #closed = false;

  constructor(options: LinkOptions<T>) {
    this.#options = options;
  }

  /** The connection, made if there is none. Rejects with the reason of the signal, while others go on to wait. */
  async get(signal: AbortSignal): Promise<T> {
    if (this.#closed) throw new Error('the sink is closed');
    if (!this.#current) {
      const made: Promise<T> = this.#options.connect(() => this.#drop(made));
      this.#current = made;
      made.catch(() => this.#drop(made));
    }
    return abortable(this.#current, signal);
  }

  /** Ends the connection that there is: it may be dead without having noticed. */
  reset(): void {
    if (this.#current) this.#drop(this.#current);
  }

  /** Resolves when every connection has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.reset();
    await Promise.all(this.#endings);
  }

  #drop(made: Promise<T>): void {
    if (this.#current !== made) return;
    this.#current = undefined;
    const ending = made.then(this.#options.disconnect, () => undefined);
    this.#endings.add(ending);
    void ending.then(() => this.#endings.delete(ending));
  }
}
