import { type Clock, KubeInformerError, systemClock, type Timer } from '../runtime/index.ts';
import type { EventHandler, InformerEvent } from './events.ts';
import type { HandlerRegistration } from './options.ts';
import type { InformerStatus } from './status.ts';

export interface SyncOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds. Default: as long as it takes. */
  readonly timeout?: number;
}

/** What can be waited for: any informer, whatever it holds. */
export interface Syncing {
  readonly name: string;
  hasSynced(): boolean;
  status(): Pick<InformerStatus, 'lastError' | 'phase'>;
  on(signal: 'synced' | 'stopped', listener: () => void): () => void;
}

/**
 * Rejects with `SyncAborted` or `SyncTimeout`; the cause is the last failure of the informer, which is the likely reason: an `ApiStatusError`
 * of class `forbidden` or `notFound`, for example.
 */
export function waitForSync(informer: Syncing, { signal, timeout }: SyncOptions, clock: Clock): Promise<void> {
  if (informer.hasSynced()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    const settle = (finish: () => void) => {
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
      offSynced();
      offStopped();
      finish();
    };
    const fail = (code: 'SyncAborted' | 'SyncTimeout', what: string) => {
      const cause = informer.status().lastError;
      const why = cause ? `; its last failure: ${cause.message}` : '';
      const hint =
        cause?.hint ?? 'The server did not send the whole state in time; look at status() and at the network.';
      settle(() =>
        reject(new KubeInformerError(code, `${informer.name} has not synced: ${what}${why}`, { cause, hint })),
      );
    };
    const onAbort = () => fail('SyncAborted', 'waiting was aborted');
    const offSynced = informer.on('synced', () => settle(resolve));
    const onStopped = () => fail('SyncAborted', 'the informer ended');
    const offStopped = informer.on('stopped', onStopped);
    if (signal?.aborted) return onAbort();
    const { phase } = informer.status();
    if (phase === 'stopped' || phase === 'failed') return onStopped();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeout !== undefined) timer = clock.setTimer(() => fail('SyncTimeout', `${timeout} ms are over`), timeout);
  });
}

/**
 * Waits for the initial sync of all `informers`.
 *
 * @returns `true` when all have synced; `false` when `signal` was aborted or one of them ended first. For the reason ask
 * `informer.waitForSync`.
 */
export async function waitForCacheSync(
  signal: AbortSignal | undefined,
  ...informers: readonly Syncing[]
): Promise<boolean> {
  const waits = informers.map((informer) => waitForSync(informer, signal ? { signal } : {}, systemClock));
  const results = await Promise.allSettled(waits);
  return results.every((result) => result.status === 'fulfilled');
}

/** What `waitFor` needs of an informer. */
export interface Observable<T> {
  readonly name: string;
  addEventHandler(handler: EventHandler<T>, options?: { readonly name?: string }): HandlerRegistration;
}

/**
 * Waits for an event: the first for which `predicate` returns true, those of the objects that are in the cache already included.
 *
 * @throws KubeInformerError `SyncTimeout` after `timeout` milliseconds; `SyncAborted` when `signal` is aborted or the informer ends;
 * what `predicate` throws.
 * @example
 * const { object } = await waitFor(pods, ({ object }) => object.status?.phase === 'Running', { timeout: 60_000 });
 */
export function waitFor<T>(
  informer: Observable<T>,
  predicate: (event: InformerEvent<T>) => boolean,
  { signal, timeout, clock = systemClock }: SyncOptions & { readonly clock?: Clock } = {},
): Promise<InformerEvent<T>> {
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    let settled = false;
    const settle = (finish: () => void) => {
      if (settled) return;
      settled = true;
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
      void registration?.remove();
      finish();
    };
    const fail = (code: 'SyncAborted' | 'SyncTimeout', what: string) => {
      const hint = 'No such event came; look at what the cache holds, and at status().';
      settle(() => reject(new KubeInformerError(code, `waiting for an event of ${informer.name}: ${what}`, { hint })));
    };
    const onAbort = () => fail('SyncAborted', 'aborted');
    let registration: HandlerRegistration | undefined;
    if (signal?.aborted) return onAbort();
    registration = informer.addEventHandler(
      (event) => {
        if (settled) return;
        try {
          if (predicate(event)) settle(() => resolve(event));
        } catch (thrown) {
          settle(() => reject(thrown));
        }
      },
      { name: 'waitFor' },
    );
    registration.closed.then(() => fail('SyncAborted', 'the informer ended'), reject);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeout !== undefined) timer = clock.setTimer(() => fail('SyncTimeout', `${timeout} ms are over`), timeout);
  });
}
