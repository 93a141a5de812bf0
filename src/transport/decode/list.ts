import type { ListMeta, ListResult } from '../../kubernetes/index.ts';
import { KubeInformerError } from '../../runtime/index.ts';
import { Carry } from './carry.ts';
import { Dropped } from './keeping-reader.ts';
import { type ObjectReader, objectReader } from './object.ts';
import { type DecodeOptions, decodeFailed } from './options.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  ValueScanner,
} from './scan.ts';

/**
 * Where in the envelope the decoder is. Spaces are skipped in all of them.
 *
 * - `start`: before the opening brace
 * - `firstKey`, `key`: before a key; the first may be the closing brace of an empty envelope instead
 * - `inKey`, `inValue`, `inItem`: inside a value whose end is looked for
 * - `colon`: behind a key
 * - `value`: before the value of `#key`
 * - `comma`: behind a value
 * - `firstItem`, `item`: before an item; the first may be the closing bracket of an empty array instead
 * - `itemComma`: behind an item
 * - `end`: behind the closing brace
 */
type Place =
  | 'start'
  | 'firstKey'
  | 'key'
  | 'inKey'
  | 'colon'
  | 'value'
  | 'inValue'
  | 'comma'
  | 'firstItem'
  | 'item'
  | 'inItem'
  | 'itemComma'
  | 'end';

interface Envelope {
  kind?: unknown;
  apiVersion?: unknown;
  metadata?: ListMeta | null;
}

/**
 * Cuts the body of a list into its items while it arrives. No more than one item is ever a string, so the length of the
 * list is bounded by the memory for its objects only.
 */
export class ListDecoder<T> {
  readonly #options: DecodeOptions;
  readonly #reader: ObjectReader;
  readonly #scanner = new ValueScanner();
  readonly #carry = new Carry();
  readonly #items: T[] = [];
  readonly #envelope: Envelope = {};
  /** Indexes of items that came before the kind of the list and have none of their own. */
  readonly #kindless: number[] = [];
  #place: Place = 'start';
  #key = '';
  #itemsSeen = false;
  /** The first members of items that lack them: `{"kind":"Pod","apiVersion":"v1",`. Empty while unknown. */
  #head = '';

  constructor(options: DecodeOptions) {
    this.#options = options;
    this.#reader = objectReader(options);
  }

  /**
   * Takes in the next bytes.
   *
   * @throws KubeInformerError `DecodeFailed`, `UnexpectedKind`
   */
  push(chunk: Buffer): void {
    const end = chunk.length;
    let at = 0;
    while (at < end) {
      if (this.#place === 'inKey' || this.#place === 'inValue' || this.#place === 'inItem') {
        const stop = this.#scanner.scan(chunk, at, end);
        if (stop === -1) {
          this.#carry.append(chunk, at, end);
          return;
        }
        if (this.#carry.length === 0) this.#complete(chunk, at, stop);
        else {
          this.#carry.append(chunk, at, stop);
          this.#complete(this.#carry.buffer, 0, this.#carry.length);
          this.#carry.clear();
        }
        at = stop;
      } else if (isSpace(chunk[at]!)) at++;
      else at = this.#token(chunk, at);
    }
  }

  /**
   * The page, once all bytes are in.
   *
   * @throws KubeInformerError `DecodeFailed` if the list has not ended, `UnexpectedKind` if it was none.
   */
  finish(): ListResult<T> {
    if (this.#place !== 'end') throw this.#failed('the list ends in its middle', Buffer.alloc(0), 0, 0);
    this.#requireListKind();
    if (!this.#itemsSeen) throw this.#unexpected('has no items');
    this.#fillInKinds();
    const { resourceVersion, continue: next, remainingItemCount } = this.#envelope.metadata ?? {};
    return {
      items: this.#items,
      resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
      continue: typeof next === 'string' ? next : '',
      ...(typeof remainingItemCount === 'number' && { remainingItemCount }),
    };
  }

  /** Handles the one byte at `at`, or begins a value there. @returns where to go on. */
  #token(chunk: Buffer, at: number): number {
    const byte = chunk[at]!;
    switch (this.#place) {
      case 'start':
        if (byte === OPEN_BRACE) return this.#go('firstKey', at + 1);
        break;
      case 'firstKey':
      case 'key':
        if (byte === QUOTE) return this.#begin('inKey', at);
        if (byte === CLOSE_BRACE && this.#place === 'firstKey') return this.#go('end', at + 1);
        break;
      case 'colon':
        if (byte === COLON) return this.#go('value', at + 1);
        break;
      case 'value':
        if (this.#key === 'items' && byte === OPEN_BRACKET) {
          this.#itemsSeen = true;
          return this.#go('firstItem', at + 1);
        }
        return this.#begin('inValue', at);
      case 'comma':
        if (byte === COMMA) return this.#go('key', at + 1);
        if (byte === CLOSE_BRACE) return this.#go('end', at + 1);
        break;
      case 'firstItem':
      case 'item':
        if (byte === CLOSE_BRACKET && this.#place === 'firstItem') return this.#go('comma', at + 1);
        return this.#beginItem(chunk, at);
      case 'itemComma':
        if (byte === COMMA) return this.#go('item', at + 1);
        if (byte === CLOSE_BRACKET) return this.#go('comma', at + 1);
        break;
      default:
    }
    throw this.#failed('the answer is no list in JSON', chunk, at, chunk.length);
  }

  #go(place: Place, at: number): number {
    this.#place = place;
    return at;
  }

  #begin(place: Place, at: number): number {
    this.#scanner.reset();
    return this.#go(place, at);
  }

  #beginItem(chunk: Buffer, at: number): number {
    const reader = this.#reader;
    const end = chunk[at] === OPEN_BRACE ? reader.next(this.#headFor(chunk, at), chunk, at, chunk.length) : -1;
    if (end === -1) return this.#begin('inItem', at);
    this.#keep(reader.object);
    return this.#go('itemComma', end);
  }

  #complete(buffer: Buffer, start: number, end: number): void {
    if (this.#place === 'inItem') {
      this.#item(buffer, start, end);
      this.#place = 'itemComma';
      return;
    }
    const value = this.#parse(buffer.toString('utf8', start, end), end - start);
    if (this.#place === 'inKey') {
      this.#key = value as string;
      this.#place = 'colon';
      return;
    }
    this.#member(value);
    this.#place = 'comma';
  }

  #member(value: unknown): void {
    switch (this.#key) {
      case 'kind':
        this.#envelope.kind = value;
        this.#requireListKind();
        break;
      case 'apiVersion':
        this.#envelope.apiVersion = value;
        break;
      case 'metadata':
        this.#envelope.metadata = value as ListMeta | null;
        break;
      case 'items':
        this.#itemsSeen = value === null;
        break;
      default:
    }
    const kind = this.#itemKind();
    const { apiVersion } = this.#envelope;
    if (kind !== '' && typeof apiVersion === 'string') {
      this.#head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
    }
  }

