/** Lets consumers wait until there may be something for them. All are woken at once; who finds nothing waits again. */
export class Doorbell {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the next `ring`, or when `signal` is aborted. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

/** Takes from a queue as soon as there is something; `undefined` when it is closed and empty, or `signal` is aborted. */
export async function takeWhenReady<E>(
  queue: { take(): E | undefined; readonly closed: boolean },
  doorbell: Doorbell,
  signal: AbortSignal | undefined,
): Promise<E | undefined> {
  for (;;) {
    if (signal?.aborted) return undefined;
    const taken = queue.take();
    if (taken !== undefined || queue.closed) return taken;
    await doorbell.wait(signal);
  }
}
