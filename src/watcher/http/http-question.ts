import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventsWanted, Question } from '../query/index.ts';
import { endingOf } from './streams.ts';

/** What a request asks beside its path. Nothing is looked up or made before somebody wants it: most answers need little. */
export class HttpQuestion implements Question {
  readonly params: URLSearchParams | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #ending: AbortController | undefined;

  constructor(params: URLSearchParams | undefined, request: IncomingMessage, response: ServerResponse) {
    this.params = params;
    this.#request = request;
    this.#response = response;
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
function headerOf({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const other = rawHeaders[at]!;
    if (other.length !== name.length || other.toLowerCase() !== name) continue;
    found = found === undefined ? rawHeaders[at + 1]! : `${found}, ${rawHeaders[at + 1]}`;
  }
  return found;
}
