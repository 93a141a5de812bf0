import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../runtime/index.ts';
import type { AnswerGuard } from './answer-guard.ts';
import { type ResponseBody, StreamedBody } from './body.ts';
import type { WireResponse } from './exchange.ts';

/** An answer whose head has arrived. */
export interface KubeResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: '1.1' | '2';
  /** It has to be read, or ended with `discard`. */
  readonly body: ResponseBody;
  /** Ends the exchange; who reads the body is told that it has ended. Idempotent. */
  discard(): void;
}

/** The answer of a connection, as it is handed to callers. `what` names the request in errors. */
export class StreamedResponse implements KubeResponse {
  readonly #answer: WireResponse;
  readonly #body: StreamedBody;

  constructor(answer: WireResponse, guard: AnswerGuard, what: string, clock: Clock) {
    this.#answer = answer;
    this.#body = new StreamedBody(answer, guard, what, clock);
  }

  get status(): number {
    return this.#answer.status;
  }

  get headers(): IncomingHttpHeaders {
    return this.#answer.headers;
  }

  get httpVersion(): '1.1' | '2' {
    return this.#answer.httpVersion;
  }

  get body(): ResponseBody {
    return this.#body;
  }

  discard(): void {
    this.#body.end();
  }
}
