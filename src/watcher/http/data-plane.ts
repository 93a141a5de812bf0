import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusal } from '../cache/index.ts';
import type { ServerConfig } from '../config/index.ts';
import { type Answer, type QueryService, type ReadTarget, statusAnswer, statusOf } from '../query/index.ts';
import type { Access, Action, Caller } from './access.ts';
import { AnswerCounts, type Route } from './answer-counts.ts';
import { acceptsGzip, gzipped, gzipThreshold } from './compress.ts';
import { type Exchange, HttpQuestion, headerOf } from './http-question.ts';
import { isKindQuery, readKindQuery } from './kind-query.ts';
import { type ReadRequest, ReadRequests, readOf } from './read-request.ts';
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
  if (isKindQuery(url)) return true;
  return (
    url.startsWith(prefix) && (url.length === prefix.length || url[prefix.length] === '/' || url[prefix.length] === '?')
  );
}

/**
 * Serves `/cache` and `/query` on `node:http` itself: the answers are bytes that exist already, and everything around them is to cost less than they do. A request that
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
    const url = request.url!;
    if (isKindQuery(url)) return void this.#handleKindQuery(request, response);
    const read = this.#reads.of(url);
    const fail = (thrown: unknown) => this.#send(response, statusAnswer(statusOf(thrown)), read.route);
    try {
      this.#check(request, ['GET']);
      const { target } = read;
      if (!target) throw refusal(404, 'NotFound', 'the server could not find the requested resource');
      const { access } = this.#options;
      const answer = (caller: Caller) => {
        const authorize = (action: Action) => access.authorize(caller, action);
        this.#answer(target, read, { request, response, authorize });
      };
      const caller = access.authenticate(request);
      if (caller instanceof Promise) {
        caller.then((who) => this.#authorize(who, target, read)?.then(() => answer(who)) ?? answer(who)).catch(fail);
        return;
      }
      const allowed = this.#authorize(caller, target, read);
      if (allowed instanceof Promise) allowed.then(() => answer(caller)).catch(fail);
      else answer(caller);
    } catch (thrown) {
      fail(thrown);
    }
  }

  /** Finds out which resource is meant; then it is a read like any other. */
  async #handleKindQuery(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let route: Route = 'none';
    try {
      this.#check(request, ['GET', 'POST']);
      const { access, limits, queries } = this.#options;
      const caller = await access.authenticate(request);
      const query = await readKindQuery(request, limits.maxBodyBytes);
      const target = await queries.targetOf(query);
      const read = { target, ...readOf(target, query.params), fieldMatches: query.fieldMatches };
      route = read.route;
      await this.#authorize(caller, target, read);
      const authorize = (action: Action) => access.authorize(caller, action);
      this.#answer(target, read, { request, response, authorize });
    } catch (thrown) {
      this.#send(response, statusAnswer(statusOf(thrown)), route);
    }
  }

  /** Takes no more requests. */
  close(): void {
    this.#closed = true;
  }

  /** @throws ApiStatusError for what is no request to be answered, whatever it asks for */
  #check({ method, url }: IncomingMessage, methods: readonly string[]): void {
    const { maxUrlLength } = this.#options.limits;
    if (this.#closed) throw refusal(503, 'ServiceUnavailable', 'the service is about to stop');
    if (!methods.includes(method!)) {
      throw refusal(405, 'MethodNotAllowed', `this is a cache: it can be read, with ${methods.join(' or ')}`);
    }
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

  #answer(target: ReadTarget, read: ReadRequest, exchange: Exchange): void {
    const { route } = read;
    const { response } = exchange;
    const { queries, limits } = this.#options;
    if (this.#inFlight >= limits.maxRequestsInFlight) {
      throw refusal(429, 'TooManyRequests', `${this.#inFlight} requests wait already`, { retryAfterSeconds: 1 });
    }
    const answer = queries.answer(target, new HttpQuestion(read, exchange));
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
  if (length >= gzipThreshold && acceptsGzip(headerOf(response.req, 'accept-encoding'))) {
    sendPacked(response, answer, body).catch((thrown) => {
      // No memory for it, say: the others are to be answered all the same.
      if (response.headersSent) response.destroy();
      else send(response, statusAnswer(statusOf(thrown)));
    });
    return;
  }
  // A flat list is what node:http makes of an object anyhow.
  const lines = ['content-length', String(length)];
  for (const name in headers) lines.push(name, headers[name]!);
  response.writeHead(status, lines);
  for (let at = 0; at < body.length - 1; at++) response.write(body[at]);
  response.end(body.at(-1));
}

/** The same answer, packed: its tag is a weak one then, since its bytes are others. */
async function sendPacked(
  response: ServerResponse,
  { status, headers }: Answer,
  body: readonly Buffer[],
): Promise<void> {
  const packed = await gzipped(body, () => !response.destroyed);
  if (!packed || response.destroyed) return;
  const { etag, ...rest } = headers;
  response.writeHead(status, {
    ...rest,
    ...(etag !== undefined && { etag: `W/${etag}` }),
    'content-encoding': 'gzip',
    'content-length': packed.length,
    vary: 'accept-encoding',
  });
  response.end(packed);
}
