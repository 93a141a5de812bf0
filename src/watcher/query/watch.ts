import { type ApiResource, type Clock, compareResourceVersions, type Status } from '../../index.ts';
import { type CachedKind, type CachedObject, type KindEvent, refusal } from '../cache/index.ts';
import type { Sink } from './answer.ts';
import { type Form, line } from './forms.ts';
import { matchEvent, type SelectedEvent } from './selection.ts';

/** What can be watched: a cached kind, or anything that has a log as one has. */
export interface Watched
  extends Pick<CachedKind, 'log' | 'seq' | 'resourceVersion' | 'phase' | 'snapshot' | 'onChange'> {
  readonly resource: Pick<ApiResource, 'group' | 'version' | 'kind'>;
}

export interface WatchOptions {
  readonly matches: (object: CachedObject) => boolean;
  readonly form: Form;
  readonly bookmarks: boolean;
  /** Milliseconds after which the stream ends in good order. */
  readonly timeout: number;
  readonly clock: Clock;
}

/**
 * Where a watch begins.
 *
 * - `snapshot`: with the present state; `mark` ends it with the bookmark of a streaming list.
 * - `position`: after an event of the log; events of objects not newer than `newerThan` are left out.
 */
export type WatchStart =
  | { readonly from: 'snapshot'; readonly mark: boolean }
  | { readonly from: 'position'; readonly seq: number; readonly newerThan: string | undefined };

/** Time between two bookmarks, milliseconds. */
const bookmarkInterval = 60_000;
const bookmarkRetry = 100;
/** So many bytes are gathered before they are written. */
const chunkSize = 65_536;

/**
 * Streams the changes of a kind, from the log, at the speed of the reader. What is kept for a reader is its position: one that falls behind the log is told
 * so with 410 and dropped.
 */
export async function streamWatch(kind: Watched, start: WatchStart, options: WatchOptions, sink: Sink): Promise<void> {
  const end = options.clock.monotonic() + options.timeout;
  const cursor = start.from === 'position' ? start.seq : await writeInitial(kind, start.mark, options, sink);
  const newerThan = start.from === 'position' ? start.newerThan : undefined;
  const pause = new Pause(kind, cursor, options.matches, sink.signal);
  try {
    await followLog(kind, pause, { ...options, end, newerThan }, sink);
  } finally {
    pause.end();
  }
}

interface Follow extends WatchOptions {
  /** Monotonic milliseconds. */
  readonly end: number;
  readonly newerThan: string | undefined;
}

async function followLog(
  kind: Watched,
  pause: Pause,
  { end, newerThan, ...options }: Follow,
  sink: Sink,
): Promise<void> {
  const { clock, matches, form, bookmarks } = options;
  let bookmarkAt = clock.monotonic() + bookmarkInterval;
  while (!sink.signal.aborted) {
    const chunk: Buffer[] = [];
    let size = 0;
    for (; pause.cursor < kind.log.seq && size < chunkSize; pause.cursor++) {
      const event = kind.log.at(pause.cursor + 1);
      if (!event) {
        sink.write(Buffer.concat([...chunk, line('ERROR', expired())]));
        return;
      }
      const selected = matchEvent(event, matches);
      if (!selected || (newerThan !== undefined && !isNewer(event.object, newerThan))) continue;
      const bytes = lineOf(form, selected, event.object);
      chunk.push(bytes);
      size += bytes.length;
    }
    const now = clock.monotonic();
    const isOver = now >= end || kind.phase === 'stopped';
    if (bookmarks && pause.cursor === kind.seq && (isOver || now >= bookmarkAt)) {
      const { resourceVersion } = kind;
      kind.log.note(resourceVersion, pause.cursor);
      chunk.push(form.bookmark(kind.resource, resourceVersion, false));
      bookmarkAt = now + bookmarkInterval;
    }
    if (chunk.length > 0 && !sink.write(Buffer.concat(chunk))) {
      await sink.drained();
      continue;
    }
    if (isOver) return;
    // A snapshot may be ahead of the log.
    if (pause.cursor < kind.log.seq) continue;
    // A bookmark that is due waits for the log to have everything.
    const wakeAt = bookmarks ? Math.min(end, Math.max(bookmarkAt, now + bookmarkRetry)) : end;
    await pause.wait(wakeAt - now, clock);
  }
}

/** The state as it is now, object by object. @returns the position that it is the state of. */
async function writeInitial(kind: Watched, mark: boolean, options: WatchOptions, sink: Sink): Promise<number> {
  const { objects, seq, resourceVersion } = kind.snapshot();
  let chunk: Buffer[] = [];
  let size = 0;
  for (const object of objects) {
    if (!options.matches(object)) continue;
    const bytes = options.form.event('ADDED', object);
    chunk.push(bytes);
    size += bytes.length;
    if (size < chunkSize) continue;
    if (!sink.write(Buffer.concat(chunk))) await sink.drained();
    if (sink.signal.aborted) return seq;
    chunk = [];
    size = 0;
  }
  if (mark && options.bookmarks) chunk.push(options.form.bookmark(kind.resource, resourceVersion, true));
  if (chunk.length > 0 && !sink.write(Buffer.concat(chunk))) await sink.drained();
  return seq;
}

/**
 * Waits for the next thing that concerns a watch. Events that do not are stepped over while it waits: most events concern few of many watches, and must cost
 * the others next to nothing.
 */
class Pause {
  /** The position up to which everything was looked at. */
  cursor: number;
  #wake: (() => void) | undefined;
  readonly #stops: readonly (() => void)[];

  constructor(kind: Watched, cursor: number, matches: WatchOptions['matches'], signal: AbortSignal) {
    this.cursor = cursor;
    const wake = () => this.#wake?.();
    const stopListening = kind.log.onAppend((event) => {
      if (!this.#wake) return;
      if (event.seq === this.cursor + 1 && !concerns(event, matches)) this.cursor++;
      else wake();
    });
    signal.addEventListener('abort', wake, { once: true });
    this.#stops = [stopListening, kind.onChange(wake), () => signal.removeEventListener('abort', wake)];
  }

  /** Resolves with the next event, a change of phase, the end of the reader or of the time; whichever is first. */
  wait(delay: number, clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        timer.cancel();
        resolve();
      };
      const timer = clock.setTimer(() => this.#wake?.(), Math.max(0, delay));
    });
  }

  end(): void {
    for (const stop of this.#stops) stop();
  }
}

/** What can't be decided concerns it: it is told why. */
function concerns(event: KindEvent, matches: WatchOptions['matches']): boolean {
  try {
    return matchEvent(event, matches) !== undefined;
  } catch {
    return true;
  }
}

/** One that left the set has its last matching state, with the version of the change that made it leave: versions must not go back. */
function lineOf(form: Form, { type, object, bySelector }: SelectedEvent, changed: CachedObject): Buffer {
  if (type !== 'DELETED' || !bySelector) return form.event(type, object);
  const { resourceVersion } = changed.metadata;
  return form.event(type, { ...object, metadata: { ...object.metadata, resourceVersion } });
}

function isNewer(object: CachedObject, version: string): boolean {
  const order = compareResourceVersions(object.metadata.resourceVersion, version);
  return order === undefined || order > 0;
}

function expired(): Status {
  return refusal(
    410,
    'Expired',
    'The resource version is too old: changes since then are no longer kept. List, and watch on from there.',
  ).status;
}
