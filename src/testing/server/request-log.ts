import type { Request } from './answer.ts';
import type { Verb } from './request-info.ts';

/** One request as the server saw it. `status` is `0` until the answer begins. */
export interface LoggedRequest {
  /** Wall-clock time by the server's clock, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** `1.1` or `2.0`. */
  readonly httpVersion: string;
  /** A number for each TCP connection, from 1. */
  readonly connection: number;
  readonly userAgent: string;
  readonly accept: string;
  readonly user: string;
  readonly status: number;
  /** `undefined` for paths that are no resource's: discovery, health, nothing at all. */
  readonly verb: Verb | undefined;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

export type RequestEntry = { -readonly [K in keyof LoggedRequest]: LoggedRequest[K] };

/** The entry of a request that has just come in. */
export function requestEntry(request: Request, at: { readonly at: number; readonly connection: number }): RequestEntry {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return {
    ...at,
    method: request.method ?? 'GET',
    url,
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    httpVersion: request.httpVersion,
    userAgent: request.headers['user-agent'] ?? '',
    accept: request.headers.accept ?? '',
    user: '',
    status: 0,
    verb: undefined,
    group: '',
    version: '',
    resource: '',
    namespace: '',
    name: '',
    subresource: '',
  };
}

/** What to look for in the log. Everything that is given must agree. */
export interface RequestFilter {
  readonly verb?: Verb | readonly Verb[];
  readonly method?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string | RegExp;
  readonly userAgent?: string | RegExp;
  readonly status?: number;
  readonly user?: string;
}

export function matchesFilter(request: LoggedRequest, filter: RequestFilter): boolean {
  const { verb, path, userAgent, ...exact } = filter;
  if (typeof verb === 'string' && request.verb !== verb) return false;
  if (Array.isArray(verb) && !verb.includes(request.verb)) return false;
  if (path !== undefined && !matchesText(request.path, path)) return false;
  if (userAgent !== undefined && !matchesText(request.userAgent, userAgent)) return false;
  for (const [key, value] of Object.entries(exact)) {
    if (value !== undefined && request[key as keyof LoggedRequest] !== value) return false;
  }
  return true;
}

function matchesText(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text === wanted : wanted.test(text);
}

/** The requests since the start or the last `clear`, oldest first. */
export class RequestLog implements Iterable<LoggedRequest> {
  #entries: RequestEntry[] = [];

  /** How many requests there were. */
  get length(): number {
    return this.#entries.length;
  }

  /** @internal The server's own. */
  add(entry: RequestEntry): void {
    this.#entries.push(entry);
  }

  /** All of them, or those that match. */
  all(filter: RequestFilter = {}): LoggedRequest[] {
    return this.#entries.filter((entry) => matchesFilter(entry, filter));
  }

  /** How many match; all of them without a filter. */
  count(filter: RequestFilter = {}): number {
    return this.all(filter).length;
  }

  /** The newest that matches. */
  last(filter: RequestFilter = {}): LoggedRequest | undefined {
    return this.#entries.findLast((entry) => matchesFilter(entry, filter));
  }

  /** Forgets everything so far. */
  clear(): void {
    this.#entries = [];
  }

  [Symbol.iterator](): Iterator<LoggedRequest> {
    return this.#entries[Symbol.iterator]();
  }
}
