import type { ApiResource, Clock, Status } from '../../index.ts';
import { type CachedKind, type CachedObject, refusal } from '../cache/index.ts';
import type { Sink } from './answer.ts';
import { eventId, inOrder, isNewer, keyOf } from './event-id.ts';
import type { Form } from './forms.ts';
import type { Framing } from './framing.ts';
import { matchEvent, type SelectedEvent } from './selection.ts';
import { statusOf } from './status.ts';
import { WatchPause } from './watch-pause.ts';

/** What can be watched: a cached kind, or anything that has a log as one has. */
export interface Watched
  extends Pick<CachedKind, 'log' | 'seq' | 'resourceVersion' | 'phase' | 'snapshot' | 'onChange'> {
  readonly resource: Pick<ApiResource, 'group' | 'version' | 'kind'>;
}

export interface WatchOptions {
  readonly matches: (object: CachedObject) => boolean;
  readonly bookmarks: boolean;
  /** Milliseconds after which the stream ends in good order. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly form: Form;
  readonly framing: Framing;
}

/**
 * Where a watch begins.
 *
 * - `snapshot`: with the present state; `mark` ends it with the bookmark of a streaming list.
 * - `position`: after an event of the log; events of objects not newer than `newerThan` are left out.
 * - `middle`: in an initial state of which all up to `key` was told, as it was after event `seq`.
 * - `nowhere`: what came after the place that was asked for is not known any more.
 */
export type WatchStart =
  | { readonly from: 'snapshot'; readonly mark: boolean }
  | { readonly from: 'position'; readonly seq: number; readonly newerThan: string | undefined }
  | { readonly from: 'middle'; readonly seq: number; readonly key: string; readonly mark: boolean }
  | { readonly from: 'nowhere' };

/** Time between two bookmarks, milliseconds. */
const bookmarkInterval = 60_000;
const bookmarkRetry = 100;
/** So many bytes are gathered before they are written. */
const chunkSize = 65_536;
/** A reader that has no room for this long is dropped, milliseconds. */
const longestStall = 60_000;

/**
 * Streams the changes of a kind, from the log, at the speed of the reader. What is kept for a reader is its position, and what is on its way to it: one that
 * falls behind the log, or does not read at all, is told so with 410 and dropped.
 */
export async function streamWatch(kind: Watched, start: WatchStart, options: WatchOptions, sink: Sink): Promise<void> {
  const watch = new WatchStream(kind, options, sink);
  try {
    await watch.run(start);
  } catch (thrown) {
    sink.write(options.framing.error(statusOf(thrown), true));
  }
}

/** One reader. */
class WatchStream {
  readonly #kind: Watched;
  readonly #options: WatchOptions;
  readonly #sink: Sink;
  /** Monotonic milliseconds. */
  readonly #end: number;
  #lastWriteAt: number;
  #chunk: Buffer[] = [];
  #size = 0;
  /** It was told why nothing more comes. */
  #dropped = false;

  constructor(kind: Watched, options: WatchOptions, sink: Sink) {
    this.#kind = kind;
    this.#options = options;
    this.#sink = sink;
    this.#lastWriteAt = options.clock.monotonic();
    this.#end = this.#lastWriteAt + options.timeout;
  }

