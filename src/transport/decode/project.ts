import { arena, selectedAt } from './arena.ts';
import type { ObjectReader } from './object.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  quickArrayEnd,
  skipSpace,
  skipValue,
} from './scan.ts';
import { type Choice, type Elements, type Fields, select, selectionOf } from './selection.ts';
import type { SharedStrings } from './shared-strings.ts';
import type { Sharing } from './sharing.ts';

const BACKSLASH = 0x5c;

/** Pieces shorter than this are copied byte by byte: that is faster than a call of the native copy. */
const shortPiece = 64;

/** Above this the buffer for what is selected is not kept for the next object. */
const keptCapacity = 1 << 20;

/**
 * Makes objects that have nothing but what is selected, of bytes of which the rest is never parsed: the selected ranges are copied side by side
 * and parsed together. One instance serves one call at a time.
 *
 * Invariants:
 * - If the bytes are JSON, then the result equals `select` of what `JSON.parse` makes of them: duplicate keys, spaces and escapes included.
 * - If they are not, then reading fails, unless the flaw lies inside of a value that is skipped: there only the ends of strings and the
 *   balance of brackets are looked at.
 */
export class Projector implements ObjectReader {
  object: unknown;
  readonly #selection: Fields;
  readonly #strings: SharedStrings;
  readonly #sharing: Sharing | undefined;
  #scratch = Buffer.allocUnsafeSlow(16 * 1024);
  #written = 0;
  #buffer: Buffer = Buffer.alloc(0);
  #end = 0;
  /** The selection, where the arena has it. */
  #table: number | 'none' | undefined;

  /**
   * @param sharing without it objects have nothing but strings in common.
   * @throws KubeInformerError `InvalidOption`
   */
  constructor(
    project: readonly string[],
    prune: readonly string[],
    strings: SharedStrings,
    sharing: Sharing | undefined,
  ) {
    this.#selection = selectionOf(project, prune);
    this.#strings = strings;
    this.#sharing = sharing;
  }

  read(head: string, buffer: Buffer, start: number, end: number): unknown {
    const stop = this.#readInArena(head, buffer, start, end);
    const found = stop === -1 ? this.next(head, buffer, start, end) : stop + start;
    if (found !== -1 && skipSpace(buffer, found, end) === end) return this.object;
    // What is written in an odd way is read the plain way; and what is no JSON fails as it does everywhere.
    const text = buffer.toString('utf8', start, end);
    return this.reduce(JSON.parse(head === '' ? text : head + text.slice(1)));
  }

