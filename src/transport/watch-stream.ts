import type { WatchEvent, WatchStream } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';
import type { ResponseBody } from './body.ts';
import type { WatchDecoder } from './decode/index.ts';
import type { KubeResponse } from './response.ts';

/** So many events are handed on at once, and those of the piece that the last of them is in: how long they have taken is looked at in between. */
const batchSize = 32;

/** A state of which so many bytes have come is a large one: nobody waits for its next object, and all wait for its end. */
const largeState = 256 * 1024;

/** What a watch begins with: the whole state, up to a bookmark, or changes alone. */
export type Opening = 'state' | 'changes';

/** The events in the body of an answer. A connection that breaks is an ordinary end: whoever watches goes on where he was. */
export class BodyWatchStream<T> implements WatchStream<T> {
  readonly #response: KubeResponse;
  readonly #decoder: WatchDecoder<T>;
  readonly #signal: AbortSignal;
  #closed = false;
  #phase: Opening;
  #bytes = 0;

  constructor(response: KubeResponse, decoder: WatchDecoder<T>, signal: AbortSignal, opening: Opening) {
    this.#response = response;
    this.#decoder = decoder;
    this.#signal = signal;
    this.#phase = opening;
  }

  close(): void {
    this.#closed = true;
    this.#response.discard();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly WatchEvent<T>[]> {
    if (this.#closed) return;
    try {
      const { body } = this.#response;
      do {
        const events: WatchEvent<T>[] = [];
        const failure = this.#decode(body, events);
        if (events.length > 0) yield events;
        if (failure) throw failure.thrown;
      } while (await body.more(this.#phase === 'state' && this.#bytes > largeState ? 'patient' : 'soon'));
    } catch (thrown) {
      if (this.#closed) return;
      this.#signal.throwIfAborted();
      if (!(thrown instanceof KubeInformerError && thrown.code === 'ConnectionFailed')) throw thrown;
    } finally {
      this.close();
    }
  }

  /** Adds the events in what has come of the body. What came before a failure is good all the same. */
  #decode(body: ResponseBody, events: WatchEvent<T>[]): { readonly thrown: unknown } | undefined {
    try {
      while (events.length < batchSize) {
        const piece = body.take();
        if (!piece) break;
        this.#bytes += piece.length;
        for (const event of this.#decoder.push(piece)) {
          if (event.type === 'BOOKMARK') this.#phase = 'changes';
          events.push(event);
        }
      }
      return undefined;
    } catch (thrown) {
      return { thrown };
    }
  }
}
