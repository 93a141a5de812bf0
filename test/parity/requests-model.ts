import fc from 'fast-check';
import { KubeInformerError } from '../../src/runtime/index.ts';
import {
  type Answer,
  added,
  bookmark,
  type Event,
  mark,
  modified,
  page,
  type SentRequest,
  statusError,
  widget,
} from '../unit/reflector/scripted-lister-watcher.ts';

const errors = {
  expired: statusError(410, 'Expired'),
  gone: statusError(410, 'Gone'),
  busy: statusError(429, 'TooManyRequests'),
  failed: statusError(500, 'InternalError'),
  unreadable: statusError(500, 'StorageReadError'),
  forbidden: statusError(403, 'Forbidden'),
  invalid: statusError(422, 'Invalid'),
  broken: new KubeInformerError('ConnectionFailed', 'reset', { hint: '' }),
};
type Fault = keyof typeof errors;
const fault = fc.constantFrom(...(Object.keys(errors) as Fault[]));

/** What the server makes of one request, whichever it is: what does not apply to its kind is not looked at. */
export interface Deed {
  /** The request, or the stream that it opened, fails with this. */
  readonly fault: Fault | undefined;
  readonly fails: 'on opening' | 'inside';
  /** How the initial events end. */
  readonly mark: 'mark' | 'end' | 'bookmark';
  /** Of a list: whether there is a second page, and what it fails with. */
  readonly second: 'none' | 'good' | Fault;
  /** The list has no version, as some servers of other people have it. */
  readonly nameless: boolean;
  readonly changes: readonly ('ADDED' | 'MODIFIED' | 'BOOKMARK')[];
  readonly ends: 'early' | 'late';
}

const deed: fc.Arbitrary<Deed> = fc.record({
  fault: fc.option(fault, { nil: undefined, freq: 2 }),
  fails: fc.constantFrom('on opening' as const, 'inside' as const),
  mark: fc.constantFrom('mark' as const, 'mark' as const, 'mark' as const, 'end' as const, 'bookmark' as const),
  second: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('none' as const, 'good' as const) },
    { weight: 1, arbitrary: fault },
  ),
  nameless: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  changes: fc.array(fc.constantFrom('ADDED' as const, 'MODIFIED' as const, 'BOOKMARK' as const), { maxLength: 3 }),
  ends: fc.constantFrom('early' as const, 'late' as const),
});

/** Deeds, some of them several times in a row: much is decided by what failed before in the same way. */
export const deeds: fc.Arbitrary<readonly Deed[]> = fc
  .array(fc.tuple(deed, fc.integer({ min: 1, max: 4 })), { maxLength: 12 })
  .map((runs) => runs.flatMap(([one, times]) => Array<Deed>(times).fill(one)));

interface Pending {
  readonly second: Deed['second'];
  readonly asked: string;
  readonly version: string;
}

/**
 * A server that does a list of deeds, and a model of the reflector that says, before each request, which one it has to be. The model knows
 * the rules for versions and page sizes and nothing of times.
 */
export class RequestsModel {
  /** Requests that were others than they had to be. */
  readonly faults: string[] = [];
  #expected: string;
  #version = 100;
  readonly #deeds: Deed[];
  readonly #streams: boolean;
  /** What the last complete state, or the last change after it, was as of; `undefined`: nothing yet. */
  #position: string | undefined;
  /** The server said that it has that no longer. */
  #lost = false;
  #cameInPages = false;
  #streamsRefused = false;
  /** Streams in a row that came to nothing. */
  #vainStreams = 0;
  /** Watches in a row that failed, in a way that may be due to their version, without having brought anything. */
  #vainResumes = 0;
  /** The second page that is asked for next, and what the first one was asked with. */
  #pending: Pending | undefined;
  /** A list that takes the place of pages whose token expired: what becomes of it is final. */
  #whole: { readonly asked: string } | undefined;

  constructor(deeds: readonly Deed[], streams: boolean) {
    this.#deeds = Array.from(deeds);
    this.#streams = streams;
    this.#expected = this.#sync();
  }

  get deedsLeft(): number {
    return this.#deeds.length;
  }