  /** As `next`, with positions from `start` on, for what ends where it has to. */
  #readInArena(head: string, buffer: Buffer, start: number, end: number): number {
    this.#table ??= arena.place(this.#selection) ?? 'none';
    if (this.#table === 'none' || !arena.load(buffer, start, end)) return -1;
    const stop = arena.project(this.#table, end - start, head);
    if (stop === -1) return -1;
    try {
      this.object = this.#parse(arena.bytes, selectedAt, arena.selectedEnd);
    } catch {
      return -1;
    }
    return stop;
  }

  /** What may go on behind the object is read where it is: nobody knows how much of that belongs to it. */
  next(head: string, buffer: Buffer, start: number, end: number): number {
    const open = skipSpace(buffer, start, end);
    if (open >= end || buffer[open] !== OPEN_BRACE) return -1;
    this.#buffer = buffer;
    this.#end = end;
    const longest = end - start + head.length * 3;
    if (longest > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(longest + (longest >> 1));
    // The comma at the end of the head is written before the next member, if there is one.
    this.#written = head === '' ? 0 : this.#scratch.write(head) - 1;
    const stop = this.#object(this.#selection, open, head !== '');
    if (stop !== -1) {
      try {
        this.object = this.#parse(this.#scratch, 0, this.#written);
      } catch {
        return -1;
      }
    }
    if (this.#scratch.length > keptCapacity) this.#scratch = Buffer.allocUnsafeSlow(16 * 1024);
    return stop;
  }

  reduce(object: unknown): unknown {
    const selected = select(object, this.#selection);
    this.#strings.share(selected);
    return selected;
  }

  /** Parses what is selected. */
  #parse(buffer: Buffer, from: number, to: number): unknown {
    const sharing = this.#sharing;
    const text = sharing?.parts?.cut(buffer, from, to);
    const object: unknown = JSON.parse(text ?? buffer.toString('utf8', from, to));
    this.#strings.share(object);
    if (text === undefined) sharing?.teach(object);
    else sharing?.parts?.restore(object, sharing.parseMember);
    return object;
  }

  #value(choice: Fields | Elements, at: number): number {
    const first = this.#buffer[at];
    if (choice.kind === 'fields') {
      if (first === OPEN_BRACE) return this.#object(choice, at, false);
    } else if (first === OPEN_BRACKET) return this.#array(choice, at);
    const stop = skipValue(this.#buffer, at, this.#end);
    if (stop !== -1) this.#copy(at, stop);
    return stop;
  }

  /**
   * Writes what stays of the object that opens at `open`. Neighbours that stay whole are copied in one piece.
   *
   * @param begun whether the brace and some members are written already
   * @returns the position behind the object; -1 if it does not end, is no JSON, or has a key that is spelled with escapes.
   */
  #object(fields: Fields, open: number, begun: boolean): number {
    const buffer = this.#buffer;
    const end = this.#end;
    const otherwise: Choice = fields.others ? 'all' : 'none';
    let comma = begun;
    if (!begun) this.#put(OPEN_BRACE);
    let at = skipSpace(buffer, open + 1, end);
    if (at < end && buffer[at] === CLOSE_BRACE) {
      this.#put(CLOSE_BRACE);
      return at + 1;
    }
    // Where the piece to be copied begins, and where it ends so far.
    let from = -1;
    let to = -1;
    while (at < end && buffer[at] === QUOTE) {
      const member = at;
      let keyEnd = at + 1;
      for (; keyEnd < end; keyEnd++) {
        const byte = buffer[keyEnd]!;
        if (byte === QUOTE) break;
        if (byte === BACKSLASH) return -1;
      }
      at = skipSpace(buffer, keyEnd + 1, end);
      if (at >= end || buffer[at] !== COLON) return -1;
      const value = skipSpace(buffer, at + 1, end);
      if (value >= end) return -1;
      const choice = this.#choose(fields, member + 1, keyEnd) ?? otherwise;
      if (choice === 'all' || choice === 'none') {
        at = choice === 'none' ? this.#skip(value) : skipValue(buffer, value, end);
        if (at === -1) return -1;
        if (choice === 'all') {
          if (from === -1) from = member;
          to = at;
        }
      }
      if (choice !== 'all' && from !== -1) {
        this.#piece(comma, from, to);
        comma = true;
        from = -1;
      }
      if (choice !== 'all' && choice !== 'none') {
        this.#piece(comma, member, value);
        comma = true;
        at = this.#value(choice, value);
        if (at === -1) return -1;
      }
      at = skipSpace(buffer, at, end);
      if (at >= end) return -1;
      if (buffer[at] === CLOSE_BRACE) {
        if (from !== -1) this.#piece(comma, from, to);
        this.#put(CLOSE_BRACE);
        return at + 1;
      }
      if (buffer[at] !== COMMA) return -1;
      at = skipSpace(buffer, at + 1, end);
    }
    return -1;
  }

  #skip(value: number): number {
    const end = quickArrayEnd(this.#buffer, value, this.#end, false);
    return end === -1 ? skipValue(this.#buffer, value, this.#end) : end;
  }

  #array({ of }: Elements, open: number): number {
    const buffer = this.#buffer;
    const end = this.#end;
    this.#put(OPEN_BRACKET);
    let at = skipSpace(buffer, open + 1, end);
    if (at < end && buffer[at] === CLOSE_BRACKET) {
      this.#put(CLOSE_BRACKET);
      return at + 1;
    }
    while (at < end) {
      // Elements are chosen from, or the array would have been taken as a whole.
      at = this.#value(of as Fields | Elements, at);
      if (at === -1) return -1;
      at = skipSpace(buffer, at, end);
      if (at >= end) return -1;
      const byte = buffer[at]!;
      if (byte !== COMMA && byte !== CLOSE_BRACKET) return -1;
      this.#put(byte);
      at++;
      if (byte === CLOSE_BRACKET) return at;
      at = skipSpace(buffer, at, end);
    }
    return -1;
  }

  #choose(fields: Fields, from: number, to: number): Choice | undefined {
    const buffer = this.#buffer;
    const length = to - from;
    const { members } = fields;
    for (let index = 0; index < members.length; index++) {
      const { bytes, choice } = members[index]!;
      if (bytes.length !== length) continue;
      let at = 0;
      while (at < length && bytes[at] === buffer[from + at]) at++;
      if (at === length) return choice;
    }
    return undefined;
  }

  #piece(comma: boolean, from: number, to: number): void {
    if (comma) this.#put(COMMA);
    this.#copy(from, to);
  }

  #copy(from: number, to: number): void {
    const scratch = this.#scratch;
    const buffer = this.#buffer;
    let written = this.#written;
    if (to - from > shortPiece) buffer.copy(scratch, written, from, to);
    else for (let at = from; at < to; at++) scratch[written++] = buffer[at]!;
    this.#written += to - from;
  }

  #put(byte: number): void {
    this.#scratch[this.#written++] = byte;
  }
}
