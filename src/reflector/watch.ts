import {
  ApiStatusError,
  type ListerWatcher,
  type WatchEvent,
  type WatchOptions,
  type WatchStream,
} from '../kubernetes/index.ts';
import { abortable, asKubeInformerError } from '../runtime/index.ts';

/** An event that says what happened to an object, or a bookmark. Errors are thrown instead. There is no object as it was before. */
export type PlainWatchEvent<T> = Exclude<WatchEvent<T>, { readonly type: 'ERROR' }>;

/** Query parameters of the one request, and the signal that ends it. */
export interface PlainWatchOptions extends WatchOptions {
  readonly signal?: AbortSignal;
}

/** One open watch. To be iterated once. */
export interface PlainWatch<T> extends AsyncIterableIterator<PlainWatchEvent<T>>, AsyncDisposable {
  /** Closes the connection; iteration ends. Idempotent. */
  stop(): void;
}

/**
 * Watches a collection once, at the lowest level: one request, its events one by one as the server sends them, then the end. It does not
 * reconnect, resume, list or cache; a `Reflector` does. The request is sent at once.
 *
 * Iteration ends when the server ends the watch, after `stop`, or when `signal` is aborted. It throws a `KubeInformerError` if the
 * watch is refused, breaks, or brings an error event (`ApiStatusError`); after that nothing is left open.
 *
 * @example
 * const { resourceVersion } = await listerWatcher.list({}, signal);
 * for await (const event of watch(listerWatcher, { resourceVersion, signal })) console.log(event.type);
 */
export function watch<T>(listerWatcher: ListerWatcher<T>, options: PlainWatchOptions = {}): PlainWatch<T> {
  const { signal, ...query } = options;
  const stopper = new AbortController();
  let stream: WatchStream<T> | undefined;
  const stop = () => {
    signal?.removeEventListener('abort', stop);
    stopper.abort();
    stream?.close();
  };
  if (signal?.aborted) stop();
  else signal?.addEventListener('abort', stop, { once: true });

  async function open(): Promise<WatchStream<T>> {
    stopper.signal.throwIfAborted();
    const opening = listerWatcher.watch(query, stopper.signal);
    stream = await abortable(opening, stopper.signal, (late) => late.close());
    return stream;
  }
  const opened = open();
  // Whoever iterates hears of it; until then it is no unhandled rejection.
  opened.catch(() => undefined);

  async function* events(): AsyncGenerator<PlainWatchEvent<T>, void, undefined> {
    try {
      const batches = (await opened)[Symbol.asyncIterator]();
      for (;;) {
        const batch = await abortable(batches.next(), stopper.signal);
        if (batch.done) return;
        for (const event of batch.value) {
          if (stopper.signal.aborted) return;
          if (event.type === 'ERROR') {
            throw new ApiStatusError(event.object, { request: `watch of ${listerWatcher.description}` });
          }
          yield event;
        }
      }
    } catch (thrown) {
      if (stopper.signal.aborted) return;
      const hint = 'The lister-watcher failed in a way of its own; see the cause.';
      throw asKubeInformerError(thrown, 'ConnectionFailed', `watch of ${listerWatcher.description}`, hint);
    } finally {
      stop();
    }
  }

  const iterator = events();
  const end = async () => {
    stop();
    await iterator.return();
  };
  return {
    stop,
    next: () => iterator.next(),
    return: async () => {
      // Before the generator's own, which waits until a pending `next` has settled.
      stop();
      return iterator.return();
    },
    throw: async (thrown) => {
      stop();
      return iterator.throw(thrown);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: end,
  };
}
