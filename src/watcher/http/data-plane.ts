import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusal } from '../cache/index.ts';
import type { ServerConfig } from '../config/index.ts';
import {
  type Answer,
  parseTarget,
  type QueryService,
  type ReadTarget,
  type Sink,
  statusAnswer,
  statusOf,
} from '../query/index.ts';
import type { Access, Caller } from './access.ts';
import { AnswerCounts, type Route, routeOf } from './answer-counts.ts';

export interface DataPlaneOptions {
  readonly queries: QueryService;
  readonly access: Access;
  readonly limits: ServerConfig['limits'];
}

const prefix = '/cache';

/** Whether a request is one for cached objects. */
export function isDataRequest(url: string): boolean {
  return (
    url.startsWith(prefix) && (url.length === prefix.length || url[prefix.length] === '/' || url[prefix.length] === '?')
  );
}

/**
 * Serves `/cache` on `node:http` itself: the answers are bytes that exist already, and everything around them is to cost less than they do. A request that
 * needs to wait for nothing is answered in the turn in which it came.
 */
export class DataPlane {
  readonly #options: DataPlaneOptions;
  /** What is under way: aborted at the end, so that nothing outlives the server. */
  readonly #streams = new Set<AbortController>();
  /** What was answered, by kind of request and of answer. */
  readonly answers = new AnswerCounts();
  #inFlight = 0;
  #closed = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
  }

  /** Open watches. */
  get streams(): number {
    return this.#streams.size;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url!;
    const mark = url.indexOf('?');
    const target = parseTarget((mark < 0 ? url : url.slice(0, mark)).slice(prefix.length));
    const params = mark < 0 ? undefined : new URLSearchParams(url.slice(mark + 1));
    const route = routeOf(target, isWatch(params));
    const fail = (thrown: unknown) => this.#send(response, statusAnswer(statusOf(thrown)), route);
    try {
      this.#check(request);
      if (!target) throw refusal(404, 'NotFound', 'the server could not find the requested resource');
      const caller = this.#options.access.authenticate(request);
      const allowed =
        caller instanceof Promise
          ? caller.then((who) => this.#authorize(who, target, params))
          : this.#authorize(caller, target, params);
      if (!(allowed instanceof Promise)) this.#answer(target, params, route, request, response);
      else allowed.then(() => this.#answer(target, params, route, request, response)).catch(fail);
    } catch (thrown) {
      fail(thrown);
    }
  }

  /** Ends everything that is under way. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) stream.abort();
  }

  /** @throws ApiStatusError for what is no request to be answered, whatever it asks for */
  #check({ method, url }: IncomingMessage): void {
    const { maxUrlLength } = this.#options.limits;
    if (this.#closed) throw refusal(503, 'ServiceUnavailable', 'the service is about to stop');
    if (method !== 'GET') throw refusal(405, 'MethodNotAllowed', 'this is a cache: it can be read, with GET');
    if (url!.length > maxUrlLength) throw refusal(414, 'RequestURITooLong', `the URL is longer than ${maxUrlLength}`);
  }

  #authorize(caller: Caller, target: ReadTarget, params: URLSearchParams | undefined): Promise<void> | undefined {
    // What there is may be known to whoever may be here.
    if (target.type !== 'objects') return undefined;
    const { group, version, resource, namespace, name } = target;
    const { access, queries } = this.#options;
    // A name that does not determine an object is a condition on all of them.
    const verb = isWatch(params) ? 'watch' : queries.isExact(target) ? 'get' : 'list';
    return access.authorize(caller, { verb, group, version, resource, namespace, name });
  }

  #answer(
    target: ReadTarget,
    params: URLSearchParams | undefined,
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { queries, limits } = this.#options;
    if (this.#inFlight >= limits.maxRequestsInFlight) {
      throw refusal(429, 'TooManyRequests', `${this.#inFlight} requests wait already`, { retryAfterSeconds: 1 });
    }
    let ending: AbortController | undefined;
    const answer = queries.answer(target, {
      params,
      ifNoneMatch: request.headers['if-none-match'],
      // Made only if somebody looks at it, which those who need not wait don't.
      get signal() {
        ending ??= endingOf(response);
        return ending.signal;
      },
    });
    if (!(answer instanceof Promise)) {
      this.#send(response, answer, route);
      return;
    }
    this.#inFlight++;
    void answer
      .then((late) => this.#send(response, late, route))
      .catch((thrown) => this.#send(response, statusAnswer(statusOf(thrown)), route))
      .finally(() => this.#inFlight--);
  }

  #send(response: ServerResponse, answer: Answer, route: Route): void {
    if ('body' in answer) {
      this.answers.add(route, answer.status, answer.headers['x-cache']);
      send(response, answer);
      return;
    }
    const { maxWatches } = this.#options.limits;
    if (this.#closed || this.#streams.size >= maxWatches) {
      throw refusal(429, 'TooManyRequests', `${maxWatches} watches are open already`, { retryAfterSeconds: 5 });
    }
    this.answers.add(route, answer.status, answer.headers['x-cache']);
    const ending = endingOf(response);
    this.#streams.add(ending);
    response.writeHead(answer.status, answer.headers);
    response.flushHeaders();
    void answer
      .stream(sinkOf(response, ending.signal))
      .catch((thrown) => response.write(`${JSON.stringify({ type: 'ERROR', object: statusOf(thrown) })}\n`))
      .finally(() => {
        this.#streams.delete(ending);
        response.end();
      });
  }
}

function isWatch(params: URLSearchParams | undefined): boolean {
  const watch = params?.get('watch');
  return watch === 'true' || watch === '1' || watch === '';
}

/** Aborted when the response is closed. */
function endingOf(response: ServerResponse): AbortController {
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

/** Sends an answer that is there as a whole. */
function send(response: ServerResponse, { status, headers, ...answer }: Answer): void {
  if (!('body' in answer) || response.headersSent) return;
  const { body } = answer;
  let length = 0;
  for (const part of body) length += part.length;
  // A flat list is what node:http makes of an object anyhow.
  const lines = ['content-length', String(length)];
  for (const name in headers) lines.push(name, headers[name]!);
  response.writeHead(status, lines);
  for (let at = 0; at < body.length - 1; at++) response.write(body[at]);
  response.end(body.at(-1));
}
