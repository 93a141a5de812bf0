import { type KubeObject, keyOf } from '../kubernetes/index.ts';
import {
  asKubeInformerError,
  Backoff,
  type Clock,
  type KubeInformerError,
  requireAtLeast,
  sleep,
  type Timer,
} from '../runtime/index.ts';
import {
  type Checkpoint,
  type CheckpointEntry,
  type CheckpointEvent,
  type CheckpointHandler,
  type CheckpointOptions,
  entryOf,
  sameEntry,
} from './checkpoint.ts';
import { dispatch, type InformerEvent, type ResourceEventHandler } from './events.ts';

const defaultInterval = 10_000;
const loadBackoff = { initial: 1_000, factor: 2, max: 30_000, jitter: 0, resetAfter: 120_000 };

export interface CheckpointedOptions extends CheckpointOptions {
  readonly clock: Clock;
  readonly report: (error: KubeInformerError) => void;
}

/**
 * Stands before a handler and gives it what changed since the checkpoint was saved, instead of the initial list; then everything as it comes.
 *
 * Invariants:
 * - `#handled` holds what the handler has handled without failing, and nothing else: what failed is given again after a restart.
 * - The handler is called only once the checkpoint is loaded: without it, what is new could not be told from what is known.
 * - Saves never overlap; a timer is set only while something is unsaved and the handler is in its place.
 */
export class Checkpointed<T extends KubeObject> implements ResourceEventHandler<T> {
  readonly #handler: CheckpointHandler<T>;
  readonly #options: CheckpointedOptions;
  readonly #closing = new AbortController();
  readonly #loaded: Promise<boolean>;
  #handled = new Map<string, CheckpointEntry>();
  /** Keys of the checkpoint that the initial list has not shown yet. */
  #unseen = new Set<string>();
  #unsaved = false;
  #timer: Timer | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** @throws KubeInformerError `InvalidOption` */
  constructor(handler: CheckpointHandler<T>, options: CheckpointedOptions) {
    requireAtLeast('checkpoint.interval', options.interval ?? defaultInterval, 0);
    this.#handler = handler;
    this.#options = options;
    this.#loaded = this.#load();
  }

  readonly onAdd = (_object: unknown, event: InformerEvent<T>): Promise<void> => this.#give(event);
  readonly onUpdate = (_old: unknown, _object: unknown, event: InformerEvent<T>): Promise<void> => this.#give(event);
  readonly onDelete = (_object: unknown, event: InformerEvent<T>): Promise<void> => this.#give(event);

  async onSynced(): Promise<void> {
    if (!(await this.#loaded)) return;
    for (const key of Array.from(this.#unseen)) {
      if (this.#closing.signal.aborted) return;
      try {
        await this.#missedDelete(key);
      } catch (thrown) {
        const hint = 'It is told of the deletion again after the next restart.';
        this.#options.report(asKubeInformerError(thrown, 'HandlerFailed', `the missed deletion of ${key}`, hint));
      }
    }
    const handler = this.#handler;
    if (typeof handler !== 'function') await handler.onSynced?.();
  }

  async onClose(): Promise<void> {
    this.stop();
    if ((await this.#loaded) && this.#unsaved) this.#save();
    await this.#saving;
    const handler = this.#handler;
    if (typeof handler !== 'function') await handler.onClose?.();
  }

  /** No new call, no timer; a load that does not succeed is given up. */
  stop(): void {
    this.#closing.abort();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #give(event: InformerEvent<T>): Promise<void> {
    if (!(await this.#loaded) || this.#closing.signal.aborted) return;
    const key = keyOf(event.object as KubeObject);
    const now = entryOf(event.object as KubeObject);
    const last = this.#unseen.has(key) ? this.#handled.get(key) : undefined;
    if (!last || event.type !== 'add') {
      await this.#call(event);
    } else if (last.uid !== now.uid) {
      await this.#missedDelete(key);
      await this.#call(event);
    } else {
      this.#unseen.delete(key);
      if (sameEntry(last, now)) return;
      await this.#call({ type: 'missedUpdate', object: event.object, last });
    }
    if (event.type === 'delete') this.#handled.delete(key);
    else this.#handled.set(key, now);
    if (event.type !== 'update' || !event.isResync) this.#changed();
  }

  async #missedDelete(key: string): Promise<void> {
    this.#unseen.delete(key);
    const last = this.#handled.get(key);
    if (!last) return;
    await this.#call({ type: 'missedDelete', key, last });
    this.#handled.delete(key);
    this.#changed();
  }

  #call(event: CheckpointEvent<T>): unknown {
    const handler = this.#handler;
    if (typeof handler === 'function') return handler(event);
    if (event.type === 'missedUpdate') return handler.onMissedUpdate?.(event.object, event);
    if (event.type === 'missedDelete') return handler.onMissedDelete?.(event.key, event);
    return dispatch(handler, event);
  }

  /** Tries until it has it, or nobody wants it any more. @returns whether it has it. */
  async #load(): Promise<boolean> {
    const { store, clock } = this.#options;
    const { signal } = this.#closing;
    const backoff = new Backoff(loadBackoff, clock, () => 0);
    while (!signal.aborted) {
      try {
        const checkpoint = await store.load();
        this.#handled = new Map(checkpoint);
        this.#unseen = new Set(checkpoint?.keys());
        return true;
      } catch (thrown) {
        this.#report(thrown, 'the checkpoint could not be loaded', 'Until it is, the handler is not called.');
        await sleep(clock, backoff.next(), signal);
      }
    }
    return false;
  }

  #changed(): void {
    this.#unsaved = true;
    if (this.#timer || this.#closing.signal.aborted) return;
    const { clock, interval = defaultInterval } = this.#options;
    this.#timer = clock.setTimer(() => {
      this.#timer = undefined;
      this.#save();
    }, interval);
  }

  #save(): void {
    this.#unsaved = false;
    const { store } = this.#options;
    const checkpoint: Checkpoint = new Map(this.#handled);
    this.#saving = this.#saving
      .then(() => store.save(checkpoint))
      .catch((thrown: unknown) => {
        this.#report(thrown, 'the checkpoint could not be saved', 'It is tried again after the next event.');
        this.#unsaved = true;
      });
  }

  #report(thrown: unknown, prefix: string, hint: string): void {
    this.#options.report(asKubeInformerError(thrown, 'CheckpointFailed', prefix, hint));
  }
}
