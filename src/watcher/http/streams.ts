import type { ServerResponse } from 'node:http';
import { refusal } from '../cache/index.ts';
import { type Answer, type Sink, statusOf } from '../query/index.ts';

/** An answer that goes on. */
export type StreamAnswer = Extract<Answer, { readonly stream: unknown }>;

/** The answers that go on, of both planes: how many there may be, and that none outlives the server. */
export class Streams {
  readonly #max: number;
  readonly #open = new Set<AbortController>();
  #closed = false;

  constructor(max: number) {
    this.#max = max;
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
    void stream(sinkOf(response, ending.signal))
      .catch((thrown) => response.write(`${JSON.stringify({ type: 'ERROR', object: statusOf(thrown) })}\n`))
      .finally(() => {
        this.#open.delete(ending);
        response.end();
      });
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

function sinkOf(response: ServerResponse, signal: AbortSignal): Sink {
  return {
    signal,
    write: (bytes) => response.write(bytes),
    drained: () =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const done = () => {
          response.off('drain', done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        response.once('drain', done);
        signal.addEventListener('abort', done, { once: true });
      }),
  };
}
