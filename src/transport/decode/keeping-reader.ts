import type { DroppedObject, LabelSelector, Labels } from '../../kubernetes/index.ts';
import { type Keep, selectorOf, shardOf } from './keep.ts';
import type { ObjectReader } from './object.ts';
import { CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, QUOTE, skipSpace, skipValue } from './scan.ts';

const BACKSLASH = 0x5c;

/** What is read in the place of an object that is not wanted. */
export class Dropped implements DroppedObject {
  readonly metadata: DroppedObject['metadata'];

  constructor(name: string, namespace: string, uid: string, resourceVersion: string) {
    this.metadata = { name, ...(namespace !== '' && { namespace }), uid, resourceVersion };
  }
}

const metadataKey = [Buffer.from('metadata')];
const fields = ['name', 'namespace', 'uid', 'resourceVersion', 'labels'];
const fieldKeys = fields.map((key) => Buffer.from(key));
const NAME = 0;
const NAMESPACE = 1;
const UID = 2;
const VERSION = 3;
const LABELS = 4;

const noBytes = Buffer.alloc(0);

/**
 * Reads what is wanted with another reader, and makes a `Dropped` of the rest without parsing more than its labels.
 *
 * Invariants:
 * - The verdict on bytes that are JSON is that of `reduce` on what `JSON.parse` makes of them. Whatever could make a difference (keys with
 *   escapes, values of another type, letters beyond ASCII in a uid) is parsed first and decided then.
 * - Every verdict is about the object as the server sent it: before anything is pruned or projected.
 * - What has no name is never dropped: nobody could say what was. It goes on, and is reported as it always is.
 * - Inside of what is dropped only the ends of strings and the balance of brackets are looked at.
 */
export class KeepingReader implements ObjectReader {
  object: unknown;
  readonly #inner: ObjectReader;
  readonly #selector: LabelSelector;
  readonly #index: number;
  readonly #of: number;
  #buffer: Buffer = noBytes;
  #end = 0;
  /** Where the values of `fields` begin and end, by turns; -1 where there is none. */
  readonly #ranges: number[] = new Array<number>(fields.length * 2).fill(-1);
  /** What the last scan found: `undefined` for an object that is wanted. */
  #verdict: Dropped | undefined;

  constructor(keep: Keep, inner: ObjectReader) {
    this.#inner = inner;
    this.#selector = selectorOf(keep);
    this.#index = keep.shard?.index ?? 0;
    this.#of = keep.shard?.of ?? 1;
  }

  read(head: string, buffer: Buffer, start: number, end: number): unknown {
    const stop = this.#scan(buffer, start, end);
    if (stop !== -1 && skipSpace(buffer, stop, end) === end) {
      return this.#verdict ?? this.#inner.read(head, buffer, start, end);
    }
    const text = buffer.toString('utf8', start, end);
    return this.reduce(JSON.parse(head === '' ? text : head + text.slice(1)));
  }

  next(head: string, buffer: Buffer, start: number, end: number): number {
    const stop = this.#scan(buffer, start, end);
    if (stop === -1) return -1;
    if (this.#verdict) {
      this.object = this.#verdict;
      return stop;
    }
    try {
      this.object = this.#inner.read(head, buffer, start, stop);
    } catch {
      // It fails once more when it is read as a whole, where that is dealt with.
      return -1;
    }
    return stop;
  }

  reduce(object: unknown): unknown {
    const metadata = recordOf(recordOf(object)?.metadata);
    const name = textOf(metadata?.name);
    if (!metadata || name === '') return this.#inner.reduce(object);
    const uid = textOf(metadata.uid);
    const bytes = Buffer.from(uid);
    const wanted = this.#wants(bytes, 0, bytes.length, metadata.labels as Labels);
    if (wanted) return this.#inner.reduce(object);
    return new Dropped(name, textOf(metadata.namespace), uid, textOf(metadata.resourceVersion));
  }

  #wants(uid: Uint8Array, from: number, to: number, labels: Labels): boolean {
    if (this.#of > 1 && shardOf(uid, from, to, this.#of) !== this.#index) return false;
    return this.#selector.isEmpty || this.#selector.matches(labels);
  }

