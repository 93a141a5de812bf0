import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiResource } from '../../index.ts';
import type { EventsWanted, Question } from '../query/index.ts';
import type { Action } from './access.ts';
import { endingOf } from './streams.ts';

/** A request, and what who sent it may do. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Needed where an answer takes more than the kind that is asked for. @throws ApiStatusError 403 */
  readonly authorize?: (action: Action) => Promise<void> | undefined;
}

/** What a request asks beside its path. Nothing is looked up or made before somebody wants it: most answers need little. */
export class HttpQuestion implements Question {
  readonly params: Question['params'];
  readonly fieldMatches: Question['fieldMatches'];
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #authorize: Exchange['authorize'];
  #ending: AbortController | undefined;

  constructor(
    { params, fieldMatches }: Pick<Question, 'params' | 'fieldMatches'>,
    { request, response, authorize }: Exchange,
  ) {
    this.params = params;
    this.fieldMatches = fieldMatches;
    this.#request = request;
    this.#response = response;
    this.#authorize = authorize;
  }

  mayList({ group, version, resource }: ApiResource, namespace: string | undefined): Promise<void> | undefined {
    return this.#authorize?.({ verb: 'list', group, version, resource, namespace, name: undefined });
  }

  get accept(): string | undefined {
    return headerOf(this.#request, 'accept');
  }

  get ifNoneMatch(): string | undefined {
    return headerOf(this.#request, 'if-none-match');
  }

  get events(): EventsWanted | undefined {
    if (!this.accept?.includes('text/event-stream')) return undefined;
    return { after: headerOf(this.#request, 'last-event-id') };
  }

  get signal(): AbortSignal {
    this.#ending ??= endingOf(this.#response);
    return this.#ending.signal;
  }
}

/** A header that is a list. `request.headers` would be made of all of them first. @param name in lower case. */
export function headerOf({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const other = rawHeaders[at]!;
    if (other.length !== name.length || other.toLowerCase() !== name) continue;
    found = found === undefined ? rawHeaders[at + 1]! : `${found}, ${rawHeaders[at + 1]}`;
  }
  return found;
}
