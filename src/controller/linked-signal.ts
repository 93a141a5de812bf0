/** A signal that is aborted with the first of `sources`, and lets go of them at `unlink`: they may live long, and have many. */
export function linkSignals(...sources: readonly AbortSignal[]): {
  readonly controller: AbortController;
  readonly signal: AbortSignal;
  unlink(): void;
} {
  const controller = new AbortController();
  const links = sources.map((source) => {
    const onAbort = () => controller.abort(source.reason);
    if (source.aborted) onAbort();
    else source.addEventListener('abort', onAbort, { once: true });
    return { source, onAbort };
  });
  return {
    controller,
    signal: controller.signal,
    unlink() {
      for (const { source, onAbort } of links) source.removeEventListener('abort', onAbort);
    },
  };
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
