import { asKubeInformerError, type Clock, KubeInformerError, type Timer } from '../runtime/index.ts';
import type { EventSourceRegistration } from './source.ts';

interface WaitOptions {
  /** Of the controller. */
  readonly name: string;
  /** Milliseconds; `undefined` for as long as it takes. */
  readonly syncTimeout: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Resolves when all sources have synced, or when the signal is aborted.
 *
 * @throws KubeInformerError `SyncTimeout`, `SyncAborted` if a source ends before it has synced
 */
export function waitForSources(registrations: readonly EventSourceRegistration[], options: WaitOptions): Promise<void> {
  const { name, syncTimeout, clock, signal } = options;
  const hint = 'A source does not become ready; look at the status and the errors of its informer.';
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    const settle = (error?: KubeInformerError) => {
      timer?.cancel();
      signal.removeEventListener('abort', onAbort);
      if (error && !signal.aborted) reject(error);
      else resolve();
    };
    const onAbort = () => settle();
    if (signal.aborted) return settle();
    signal.addEventListener('abort', onAbort, { once: true });
    if (syncTimeout !== undefined) {
      const message = `the sources of controller ${name} have not synced: ${syncTimeout} ms are over`;
      timer = clock.setTimer(() => settle(new KubeInformerError('SyncTimeout', message, { hint })), syncTimeout);
    }
    Promise.all(registrations.map(({ ready }) => ready)).then(
      () => settle(),
      (thrown) => settle(asKubeInformerError(thrown, 'SyncAborted', `a source of controller ${name} ended`, hint)),
    );
  });
}
