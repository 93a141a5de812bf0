import type { Status } from '../../kubernetes/index.ts';
import { type LoggedRequest, matchesFilter, type RequestFilter } from './request-log.ts';

/** After how much of a body something happens: events (lines) or bytes, whichever is given; with neither, at once. */
export interface Progress {
  readonly events?: number;
  readonly bytes?: number;
}

/** What the server does wrong. Every kind says whether the request is still served. */
export type FaultAction =
  /** Not served: an HTTP error. The body is a `Status`, or `text` as plain text (a proxy's page). */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly details?: NonNullable<Status['details']>;
      /** Seconds, or any text, for the header `Retry-After`. */
      readonly retryAfter?: number | string;
      readonly text?: string;
    }
  /** Not served: status 200 with this body, whatever was asked for. */
  | { readonly kind: 'answer'; readonly body: string; readonly contentType?: string }
  /** Not served: the connection (HTTP/1.1) or stream (HTTP/2) is broken before any header. */
  | { readonly kind: 'reset' }
  /** Not served: the connection stays open and silent, without headers. */
  | { readonly kind: 'stall' }
  /** Not served: as if the resource version that was asked for were in the future, without the wait. */
  | { readonly kind: 'futureResourceVersion' }
  /** Served after `delay` milliseconds by the server's clock. */
  | { readonly kind: 'delay'; readonly delay: number }
  /** Served, then broken in the middle of the body. */
  | ({ readonly kind: 'resetAfter' } & Progress)
  /** Served, then silent for ever with the stream open. */
  | ({ readonly kind: 'stallAfter' } & Progress)
  /** Served, then ended in good order; after a number of bytes that can be in the middle of a line. */
  | ({ readonly kind: 'endAfter' } & Progress)
  /** Served, with `line` put in after so many events. */
  | { readonly kind: 'insertLine'; readonly events: number; readonly line: string }
  /** Served in writes of so many bytes, each in a turn of its own; cuts through characters and lines. */
  | { readonly kind: 'slices'; readonly bytes: number }
  /** Watch only: the stream ends with an ERROR event after so many events. */
  | {
      readonly kind: 'errorEvent';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly details?: NonNullable<Status['details']>;
      /** Default: 0. */
      readonly events?: number;
    }
  /** Watch only: the mark that ends the initial events comes `delay` milliseconds late, or never. */
  | { readonly kind: 'initialEventsEnd'; readonly delay: number | 'never' }
  /** Watch only: no bookmarks but the mark that ends the initial events. */
  | { readonly kind: 'noBookmarks' }
  /** Watch only: a server without streaming lists; `refused` answers 422, `ignored` knows no such parameter. */
  | { readonly kind: 'noWatchList'; readonly as: 'refused' | 'ignored' }
  /** List and watch: the form is a Table though nobody asked for it. */
  | { readonly kind: 'asTable' }
  /** List and watch: the object at this place (from 0) comes without its metadata. */
  | { readonly kind: 'objectWithoutMetadata'; readonly index: number };

/** A fault, the requests it is meant for, and how often it strikes. */
export interface Fault {
  /** Which requests it befalls; all of them if absent. */
  readonly match?: RequestFilter | ((request: LoggedRequest) => boolean);
  /** How many requests it befalls. Default: until it is removed. */
  readonly times?: number;
  /** How many matching requests it lets pass first. Default: 0. */
  readonly skip?: number;
  readonly action: FaultAction;
}

/** A fault that was added. */
export interface ActiveFault {
  /** Requests that it has befallen. */
  readonly hits: number;
  remove(): void;
}

/** Actions after which the request is not served, so that no other fault is looked at. */
const final = new Set<FaultAction['kind']>(['status', 'answer', 'reset', 'stall', 'futureResourceVersion']);

/**
 * The faults of a server. They are tried in the order of their addition; several may befall one request.
 *
 * @example
 * server.faults.add({ match: { verb: 'watch', resource: 'pods' }, times: 1, action: { kind: 'resetAfter', events: 3 } });
 */
export class FaultPlan {
  readonly #faults = new Set<{ readonly fault: Fault; seen: number; hits: number }>();

  /** From now on `fault` befalls the requests that it matches. */
  add(fault: Fault): ActiveFault {
    const entry = { fault, seen: 0, hits: 0 };
    this.#faults.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => void this.#faults.delete(entry),
    };
  }

  /** Removes every fault. Requests that were befallen already stay so. */
  clear(): void {
    this.#faults.clear();
  }

  /** The actions for `request`, which counts as befallen by each of them. */
  take(request: LoggedRequest): FaultAction[] {
    const actions: FaultAction[] = [];
    for (const entry of this.#faults) {
      const { match, times = Number.POSITIVE_INFINITY, skip = 0, action } = entry.fault;
      const matches = typeof match === 'function' ? match(request) : matchesFilter(request, match ?? {});
      if (!matches || entry.hits >= times) continue;
      entry.seen++;
      if (entry.seen <= skip) continue;
      entry.hits++;
      actions.push(action);
      if (final.has(action.kind)) break;
    }
    return actions;
  }
}