  #item(buffer: Buffer, start: number, end: number): void {
    let item: unknown;
    try {
      item = this.#reader.read(this.#headFor(buffer, start), buffer, start, end);
    } catch (thrown) {
      const text = buffer.toString('utf8', start, end);
      throw decodeFailed(this.#options, 'the list has an item that is no JSON', end - start, text, thrown);
    }
    this.#keep(item);
  }

  /** What to put in the place of the item's opening brace: the head if the item begins with neither kind nor apiVersion, else nothing. */
  #headFor(buffer: Buffer, start: number): string {
    if (this.#head === '') return '';
    const begin = buffer.toString('latin1', start, start + 32);
    // If they come later after all, they win over those put before.
    if (begin.startsWith('{"metadata"')) return this.#head;
    return /^\{\s*"(?!kind"|apiVersion")/.test(begin) ? this.#head : '';
  }

  #keep(item: unknown): void {
    if (item instanceof Dropped) return;
    if (this.#head === '' && (item as { kind?: unknown } | null)?.kind === undefined)
      this.#kindless.push(this.#items.length);
    this.#items.push(item as T);
  }

  #parse(text: string, byteLength: number): unknown {
    try {
      return JSON.parse(text);
    } catch (thrown) {
      throw decodeFailed(this.#options, 'the list has a part that is no JSON', byteLength, text, thrown);
    }
  }

  #fillInKinds(): void {
    const kind = this.#itemKind();
    const { apiVersion } = this.#envelope;
    if (kind === '' || typeof apiVersion !== 'string') return;
    for (const index of this.#kindless) this.#items[index] = { kind, apiVersion, ...this.#items[index]! };
  }

  /** `Pod` for a `PodList`; `''` for a plain `List`, whose items say themselves what they are, and while it is unknown. */
  #itemKind(): string {
    const { kind } = this.#envelope;
    return typeof kind === 'string' && kind.endsWith('List') ? kind.slice(0, -'List'.length) : '';
  }

  #requireListKind(): void {
    const { kind } = this.#envelope;
    if (typeof kind !== 'string' || !kind.endsWith('List')) throw this.#unexpected('is no list');
  }

  #unexpected(why: string): KubeInformerError {
    const kind = JSON.stringify(this.#envelope.kind ?? null);
    return new KubeInformerError(
      'UnexpectedKind',
      `${this.#options.description}: the answer, of kind ${kind}, ${why}`,
      {
        hint: 'Check group, version and plural of the resource, and whether a proxy rewrites what is asked for.',
      },
    );
  }

  #failed(what: string, chunk: Buffer, at: number, end: number): KubeInformerError {
    const text = chunk.toString('utf8', at, Math.min(end, at + 200));
    return decodeFailed(this.#options, what, end - at, text, undefined);
  }
}
