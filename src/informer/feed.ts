import type { KubeObject } from '../kubernetes/index.ts';
import { DeltaFIFO } from '../queue/index.ts';
import type { ReflectorStatus } from '../reflector/index.ts';
import type { KubeInformerError, Turns } from '../runtime/index.ts';
import type { Applier } from './applier.ts';
import type { Part } from './part.ts';

/** Where the deltas of an informer come from. */
export interface Feed<T> {
  /** Whether everything that was to be there at first is in the cache. Never goes back. */
  readonly synced: boolean;
  /** Of the parts that the cache depends on, by namespace. */
  reflectors(): ReadonlyMap<string, ReflectorStatus>;
  /** Set while it does not know yet what there is to be: with the reason, if something went wrong. */
  readonly awaiting: { readonly error: KubeInformerError | undefined } | undefined;
  /** Runs until `signal` is aborted. Nothing of it is left when the promise resolves. Does not reject. */
  run(signal: AbortSignal): Promise<void>;
  /** See `Reflector.reconnect`. */
  reconnect(): void;
  /** See `Reflector.relist`. */
  relist(): void;
  /** See `Reflector.retryNow`. */
  retryNow(): void;
  /** A complete state of `part` is in the cache. */
  onListed(part: Part<T>): void;
  /** Something else of `part` was applied, or left out. */
  onProgress(part: Part<T>): void;
}

/** What a feed works with. */
export interface FeedOptions<T extends KubeObject> {
  readonly applier: Applier<T>;
  readonly turns: Turns;
  /** Told once, when `synced` becomes true. */
  readonly onSynced: () => void;
  /** It can't go on, because of the error; or there is nothing to go on with. */
  readonly onEnd: (error: KubeInformerError | undefined) => void;
  readonly onStateChange: () => void;
  readonly report: (error: KubeInformerError) => void;
}

/** A part whose deltas `applier` applies. */
export function newPart<T extends KubeObject>(
  scope: string,
  { applier, turns }: Pick<FeedOptions<T>, 'applier' | 'turns'>,
): Part<T> {
  const queue = new DeltaFIFO<T>({
    onAvailable: () => {
      applier.available(part);
      turns.take(applier.apply);
    },
  });
  const part: Part<T> = { scope, queue, position: '', listed: false, closed: false };
  return part;
}

export function closePart<T>(part: Part<T>): void {
  part.closed = true;
  part.queue.close();
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
