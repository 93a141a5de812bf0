import type { KubeObject } from '../kubernetes/index.ts';
import { Reflector, type ReflectorOptions, type ReflectorStatus } from '../reflector/index.ts';
import { asKubeInformerError } from '../runtime/index.ts';
import type { KeyedDeltas } from './keyed-delta.ts';
import { KeyedDeltaFIFO } from './keyed-delta-fifo.ts';

export interface QueueInformerOptions<T> extends Omit<ReflectorOptions<T>, 'store'> {
  /** Above this many waiting deltas the watch is not read further until half of them are taken. Default 2,000. */
  readonly highWaterMark?: number;
  /** Ends it, like `stop`. */
  readonly signal?: AbortSignal;
}

/** A collection as a queue: what happens to its objects, for one consumer, who pops it. */
export interface QueueInformer<T> extends AsyncIterable<KeyedDeltas<T>>, AsyncDisposable {
  readonly name: string;
  /** Whether the whole initial state was popped and processed: the consumer has asked for more since. Never goes back. */
  readonly hasSynced: boolean;
  /** Objects waiting to be popped. */
  readonly length: number;
  readonly status: ReflectorStatus;
  /**
   * Everything that happened to one object since it was last popped, waiting if need be. Asking says that what was popped before is
   * processed. `undefined` when the informer has ended, or `signal` is aborted.
   *
   * @throws KubeInformerError what the informer failed with, after all that was queued before
   */
  pop(signal?: AbortSignal): Promise<KeyedDeltas<T> | undefined>;
  /** Queues a `Sync` for each object that was popped before, still exists, and has nothing queued. */
  resync(): void;
  /** Ends it; what is queued can still be popped. Resolves when no request is left. Idempotent; does not reject. */
  stop(): Promise<void>;
}

/**
 * Watches a collection and queues what happens, for a caller who pops it: an informer without cache and handlers. It begins at once.
 *
 * What has been popped counts as known to the consumer, so that a deletion that was missed is made up for. Only references are held.
 *
 * @example
 * const queue = createQueueInformer<Pod>({ listerWatcher: client.resource<Pod>(podResource), signal });
 * for await (const { key, deltas } of queue) console.log(key, deltas.at(-1)?.type);
 */
export function createQueueInformer<T extends KubeObject>(options: QueueInformerOptions<T>): QueueInformer<T> {
  const { signal, highWaterMark, ...reflectorOptions } = options;
  const known = new Map<string, T>();
  const queue = new KeyedDeltaFIFO<T>({
    knownObjects: known,
    ...(highWaterMark !== undefined && { highWaterMark }),
  });
  const reflector = new Reflector<T>({ ...reflectorOptions, store: queue });
  const stopper = new AbortController();
  const abort = () => stopper.abort();
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  let failed = false;
  let failure: unknown;
  const done = reflector
    .run(stopper.signal)
    .catch((thrown) => {
      failed = true;
      failure = asKubeInformerError(thrown, 'Internal', reflector.name, 'Please report this.');
    })
    .then(() => {
      signal?.removeEventListener('abort', abort);
      queue.close();
    });

  async function pop(popSignal?: AbortSignal): Promise<KeyedDeltas<T> | undefined> {
    const popped = await queue.pop(popSignal);
    if (popped) remember(known, popped);
    else if (failed && !popSignal?.aborted) throw failure;
    return popped;
  }

  const stop = () => {
    stopper.abort();
    return done;
  };
  return {
    name: reflector.name,
    get hasSynced() {
      return queue.hasSynced;
    },
    get length() {
      return queue.length;
    },
    get status() {
      return reflector.status;
    },
    pop,
    resync: () => queue.resync(),
    stop,
    async *[Symbol.asyncIterator]() {
      for (let popped = await pop(); popped; popped = await pop()) yield popped;
    },
    [Symbol.asyncDispose]: stop,
  };
}

function remember<T>(known: Map<string, T>, { key, deltas }: KeyedDeltas<T>): void {
  const last = deltas.at(-1)!;
  if (last.type === 'Deleted') known.delete(key);
  else known.set(key, last.object);
}
