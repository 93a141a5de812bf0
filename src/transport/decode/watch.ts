import type { Status, WatchEvent } from '../../kubernetes/index.ts';
import { Carry } from './carry.ts';
import { Dropped } from './keeping-reader.ts';
import { type ObjectReader, objectReader } from './object.ts';
import { type DecodeOptions, decodeFailed, rejectTable, unknownEvent } from './options.ts';
import { CLOSE_BRACE, isSpace } from './scan.ts';

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

const NEWLINE = 0x0a;

/**
 * How every server begins a frame with an object; other layouts of the same JSON take the long way. So do bookmarks and errors, which are few and
 * must stay whole: what ends the initial events is an annotation.
 */
const prefixes: readonly { readonly type: EventType; readonly bytes: Buffer }[] = (
  ['ADDED', 'MODIFIED', 'DELETED'] as const
).map((type) => ({ type, bytes: Buffer.from(`{"type":"${type}","object":`) }));

/** Where the first letter of the type is, by which the prefixes differ. */
const LETTER = 9;

/** Cuts the body of a watch into frames, one a line, and makes events of them. */
export class WatchDecoder<T> {
  readonly #options: DecodeOptions;
  readonly #reader: ObjectReader;
  readonly #carry = new Carry();

  constructor(options: DecodeOptions) {
    this.#options = options;
    this.#reader = objectReader(options);
  }

  /** Bytes of a frame that has begun and not ended. At the end of the stream they are dropped: the server closed in the middle. */
  get pendingBytes(): number {
    return this.#carry.length;
  }

  /**
   * The events that are complete with `chunk`.
   *
   * @throws KubeInformerError `DecodeFailed` if a whole line is no JSON
   */
  push(chunk: Buffer): WatchEvent<T>[] {
    const events: WatchEvent<T>[] = [];
    let from = 0;
    let newline = chunk.indexOf(NEWLINE);
    if (this.#carry.length > 0) {
      if (newline === -1) {
        this.#carry.append(chunk, 0, chunk.length);
        return events;
      }
      this.#carry.append(chunk, 0, newline);
      this.#frame(this.#carry.buffer, 0, this.#carry.length, events);
      this.#carry.clear();
      from = newline + 1;
      newline = chunk.indexOf(NEWLINE, from);
    }
    for (; newline !== -1; newline = chunk.indexOf(NEWLINE, from)) {
      this.#frame(chunk, from, newline, events);
      from = newline + 1;
    }
    if (from < chunk.length) this.#carry.append(chunk, from, chunk.length);
    return events;
  }

  #frame(buffer: Buffer, start: number, lineEnd: number, events: WatchEvent<T>[]): void {
    let end = lineEnd;
    while (end > start && isSpace(buffer[end - 1]!)) end--;
    if (end === start) return;
    const prefix = prefixOf(buffer, start, end);
    if (!prefix || buffer[end - 1] !== CLOSE_BRACE) {
      this.#otherLayout(buffer.toString('utf8', start, end), end - start, events);
      return;
    }
    let object: unknown;
    try {
      object = this.#reader.read('', buffer, start + prefix.bytes.length, end - 1);
    } catch {
      // The object did not end where the frame does: there are more members, or it is no JSON after all.
      this.#otherLayout(buffer.toString('utf8', start, end), end - start, events);
      return;
    }
    this.#event(prefix.type, object, events);
  }

  #otherLayout(text: string, byteLength: number, events: WatchEvent<T>[]): void {
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch (thrown) {
      throw decodeFailed(this.#options, 'a line of the watch is no JSON', byteLength, text, thrown);
    }
    const { type, object } = (frame ?? {}) as { type?: unknown; object?: unknown };
    const plain = type === 'BOOKMARK' || type === 'ERROR';
    this.#event(type, plain ? object : this.#reader.reduce(object), events);
  }

  #event(type: unknown, object: unknown, events: WatchEvent<T>[]): void {
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        if (object instanceof Dropped) {
          events.push({ type: 'DROPPED', was: type, object });
          return;
        }
        rejectTable(this.#options, object);
        events.push({ type, object: object as T });
        return;
      case 'BOOKMARK':
        if (!isBookmark(object)) throw unknownEvent(this.#options, 'a bookmark without a version');
        events.push({ type, object });
        return;
      case 'ERROR':
        events.push({ type, object: asStatus(object) });
        return;
      default:
        throw unknownEvent(this.#options, `an event of unknown type ${JSON.stringify(type)}`);
    }
  }
}

function prefixOf(buffer: Buffer, start: number, end: number): (typeof prefixes)[number] | undefined {
  const letter = buffer[start + LETTER];
  for (const prefix of prefixes) {
    const bytes = prefix.bytes;
    if (bytes[LETTER] !== letter) continue;
    const length = bytes.length;
    if (end - start <= length) return undefined;
    for (let at = 0; at < length; at++) if (bytes[at] !== buffer[start + at]) return undefined;
    return prefix;
  }
  return undefined;
}

function isBookmark(object: unknown): object is { metadata: { resourceVersion: string } } {
  const metadata = (object as { metadata?: { resourceVersion?: unknown } } | null | undefined)?.metadata;
  return typeof metadata?.resourceVersion === 'string';
}

function asStatus(object: unknown): Status {
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) return object as Status;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code: 500,
    reason: 'InternalError',
    message: 'the server sent an error event without a Status',
  };
}
