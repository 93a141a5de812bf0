import type { ServerResponse } from 'node:http';
import type { Clock } from '../../index.ts';
import { refusal } from '../cache/index.ts';
import { type Answer, type Sink, statusOf } from '../query/index.ts';

/** An answer that goes on. */
export type StreamAnswer = Extract<Answer, { readonly stream: unknown }>;

/** Time for the end of a stream to be read, milliseconds. */
const longestEnd = 10_000;

/** Who has no room for this long is dropped, milliseconds. A watch tells so, half of that time before. */
const longestStall = 120_000;

/** Milliseconds after which a stream ends that says no time of its own. */
const lifetime = 1_800_000;

/** The answers that go on, of both planes: how many there may be, that none outlives the server, nor for long who reads it. */
export class Streams {
  readonly #max: number;
  readonly #clock: Clock;
  readonly #open = new Set<AbortController>();
  #closed = false;

  constructor(max: number, clock: Clock) {
    this.#max = max;
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws ApiStatusError 429 if there are too many */
  admit(): void {
    if (!this.#closed && this.#open.size < this.#max) return;
    throw refusal(429, 'TooManyRequests', `${this.#max} watches are open already`, { retryAfterSeconds: 5 });
  }

  /** @throws ApiStatusError 429 if there are too many */
  open(response: ServerResponse, { status, headers, stream }: StreamAnswer): void {
    this.admit();
    const ending = endingOf(response);
    this.#open.add(ending);
    response.writeHead(status, headers);
    response.flushHeaders();
    void stream(sinkOf(response, ending.signal, this.#clock))
      .catch((thrown) => response.write(`${JSON.stringify({ type: 'ERROR', object: statusOf(thrown) })}\n`))
      .finally(() => {
        this.#open.delete(ending);
        this.#end(response);
      });
  }

  /** A stream that ends after half an hour, as watches do: of who asks again it is looked at again what they may. */
  limited(stream: StreamAnswer['stream']): StreamAnswer['stream'] {
    return async (sink) => {
      const over = new AbortController();
      const timer = this.#clock.setTimer(() => over.abort(), lifetime);
      try {
        await stream({ ...sink, signal: AbortSignal.any([sink.signal, over.signal]) });
      } finally {
        timer.cancel();
      }
    };
  }

  /** What is written is on its way; who does not read it holds the connection for no longer than a while. */
  #end(response: ServerResponse): void {
    response.end();
    if (response.closed || response.destroyed) return;
    const timer = this.#clock.setTimer(() => response.destroy(), longestEnd);
    response.once('close', () => timer.cancel());
  }

  /** Ends all. */
  close(): void {
    this.#closed = true;
    for (const ending of this.#open) ending.abort();
  }
}

/** Aborted when the response is closed. */
export function endingOf(response: ServerResponse): AbortController {
  const controller = new AbortController();
  if (response.closed) controller.abort();
  else response.once('close', () => controller.abort());
  return controller;
}

function sinkOf(response: ServerResponse, signal: AbortSignal, clock: Clock): Sink {
  return {
    signal,
    write: (bytes) => response.write(bytes),
    drained: () =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const timer = clock.setTimer(() => response.destroy(), longestStall);
        const done = () => {
          timer.cancel();
          response.off('drain', done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        response.once('drain', done);
        signal.addEventListener('abort', done, { once: true });
      }),
  };
}