  readonly answer = (request: SentRequest): Answer => {
    const sent = short(request);
    if (sent !== this.#expected) this.faults.push(`${sent} instead of ${this.#expected}`);
    const deed = this.#deeds.shift();
    if (!deed) return 'never';
    if (request.verb === 'watch') return this.#watch(deed);
    return request.verb === 'stream' ? this.#stream(deed) : this.#list(deed, request);
  };

  #stream(deed: Deed): Answer {
    if (deed.fault && deed.fails === 'on opening') return this.#streamFailed(deed.fault, errors[deed.fault]);
    const first = [added('a', this.#next())];
    if (deed.fault) return this.#streamFailed(deed.fault, [first, errors[deed.fault]]);
    if (deed.mark === 'end') return this.#streamFailed('broken', [first, 'end']);
    if (deed.mark === 'bookmark') return this.#streamFailed('invalid', [[...first, bookmark(this.#next())]]);
    this.#synced(this.#next());
    return [[...first, mark(this.#position!)], ...this.#changes(deed, true)];
  }

  #streamFailed(why: Fault, answer: Answer): Answer {
    this.#vainStreams++;
    if (why === 'invalid') this.#streamsRefused = true;
    if (why === 'expired' || why === 'gone') this.#lost = true;
    const tryAgain = why === 'expired' || why === 'gone' || why === 'busy' || why === 'broken';
    this.#expected = tryAgain ? this.#sync() : this.#listRequest();
    return answer;
  }

  #list(deed: Deed, { options }: SentRequest): Answer {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) return this.#secondPage(pending);
    const whole = this.#whole;
    this.#whole = undefined;
    if (deed.fault) return this.#listFailed(deed.fault);
    const version = deed.nameless ? '' : this.#next();
    const asked = whole?.asked ?? this.#wanted();
    const first = [widget('a', this.#next())];
    if (deed.second === 'none' || options.limit === undefined) {
      if (whole && asked === '0') this.#cameInPages = true;
      this.#synced(version);
      return page(first, version);
    }
    this.#pending = { second: deed.second, asked, version };
    // The server does a deed for each request; that for this page is decided already.
    this.#deeds.unshift(deed);
    this.#expected = 'L(continue=t,500)';
    return page(first, version, 't');
  }

  #secondPage({ second, asked, version }: Pending): Answer {
    if (second === 'expired') {
      this.#whole = { asked };
      this.#expected = `L(${JSON.stringify(asked)})`;
      return errors.expired;
    }
    if (second !== 'good' && second !== 'none') return this.#listFailed(second);
    if (asked === '0') this.#cameInPages = true;
    this.#synced(version);
    return page([widget('b', this.#next())], version);
  }

  #listFailed(why: Fault): Answer {
    const gone = why === 'expired' || why === 'gone';
    if (gone) this.#lost = true;
    this.#expected = gone ? this.#listRequest() : this.#sync();
    return errors[why];
  }

  #watch(deed: Deed): Answer {
    if (deed.fault && deed.fails === 'on opening') {
      this.#watchFailed(deed.fault, false);
      return errors[deed.fault];
    }
    return this.#changes(deed, false);
  }

  /** What comes of a watch, and which request follows. */
  #changes(deed: Deed, held: boolean): (readonly Event[] | Error | 'end' | number)[] {
    // From no version on everything is replayed in any order: only something else than an add says how far it is.
    let inOrder = held || this.#resumable;
    const events = deed.changes.map((type) => {
      const version = this.#next();
      inOrder ||= type !== 'ADDED';
      if (inOrder) this.#position = version;
      if (type === 'BOOKMARK') return bookmark(version);
      return type === 'ADDED' ? added('c', version) : modified('c', version);
    });
    const brought = events.length > 0;
    if (deed.fault) {
      this.#watchFailed(deed.fault, brought);
      return [events, errors[deed.fault]];
    }
    if (deed.ends === 'early') {
      this.#watchFailed('broken', brought);
      return [events, 'end'];
    }
    if (brought) this.#vainResumes = 0;
    this.#expected = this.#resumable ? this.#watchRequest() : this.#sync();
    return [events, 6_000, 'end'];
  }

  #watchFailed(why: Fault, brought: boolean): void {
    if (brought) this.#vainResumes = 0;
    const resumes = why === 'busy' || why === 'broken' || why === 'failed';
    const again = !resumes || !this.#resumable || (why === 'failed' && ++this.#vainResumes >= 3);
    this.#expected = again ? this.#sync() : this.#watchRequest();
  }

  #synced(version: string): void {
    this.#position = version;
    this.#lost = false;
    this.#vainStreams = 0;
    this.#vainResumes = 0;
    this.#expected = this.#watchRequest();
  }

  get #resumable(): boolean {
    return this.#position !== undefined && this.#position !== '';
  }

  #sync(): string {
    const stream = this.#streams && !this.#streamsRefused && this.#vainStreams < 3;
    return stream ? `WL(${JSON.stringify(this.#lost ? '' : (this.#position ?? ''))})` : this.#listRequest();
  }

  #wanted(): string {
    return this.#lost ? '' : (this.#position ?? '0');
  }

  #listRequest(): string {
    const version = this.#wanted();
    const inPages = version === '' || version === '0' || this.#cameInPages;
    return `L(${JSON.stringify(version)}${inPages ? ',500' : ''})`;
  }

  #watchRequest(): string {
    return `W(${JSON.stringify(this.#position)})`;
  }

  #next(): string {
    return String(++this.#version);
  }
}

function short({ verb, options }: SentRequest): string {
  const version = JSON.stringify(options.resourceVersion ?? '');
  if (verb !== 'list') return `${verb === 'watch' ? 'W' : 'WL'}(${version})`;
  const limit = options.limit === undefined ? '' : `,${options.limit}`;
  return options.continue ? `L(continue=${options.continue}${limit})` : `L(${version}${limit})`;
}
