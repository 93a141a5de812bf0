import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusal } from '../cache/index.ts';
import type { ServerConfig } from '../config/index.ts';
import {
  type Answer,
  parseTarget,
  type QueryService,
  type ReadTarget,
  statusAnswer,
  statusOf,
} from '../query/index.ts';
import type { Access, Caller } from './access.ts';
import { AnswerCounts, type Route, routeOf } from './answer-counts.ts';
import { endingOf, type Streams } from './streams.ts';

export interface DataPlaneOptions {
  readonly queries: QueryService;
  readonly access: Access;
  readonly limits: ServerConfig['limits'];
  readonly streams: Streams;
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
  /** What was answered, by kind of request and of answer. */
  readonly answers = new AnswerCounts();
  #inFlight = 0;
  #closed = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
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

  /** Takes no more requests. */
  close(): void {
    this.#closed = true;
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
      accept: request.headers.accept,
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
    const { streams } = this.#options;
    streams.admit();
    this.answers.add(route, answer.status, answer.headers['x-cache']);
    streams.open(response, answer);
  }
}

function isWatch(params: URLSearchParams | undefined): boolean {
  const watch = params?.get('watch');
  return watch === 'true' || watch === '1' || watch === '';
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