  async run(start: WatchStart): Promise<void> {
    const { preamble } = this.#options.framing;
    if (preamble) this.#put(preamble);
    switch (start.from) {
      case 'nowhere':
        return this.#drop(expired(), true);
      case 'position':
        await this.#follow(start.seq, { newerThan: start.newerThan });
        return;
      case 'snapshot':
        await this.#follow(await this.#state(undefined, start.mark), {});
        return;
      case 'middle': {
        // First what became of those that were told already; then the rest, at the very position that this has reached.
        let { seq } = start;
        do seq = await this.#follow(seq, { upTo: start.key });
        while (!this.#isOver && seq !== this.#kind.seq);
        if (!this.#isOver) await this.#follow(await this.#state(start.key, start.mark), {});
      }
    }
  }

  get #isOver(): boolean {
    if (this.#dropped || this.#sink.signal.aborted || this.#kind.phase === 'stopped') return true;
    return this.#options.clock.monotonic() >= this.#end;
  }

  /**
   * Tells of events after `cursor`, until the end; with `upTo` of those of objects up to that key, and until everything was looked at. @returns up to where it
   * has looked.
   */
  async #follow(
    cursor: number,
    { newerThan, upTo }: { readonly newerThan?: string | undefined; readonly upTo?: string },
  ): Promise<number> {
    const { clock, bookmarks, form, framing, matches: wanted } = this.#options;
    const matches = upTo === undefined ? wanted : (object: CachedObject) => keyOf(object) <= upTo && wanted(object);
    const kind = this.#kind;
    const pause = new WatchPause(kind, cursor, matches, this.#sink.signal);
    const idAt = (seq: number, version?: string) =>
      eventId(kind.log.id, seq, {
        ...(version !== undefined && { version }),
        ...(upTo !== undefined && { key: upTo }),
      });
    let bookmarkAt = clock.monotonic() + bookmarkInterval;
    try {
      while (!this.#dropped && !this.#sink.signal.aborted) {
        for (; pause.cursor < kind.log.seq && this.#size < chunkSize; pause.cursor++) {
          const event = kind.log.at(pause.cursor + 1);
          if (!event) {
            this.#drop(expired(), true);
            return pause.cursor;
          }
          const selected = matchEvent(event, matches);
          if (!selected || (newerThan !== undefined && !isNewer(event.object, newerThan))) continue;
          const line = lineOf(form, selected, event.object);
          const version = event.origin === 'live' ? event.object.metadata.resourceVersion : undefined;
          this.#put(framing.event(line, () => idAt(event.seq, version)));
        }
        const now = clock.monotonic();
        const isOver = now >= this.#end || kind.phase === 'stopped';
        const isUpToDate = pause.cursor === kind.seq;
        if (bookmarks && upTo === undefined && isUpToDate && (isOver || now >= bookmarkAt)) {
          const version = this.#noted(pause.cursor);
          this.#put(framing.event(form.bookmark(kind.resource, version, false), () => idAt(pause.cursor, version)));
          bookmarkAt = now + bookmarkInterval;
        }
        const { keepAlive = Number.POSITIVE_INFINITY } = framing;
        if (this.#size === 0 && now >= this.#lastWriteAt + keepAlive) {
          this.#put(framing.alive(idAt(pause.cursor, isUpToDate ? this.#noted(pause.cursor) : undefined)));
        }
        if (this.#size > 0) {
          await this.#flush();
          continue;
        }
        if (isOver || (upTo !== undefined && isUpToDate)) return pause.cursor;
        // A snapshot may be ahead of the log.
        if (pause.cursor < kind.log.seq) continue;
        // A bookmark that is due waits for the log to have everything.
        const nextBookmark = bookmarks ? Math.max(bookmarkAt, now + bookmarkRetry) : Number.POSITIVE_INFINITY;
        await pause.wait(Math.min(this.#end, nextBookmark, this.#lastWriteAt + keepAlive) - now, clock);
      }
      return pause.cursor;
    } finally {
      pause.end();
    }
  }

  /** Tells the state as it is now, object by object, after `key`. @returns the position that it is the state of. */
  async #state(after: string | undefined, mark: boolean): Promise<number> {
    const { form, framing, matches, bookmarks } = this.#options;
    const kind = this.#kind;
    const { objects, seq, resourceVersion } = kind.snapshot();
    // Who can't go on in the middle needs no order.
    const ordered = framing.keepAlive === undefined ? objects : inOrder(objects);
    for (const object of ordered) {
      if ((after !== undefined && keyOf(object) <= after) || !matches(object)) continue;
      this.#put(framing.event(form.event('ADDED', object), () => eventId(kind.log.id, seq, { key: keyOf(object) })));
      if (this.#size < chunkSize) continue;
      await this.#flush();
      if (this.#dropped || this.#sink.signal.aborted) return seq;
    }
    const id = () => eventId(kind.log.id, seq, { version: resourceVersion });
    if (mark && bookmarks) this.#put(framing.event(form.bookmark(kind.resource, resourceVersion, true), id));
    if (framing.keepAlive !== undefined) this.#put(framing.alive(id()));
    if (this.#size > 0) await this.#flush();
    return seq;
  }

  #put(bytes: Buffer): void {
    this.#chunk.push(bytes);
    this.#size += bytes.length;
  }

  /** Writes what was gathered. Resolves when there is room for more, or the reader was dropped. */
  async #flush(): Promise<void> {
    const { clock } = this.#options;
    const bytes = Buffer.concat(this.#chunk);
    this.#chunk = [];
    this.#size = 0;
    this.#lastWriteAt = clock.monotonic();
    if (this.#sink.write(bytes)) return;
    const stalled = Promise.withResolvers<'stalled'>();
    const timer = clock.setTimer(() => stalled.resolve('stalled'), longestStall);
    const outcome = await Promise.race([this.#sink.drained(), stalled.promise]);
    timer.cancel();
    if (outcome === 'stalled') this.#drop(tooSlow(), false);
  }

  #drop(status: Status, forget: boolean): void {
    this.#dropped = true;
    this.#put(this.#options.framing.error(status, forget));
    this.#sink.write(Buffer.concat(this.#chunk));
  }

  /** The version of the state after event `seq`, which is the present one. */
  #noted(seq: number): string {
    const { resourceVersion, log } = this.#kind;
    log.note(resourceVersion, seq);
    return resourceVersion;
  }
}

/** One that left the set has its last matching state, with the version of the change that made it leave: versions must not go back. */
function lineOf(form: Form, { type, object, bySelector }: SelectedEvent, changed: CachedObject): Buffer {
  if (type !== 'DELETED' || !bySelector) return form.event(type, object);
  const { resourceVersion } = changed.metadata;
  return form.event(type, { ...object, metadata: { ...object.metadata, resourceVersion } });
}

function expired(): Status {
  return refusal(
    410,
    'Expired',
    'The resource version is too old: changes since then are no longer kept. List, and watch on from there.',
  ).status;
}

function tooSlow(): Status {
  return refusal(410, 'Expired', `Nothing was read for ${longestStall / 1_000} s. Watch on from where you are.`).status;
}