  /**
   * Decides about the object that opens at `start`.
   *
   * @returns the position behind it; -1 if it does not end before `end`, or can't be decided about without parsing it.
   */
  #scan(buffer: Buffer, start: number, end: number): number {
    this.#verdict = undefined;
    this.#buffer = buffer;
    this.#end = end;
    const ranges = this.#ranges;
    const open = skipSpace(buffer, start, end);
    if (open >= end || buffer[open] !== OPEN_BRACE) return -1;
    const stop = this.#members(open, metadataKey);
    const metadata = ranges[0]!;
    if (stop === -1 || metadata === -1 || buffer[metadata] !== OPEN_BRACE) return -1;
    if (this.#members(metadata, fieldKeys) === -1) return -1;
    for (let field = NAME; field <= VERSION; field++) if (!this.#isPlainText(field)) return -1;
    // Without a name it is not to be dropped.
    if (ranges[NAME * 2]! === -1 || ranges[NAME * 2 + 1]! - ranges[NAME * 2]! <= 2) return -1;
    let labels: Labels;
    if (!this.#selector.isEmpty && ranges[LABELS * 2]! !== -1) {
      try {
        labels = JSON.parse(buffer.toString('utf8', ranges[LABELS * 2]!, ranges[LABELS * 2 + 1]!));
      } catch {
        return -1;
      }
    }
    const uid = ranges[UID * 2]!;
    const wanted =
      uid === -1 ? this.#wants(noBytes, 0, 0, labels) : this.#wants(buffer, uid + 1, ranges[UID * 2 + 1]! - 1, labels);
    if (!wanted) {
      this.#verdict = new Dropped(this.#text(NAME), this.#text(NAMESPACE), this.#text(UID), this.#text(VERSION));
    }
    return stop;
  }

  /** Whether there is no such field, or it is a string of which the bytes are the letters. */
  #isPlainText(field: number): boolean {
    const buffer = this.#buffer;
    const from = this.#ranges[field * 2]!;
    if (from === -1) return true;
    if (buffer[from] !== QUOTE) return false;
    const to = this.#ranges[field * 2 + 1]!;
    for (let at = from + 1; at < to; at++) {
      const byte = buffer[at]!;
      if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return false;
    }
    return true;
  }

  #text(field: number): string {
    const from = this.#ranges[field * 2]!;
    return from === -1 ? '' : this.#buffer.toString('latin1', from + 1, this.#ranges[field * 2 + 1]! - 1);
  }

  /**
   * Finds the values of `keys` among the members of the object that opens at `open`. Of a key that comes twice the last one counts, as in `JSON.parse`.
   *
   * @returns the position behind the object; -1 if it does not end or has a key with escapes.
   */
  #members(open: number, keys: readonly Buffer[]): number {
    const buffer = this.#buffer;
    const end = this.#end;
    const ranges = this.#ranges;
    for (let index = 0; index < keys.length * 2; index++) ranges[index] = -1;
    let at = skipSpace(buffer, open + 1, end);
    if (at < end && buffer[at] === CLOSE_BRACE) return at + 1;
    while (at < end && buffer[at] === QUOTE) {
      const key = at + 1;
      let keyEnd = key;
      for (; keyEnd < end; keyEnd++) {
        const byte = buffer[keyEnd]!;
        if (byte === QUOTE) break;
        if (byte === BACKSLASH) return -1;
      }
      at = skipSpace(buffer, keyEnd + 1, end);
      if (at >= end || buffer[at] !== COLON) return -1;
      const value = skipSpace(buffer, at + 1, end);
      if (value >= end) return -1;
      at = skipValue(buffer, value, end);
      if (at === -1) return -1;
      const field = indexOf(keys, buffer, key, keyEnd);
      if (field !== -1) {
        ranges[field * 2] = value;
        ranges[field * 2 + 1] = at;
      }
      at = skipSpace(buffer, at, end);
      if (at >= end) return -1;
      if (buffer[at] === CLOSE_BRACE) return at + 1;
      if (buffer[at] !== COMMA) return -1;
      at = skipSpace(buffer, at + 1, end);
    }
    return -1;
  }
}

function indexOf(keys: readonly Buffer[], buffer: Buffer, from: number, to: number): number {
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    if (key.length !== to - from) continue;
    let at = 0;
    while (at < key.length && key[at] === buffer[from + at]) at++;
    if (at === key.length) return index;
  }
  return -1;
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
