import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../index.ts';
import { type CachedObject, refusal } from '../cache/index.ts';

/** A part of a list. */
export interface Page {
  readonly objects: readonly CachedObject[];
  readonly resourceVersion: string;
  /** Leads to the next page; `undefined` on the last one. */
  readonly token: string | undefined;
  readonly remaining: number | undefined;
}

/** The state that a list in pages is a list of. */
interface Pinned {
  readonly objects: readonly CachedObject[];
  readonly resourceVersion: string;
  /** What was asked for: a token is good for that only. */
  readonly question: string;
  timer: Timer;
}

export interface PagesOptions {
  readonly clock: Clock;
  /** Milliseconds that a state is kept after its last page. */
  readonly keep: number;
  /** States kept at a time; the one that was asked for longest ago goes first. */
  readonly max: number;
}

/**
 * Lists in pages. The first page pins the objects it was cut from, so that the pages together are one state, whatever changes in between. A state that is
 * no longer kept is 410.
 */
export class Pages {
  readonly #options: PagesOptions;
  /** Least recently asked for first. */
  readonly #pinned = new Map<string, Pinned>();

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  /** States that are kept. */
  get size(): number {
    return this.#pinned.size;
  }

  /** The first page of a list. */
  first(objects: readonly CachedObject[], resourceVersion: string, question: string, limit: number): Page {
    if (objects.length <= limit) return { objects, resourceVersion, token: undefined, remaining: undefined };
    const id = randomUUID();
    this.#pin(id, { objects, resourceVersion, question });
    return this.#page(id, this.#pinned.get(id)!, 0, limit);
  }

  /** @throws ApiStatusError 400 for a token that is none or belongs to another question, 410 for a state that is gone. */
  next(token: string, question: string, limit: number): Page {
    const { id, at } = parseToken(token);
    const pinned = this.#pinned.get(id);
    if (!pinned) {
      throw refusal(
        410,
        'Expired',
        'The state that this continue token belongs to is no longer kept: list again from the beginning.',
      );
    }
    if (pinned.question !== question || at >= pinned.objects.length) throw invalidToken();
    this.#pin(id, pinned);
    return this.#page(id, pinned, at, limit);
  }

  close(): void {
    for (const { timer } of this.#pinned.values()) timer.cancel();
    this.#pinned.clear();
  }

  #page(id: string, { objects, resourceVersion }: Pinned, at: number, limit: number): Page {
    const end = limit === 0 ? objects.length : at + limit;
    const remaining = objects.length - end;
    const isLast = remaining <= 0;
    return {
      objects: objects.slice(at, end),
      resourceVersion,
      token: isLast ? undefined : Buffer.from(JSON.stringify({ id, at: end })).toString('base64url'),
      remaining: isLast ? undefined : remaining,
    };
  }

  #pin(id: string, state: Omit<Pinned, 'timer'>): void {
    this.#drop(id);
    const timer = this.#options.clock.setTimer(() => this.#pinned.delete(id), this.#options.keep);
    this.#pinned.set(id, { ...state, timer });
    const [oldest] = this.#pinned.keys();
    if (this.#pinned.size > this.#options.max) this.#drop(oldest!);
  }

  #drop(id: string): void {
    this.#pinned.get(id)?.timer.cancel();
    this.#pinned.delete(id);
  }
}

function parseToken(token: string): { readonly id: string; readonly at: number } {
  try {
    const { id, at } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { id?: unknown; at?: unknown };
    if (typeof id === 'string' && typeof at === 'number' && Number.isSafeInteger(at) && at > 0) return { id, at };
  } catch {
    // Not ours: refused below, whatever it is.
  }
  throw invalidToken();
}

function invalidToken(): Error {
  const message = 'the continue token is not one of this list';
  return refusal(400, 'BadRequest', message, { causes: [{ reason: 'FieldValueInvalid', message, field: 'continue' }] });
}
