import { dispatch, type HandlerRegistration, type InformerEvent, type SharedIndexInformer } from '../informer/index.ts';
import type { KubeObject } from '../kubernetes/index.ts';
import { type Clock, KubeInformerError, messageOf } from '../runtime/index.ts';
import { Relay } from './relay.ts';
import type { WatchHandlers } from './request.ts';

export interface SubscriptionOptions {
  /** The key of the watch: the name in messages. */
  readonly name: string;
  readonly handlers: WatchHandlers<KubeObject>;
  /** The key of the one object in the cache; `undefined`: all objects. */
  readonly objectKey: string | undefined;
  /** Milliseconds; 0: never. */
  readonly resyncPeriod: number;
  /** Above so many waiting events, those of one object are merged. */
  readonly queueLimit: number;
  readonly clock: Clock;
  /** An event is about to be handed over: the state of the target may have changed. */
  readonly onEvent: (event: InformerEvent<KubeObject>) => void;
  /** A call has ended, after so many seconds. */
  readonly onCall: (event: InformerEvent<KubeObject>, seconds: number, failed: boolean) => void;
  readonly onError: (error: KubeInformerError) => void;
}

/** How the handlers do. */
export interface HandlerState {
  /** Milliseconds for which the present call has been waited for; `undefined` if none is. */
  readonly callFor: number | undefined;
  /** Events that wait. */
  readonly lag: number;
  /** What the last call failed with; `undefined` if it did not. */
  readonly failure: KubeInformerError | undefined;
}

/**
 * The handlers of a watch, and the informer that tells them at the moment. The informer may be changed for another at any time after that has
 * synced: `Relay` sees to it that the handlers notice nothing.
 *
 * Invariants: calls never overlap, also across informers; after `close` none begins but `onClose`.
 */
export class Subscription {
  readonly handlers: WatchHandlers<KubeObject>;
  /** Resolves when the handlers have finished the initial state; rejects with `SyncAborted` if they are closed before. */
  readonly ready: Promise<void>;
  #options: SubscriptionOptions;
  readonly #relay: Relay;
  readonly #ready = Promise.withResolvers<void>();
  #registration: HandlerRegistration | undefined;
  #callSince: number | undefined;
  #failure: KubeInformerError | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: SubscriptionOptions) {
    this.handlers = options.handlers;
    this.#options = options;
    this.#relay = new Relay({ deliver: (event) => this.#deliver(event), onSynced: () => this.#synced() });
    this.ready = this.#ready.promise;
    // Nobody has to wait for it.
    this.ready.catch(() => undefined);
  }

  get state(): HandlerState {
    const { clock } = this.#options;
    return {
      callFor: this.#callSince === undefined ? undefined : clock.monotonic() - this.#callSince,
      lag: this.#registration?.lag ?? 0,
      failure: this.#failure,
    };
  }

  /** Goes on under another watch, for another target perhaps: what is not `wanted` there is forgotten without an event. */
  adapt(options: SubscriptionOptions, wanted: (object: KubeObject) => boolean): void {
    this.#options = options;
    this.#relay.keepOnly(wanted);
  }

  /**
   * Listens to `informer` from now on, which has synced, and to no other. One that is about to end tells nothing: another will follow.
   *
   * @param before what is to be waited for, beside the last call that came from the informer before
   */
  listenTo(informer: SharedIndexInformer<KubeObject>, before?: Promise<unknown>): void {
    if (this.#closed) return;
    const { name, objectKey, resyncPeriod, queueLimit } = this.#options;
    // Its last call is waited for by the relay.
    void this.#registration?.remove();
    this.#registration = undefined;
    try {
      this.#registration = informer.addEventHandler(this.#relay.next(informer, before), {
        name,
        resyncPeriod,
        overflow: { policy: 'coalesce', above: queueLimit },
        ...(objectKey !== undefined && { key: objectKey }),
      });
    } catch (thrown) {
      if (!(thrown instanceof KubeInformerError && thrown.code === 'AlreadyStopped')) throw thrown;
    }
  }

  /** Tells the handlers of a failure that they have not caused. */
  tell(error: KubeInformerError): void {
    if (typeof this.handlers === 'function' || this.#closed) return;
    void this.#guard('onError', () => (this.handlers as { onError?(error: unknown): unknown }).onError?.(error));
  }

  /** No call begins any more. Resolves when the one under way has ended, or ten seconds are over. Idempotent, does not reject. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const hint = 'Nothing to mend if that was meant.';
    this.#ready.reject(new KubeInformerError('SyncAborted', `${this.#options.name} was stopped`, { hint }));
    // That it was given up is reported by the informer.
    await this.#registration?.remove().catch(() => undefined);
    const { handlers } = this;
    if (typeof handlers !== 'function') await this.#guard('onClose', () => handlers.onClose?.());
  }

  async #synced(): Promise<void> {
    if (this.#closed) return;
    const { handlers } = this;
    if (typeof handlers !== 'function') await this.#guard('onSynced', () => handlers.onSynced?.());
    this.#ready.resolve();
  }

  /** Hands one event over. Neither throws nor rejects. */
  #deliver(event: InformerEvent<KubeObject>): unknown {
    if (this.#closed) return undefined;
    const { clock, onEvent } = this.#options;
    onEvent(event);
    this.#callSince = clock.monotonic();
    try {
      const result = dispatch(this.handlers, event);
      if (!isThenable(result)) return this.#called(event, undefined);
      return Promise.resolve(result).then(
        () => this.#called(event, undefined),
        (thrown) => this.#called(event, this.#failed('handler', thrown)),
      );
    } catch (thrown) {
      return this.#called(event, this.#failed('handler', thrown));
    }
  }

  #called(event: InformerEvent<KubeObject>, failure: KubeInformerError | undefined): void {
    const { clock, onCall, onError } = this.#options;
    const seconds = (clock.monotonic() - (this.#callSince ?? 0)) / 1_000;
    this.#callSince = undefined;
    this.#failure = failure;
    onCall(event, seconds, failure !== undefined);
    if (!failure) return;
    onError(failure);
    this.tell(failure);
  }

  async #guard(what: string, call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (thrown) {
      this.#options.onError(this.#failed(what, thrown));
    }
  }

  #failed(what: string, thrown: unknown): KubeInformerError {
    return new KubeInformerError('HandlerFailed', `${what} of ${this.#options.name} failed: ${messageOf(thrown)}`, {
      cause: thrown,
      hint: 'The watch goes on with the next event. Retry failed work through a work queue.',
    });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
