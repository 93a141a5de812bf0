import {
  ApiStatusError,
  type Bookmark,
  INITIAL_EVENTS_END,
  type KubeObject,
  type ListerWatcher,
  type ListOptions,
  type ListResult,
  type Status,
  type WatchEvent,
  type WatchOptions,
  type WatchStream,
} from '../../../src/kubernetes/index.ts';
import type { Clock } from '../../../src/runtime/index.ts';

export interface Widget extends KubeObject {
  color?: string;
}

export type Event = WatchEvent<Widget>;

export function widget(name: string, resourceVersion: string, color?: string): Widget {
  const metadata = { name, uid: `uid-${name}`, resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata, ...(color !== undefined && { color }) };
}

export const added = (name: string, version: string): Event => ({ type: 'ADDED', object: widget(name, version) });
export const modified = (name: string, version: string): Event => ({ type: 'MODIFIED', object: widget(name, version) });
export const deleted = (name: string, version: string): Event => ({ type: 'DELETED', object: widget(name, version) });

export function bookmark(resourceVersion: string, annotations?: Record<string, string>): Event {
  const object: Bookmark = { metadata: { resourceVersion, ...(annotations && { annotations }) } };
  return { type: 'BOOKMARK', object };
}

export const mark = (resourceVersion: string): Event => bookmark(resourceVersion, { [INITIAL_EVENTS_END]: 'true' });

export function status(code: number, reason?: string, more: Partial<Status> = {}): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code,
    ...(reason && { reason }),
    message: 'scripted',
    ...more,
  };
}

export function statusError(code: number, reason?: string, more: Partial<Status> = {}, retryAfter?: number) {
  return new ApiStatusError(status(code, reason, more), { request: 'GET /scripted', retryAfter });
}

export function page(items: readonly Widget[], resourceVersion: string, token = ''): ListResult<Widget> {
  return { items: Array.from(items), resourceVersion, continue: token };
}

type Step = readonly Event[] | Error | 'end' | number;

/** A watch whose events the test sends. Batches queue up until they are read. */
export class ScriptedStream implements WatchStream<Widget> {
  closed = false;
  readonly #steps: Step[];
  readonly #clock: Clock;
  #wake: (() => void) | undefined;
  /** Batches that were handed out. */
  read = 0;

  constructor(clock: Clock, steps: readonly Step[] = []) {
    this.#clock = clock;
    this.#steps = Array.from(steps);
  }

  /** One batch. */
  send(...events: Event[]): void {
    this.#put(events);
  }

  end(): void {
    this.#put('end');
  }

  fail(error: Error): void {
    this.#put(error);
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Event[], void, undefined> {
    while (!this.closed) {
      const step = this.#steps.shift();
      if (step === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (step === 'end') return;
      else if (step instanceof Error) throw step;
      else if (typeof step === 'number') await this.#wait(step);
      else {
        this.read++;
        yield step;
      }
    }
  }

  /** So many milliseconds of silence; shorter if it is closed. */
  #wait(duration: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(resolve, duration);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #put(step: Step): void {
    this.#steps.push(step);
    this.#wake?.();
  }
}

export interface SentRequest {
  readonly verb: 'list' | 'stream' | 'watch';
  /** Milliseconds since the first request. */
  readonly at: number;
  readonly options: Omit<ListOptions, 'resourceVersionMatch'> & WatchOptions;
}

/** What a request is answered with: a page, a stream (or its script), an error, or nothing ever. */
export type Answer = ListResult<Widget> | ScriptedStream | readonly Step[] | Error | 'never';
type AnswerFor = Answer | ((request: SentRequest) => Answer);

/**
 * A server played by the test: it answers each request with the next answer of its script, and when that is used up with
 * `otherwise`. It remembers the requests and the streams.
 */
export class ScriptedListerWatcher implements ListerWatcher<Widget> {
  readonly description = 'widgets';
  supportsInitialEvents = true;
  readonly sent: SentRequest[] = [];
  readonly streams: ScriptedStream[] = [];
  readonly #clock: Clock;
  readonly #script: AnswerFor[];
  #start: number | undefined;
  otherwise: AnswerFor;

  constructor(clock: Clock, script: readonly AnswerFor[] = [], otherwise: AnswerFor = 'never') {
    this.#clock = clock;
    this.#script = Array.from(script);
    this.otherwise = otherwise;
  }

  get openStreams(): number {
    return this.streams.filter((stream) => !stream.closed).length;
  }

  /** The requests in the notation of the rules: `L(version,limit)`, `WL(version)`, `W(version)`, each with its time in milliseconds. */
  get log(): string[] {
    return this.sent.map((request) => `${request.at} ${short(request)}`);
  }

  /** As `log`, without times. */
  get sequence(): string {
    return this.sent.map(short).join(' ');
  }

  async list({ resourceVersionMatch, ...options }: ListOptions, signal: AbortSignal): Promise<ListResult<Widget>> {
    // Without it a server takes a version beside a limit for exactly that one.
    const ambiguous = options.limit !== undefined && !['', '0', undefined].includes(options.resourceVersion);
    if (resourceVersionMatch !== (ambiguous ? 'NotOlderThan' : undefined)) {
      throw new TypeError(`a list with resourceVersionMatch=${resourceVersionMatch}: ${JSON.stringify(options)}`);
    }
    const answer = this.#answer('list', options);
    if (answer === 'never') return never(signal);
    if (answer instanceof Error) throw answer;
    if ('items' in answer) return answer;
    throw new TypeError(`the script has no page for request ${this.sent.length}: ${this.sequence}`);
  }

  async watch(options: WatchOptions, signal: AbortSignal): Promise<WatchStream<Widget>> {
    const answer = this.#answer(options.sendInitialEvents ? 'stream' : 'watch', options);
    if (answer === 'never') return never(signal);
    if (answer instanceof Error) throw answer;
    if ('items' in answer)
      throw new TypeError(`the script has no watch for request ${this.sent.length}: ${this.sequence}`);
    const stream = answer instanceof ScriptedStream ? answer : new ScriptedStream(this.#clock, answer);
    this.streams.push(stream);
    return stream;
  }

  #answer(verb: SentRequest['verb'], options: SentRequest['options']): Answer {
    const now = this.#clock.monotonic();
    this.#start ??= now;
    const request = { verb, at: now - this.#start, options };
    this.sent.push(request);
    const answer = this.#script.shift() ?? this.otherwise;
    return typeof answer === 'function' ? answer(request) : answer;
  }
}

function short({ verb, options }: SentRequest): string {
  const version = JSON.stringify(options.resourceVersion ?? '');
  if (verb === 'watch') return `W(${version})`;
  if (verb === 'stream') return `WL(${version})`;
  if (options.continue)
    return `L(continue=${options.continue}${options.limit === undefined ? '' : `,${options.limit}`})`;
  return `L(${version}${options.limit === undefined ? '' : `,${options.limit}`})`;
}

function never<R>(signal: AbortSignal): Promise<R> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
