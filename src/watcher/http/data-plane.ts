import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusal } from '../cache/index.ts';
import type { ServerConfig } from '../config/index.ts';
import { type Answer, type QueryService, type ReadTarget, statusAnswer, statusOf } from '../query/index.ts';
import type { Access, Caller } from './access.ts';
import { AnswerCounts, type Route } from './answer-counts.ts';
import { HttpQuestion } from './http-question.ts';
import { type ReadRequest, ReadRequests } from './read-request.ts';
import type { Streams } from './streams.ts';

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
  readonly #reads = new ReadRequests(prefix);
  #inFlight = 0;
  #closed = false;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const read = this.#reads.of(request.url!);
    const fail = (thrown: unknown) => this.#send(response, statusAnswer(statusOf(thrown)), read.route);
    try {
      this.#check(request);
      const { target } = read;
      if (!target) throw refusal(404, 'NotFound', 'the server could not find the requested resource');
      const caller = this.#options.access.authenticate(request);
      const allowed =
        caller instanceof Promise
          ? caller.then((who) => this.#authorize(who, target, read))
          : this.#authorize(caller, target, read);
      if (!(allowed instanceof Promise)) this.#answer(target, read, request, response);
      else allowed.then(() => this.#answer(target, read, request, response)).catch(fail);
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

  #authorize(caller: Caller, target: ReadTarget, { isWatch }: ReadRequest): Promise<void> | undefined {
    // What there is may be known to whoever may be here.
    if (target.type !== 'objects') return undefined;
    const { group, version, resource, namespace, name } = target;
    const { access, queries } = this.#options;
    // A name that does not determine an object is a condition on all of them.
    const verb = isWatch ? 'watch' : queries.isExact(target) ? 'get' : 'list';
    return access.authorize(caller, { verb, group, version, resource, namespace, name });
  }

  #answer(
    target: ReadTarget,
    { params, route }: ReadRequest,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { queries, limits } = this.#options;
    if (this.#inFlight >= limits.maxRequestsInFlight) {
      throw refusal(429, 'TooManyRequests', `${this.#inFlight} requests wait already`, { retryAfterSeconds: 1 });
    }
    const answer = queries.answer(target, new HttpQuestion(params, request, response));
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

/** Sends an answer that is there as a whole. */
function send(response: ServerResponse, answer: Answer): void {
  if (!('body' in answer) || response.headersSent) return;
  const { status, headers, body } = answer;
  let length = 0;
  for (const part of body) length += part.length;
  // A flat list is what node:http makes of an object anyhow.
  const lines = ['content-length', String(length)];
  for (const name in headers) lines.push(name, headers[name]!);
  response.writeHead(status, lines);
  for (let at = 0; at < body.length - 1; at++) response.write(body[at]);
  response.end(body.at(-1));
}
