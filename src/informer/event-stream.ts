import type { EventHandler, InformerEvent } from './events.ts';
import type { EventHandlerOptions, HandlerRegistration } from './options.ts';

interface Source<T> {
  addEventHandler(handler: EventHandler<T>, options: EventHandlerOptions): HandlerRegistration;
}

type Result<T> = IteratorResult<InformerEvent<T>, undefined>;

/**
 * A handler turned inside out. Each event is handed over when the reader asks for it; until the reader asks for the next one the handler's
 * promise is open, so that the events behind it wait in the handler's own line, under its overflow policy.
 *
 * Not an async generator: `return` of one of those would wait for a pending `next`.
 */
export class EventStream<T> implements AsyncIterableIterator<InformerEvent<T>, undefined> {
  readonly #source: Source<T>;
  readonly #options: EventHandlerOptions;
  readonly #signal: AbortSignal | undefined;
  #registration: HandlerRegistration | undefined;
  #offered: InformerEvent<T> | undefined;
  /** Ends the handler call of the event that was offered last. */
  #taken: (() => void) | undefined;
  /** Calls of `next` that wait for an event. */
  #readers: PromiseWithResolvers<Result<T>>[] = [];
  #ended = false;
  /** Thrown to the reader once. */
  #failure: unknown;

  constructor(source: Source<T>, { signal, ...options }: EventHandlerOptions & { readonly signal?: AbortSignal }) {
    this.#source = source;
    this.#options = { name: 'events', ...options };
    this.#signal = signal;
  }

  async next(): Promise<Result<T>> {
    if (!this.#registration && !this.#ended) this.#begin();
    if (this.#ended) return this.#last();
    if (this.#readers.length === 0) {
      const event = this.#offered;
      if (event) {
        this.#offered = undefined;
        return { done: false, value: event };
      }
      this.#taken?.();
    }
    const reader = Promise.withResolvers<Result<T>>();
    this.#readers.push(reader);
    return reader.promise;
  }

  async return(): Promise<Result<T>> {
    this.#end();
    this.#failure = undefined;
    await this.#registration?.remove();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #begin(): void {
    if (this.#signal?.aborted) {
      this.#ended = true;
      return;
    }
    this.#registration = this.#source.addEventHandler((event) => this.#offer(event), this.#options);
    this.#signal?.addEventListener('abort', this.#end, { once: true });
    this.#registration.closed.then(this.#end, (reason) => {
      this.#failure = reason;
      this.#end();
    });
  }

  #offer(event: InformerEvent<T>): Promise<void> {
    const taken = Promise.withResolvers<void>();
    this.#taken = taken.resolve;
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ done: false, value: event });
    else this.#offered = event;
    // Somebody waits for the next one already.
    if (this.#readers.length > 0) taken.resolve();
    return taken.promise;
  }

  readonly #end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#offered = undefined;
    this.#signal?.removeEventListener('abort', this.#end);
    this.#taken?.();
    void this.#registration?.remove();
    for (const reader of this.#readers.splice(0)) this.#last().then(reader.resolve, reader.reject);
  };

  async #last(): Promise<Result<T>> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
    return { done: true, value: undefined };
  }
}
