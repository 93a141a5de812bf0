import type { KubeObject } from '../kubernetes/index.ts';
import { abortable, KubeInformerError } from '../runtime/index.ts';
import type { WatchCondition } from './conditions.ts';
import type { RequestWatch } from './request.ts';
import type { WatchStatus } from './status.ts';
import type { Watch } from './watch.ts';

/** A watch in the hands of whoever asked for it. Everybody who asks for the same gets the same. */
export interface WatchHandle<T extends KubeObject = KubeObject> extends AsyncDisposable {
  /** See `watchKey`. */
  readonly key: string;
  /** What was asked for; the latest, if that changed. Stays what it is whatever becomes of the source. */
  readonly request: Omit<RequestWatch<T>, 'owner'>;
  status(): WatchStatus;
  /**
   * Resolves when the handlers have finished the whole initial state.
   *
   * @throws KubeInformerError `SyncAborted` if the watch is stopped before, or `signal` is aborted
   */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Ends the watch: no call of its handlers begins any more. Resolves when the one that is under way has ended, or ten seconds are over: do not
   * await it from inside a handler. Idempotent.
   */
  stop(): Promise<void>;
  /** Calls `listener` with each new status or reason of a condition. @returns a function that ends this. */
  on(event: 'condition', listener: (condition: WatchCondition) => void): () => void;
}

/** The handle of a watch. */
export function handleOf(watch: Watch, stop: () => Promise<void>): WatchHandle {
  return {
    key: watch.plan.key,
    get request() {
      return watch.request;
    },
    status: () => watch.status(),
    ready: async ({ signal } = {}) => {
      if (!signal) return watch.ready();
      const aborted = new KubeInformerError('SyncAborted', `waiting for ${watch.plan.key} was aborted`, {
        hint: 'Nothing to mend if that was meant.',
      });
      await abortable(watch.ready(), signal).catch((thrown: unknown) => {
        throw signal.aborted ? aborted : thrown;
      });
    },
    stop,
    on: (_event, listener) => watch.onCondition(listener),
    [Symbol.asyncDispose]: stop,
  };
}
