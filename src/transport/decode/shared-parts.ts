import { arena } from './arena.ts';
import { CutText } from './cut-text.ts';
import type { PartPlace } from './repeated-parts.ts';
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
} from './scan.ts';
import { Spot } from './spot.ts';
import { addUnread, type MemberParser } from './unread-members.ts';

const SPACE = 0x20;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Has objects and arrays that are equal in many objects of a kind be one and the same in all of them, and spares parsing them again.
 *
 * `cut` goes through the bytes of an object, leaves out what is pruned, and puts a number in the place of each such part: its index among the
 * parts of this object. After parsing, `restore` puts the parts where the numbers are. A part whose bytes come for the first time stays in the text, and `restore` takes from
 * the object what others are to share; in elements of arrays, where it could not be found again, it is parsed apart.
 * Large members at the end of the object are left out, too: `restore` adds them as text, to be parsed when they are first read; then `cutMember` and
 * `restoreMember` do for each what `cut` and `restore` do for the object.
 *
 * Invariants:
 * - Equal bytes at a place stand for an equal value, whatever is around them; so the object is the one that the parser would have made.
 * - A place that is there once is looked at again for each value that a text has for it, and the parser takes the last one, too: so what is there after parsing is what the last bytes stand for.
 * - After a `cut` that succeeded there is no number at a shared place but those of `cut`: if there was one, or a key on the way is spelled with
 *   escapes, `cut` declines, and the object is to be read as if nothing was shared.
 * - What is remembered is bounded, and a place that seldom repeats is given up, between two objects.
 * - A member that is left for later is JSON, every byte of it was looked at; nothing comes behind those that are; none comes twice.
 */
export class SharedParts {
  readonly #root: Spot;
  readonly #parts: unknown[] = [];
  /** Where parts are in the object at hand. */
  readonly #used: Spot[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  #end = 0;
  readonly #text = new CutText();
  /** The members of the object at hand that are left for later, and what is known of each: its bytes, each as one letter, or its value. */
  readonly #lateKeys: string[] = [];
  readonly #late: unknown[] = [];
  /** Whether members may be left for later: `refused` once something else came behind one. */
  #leaving: 'allowed' | 'refused' = 'allowed';

  /**
   * @param pruned the paths that are left out.
   * @param late the members of the object that are left for later.
   */
  constructor(places: PartPlace, pruned: readonly (readonly string[])[], late: readonly string[]) {
    this.#root = new Spot(places);
    for (const path of pruned) this.#root.leaveOut(path);
    for (const key of late) this.#root.ensure(key).isLate = true;
  }

  /**
   * The text of the object in `buffer[start, end)` without what is pruned and with numbers for parts; `undefined` if it is not to be had this way.
   */
  cut(buffer: Buffer, start: number, end: number): string | undefined {
    if (!arena.load(buffer, start, end)) return undefined;
    this.#leaving = 'allowed';
    return this.#cutLoaded(end - start) ?? (this.#isRefused() ? this.#cutLoaded(end - start) : undefined);
  }

  /** Puts the parts of the last `cut` into what was parsed from its text, and adds what is left for `parser`. */
  restore(object: unknown, parser: MemberParser): void {
    if (this.#used.length > 0) this.#restore(object, this.#root);
    if (this.#lateKeys.length > 0) addUnread(object as object, this.#lateKeys, this.#late, parser);
  }

  /** The text of a member of which `letters` are the bytes, with numbers for parts. */
  cutMember(key: string, letters: string): string {
    const spot = this.#root.ensure(key);
    spot.noteRead();
    // First of all: no part of another object must be left for `restoreMember`.
    this.#begin(letters.length);
    if (!arena.loadLetters(letters)) return Buffer.from(letters, 'latin1').toString();
    if (this.#value(spot, 0) !== -1) return this.#text.finish(letters.length);
    this.#begin(letters.length);
    return arena.bytes.toString('utf8', 0, letters.length);
  }

  /** As `restore`, after the last `cutMember`. */
  restoreMember(key: string, value: unknown): void {
    if (this.#used.length > 0) this.#restore(value, this.#root.ensure(key));
  }

  #cutLoaded(length: number): string | undefined {
    this.#begin(length);
    if (this.#buffer[0] !== OPEN_BRACE || this.#object(this.#root, 0) === -1) return undefined;
    return this.#text.finish(length);
  }

  #isRefused(): boolean {
    return this.#leaving === 'refused';
  }

  #begin(length: number): void {
    for (const spot of this.#used) spot.judge();
    this.#used.length = 0;
    this.#buffer = arena.bytes;
    this.#end = length;
    this.#text.begin(arena.bytes);
    this.#parts.length = 0;
    this.#lateKeys.length = 0;
    this.#late.length = 0;
  }

  #restore(value: unknown, { members, elements }: Spot): void {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      if (!elements) return;
      for (let at = 0; at < value.length; at++) {
        const element: unknown = value[at];
        if (elements.role === 'way') this.#restore(element, elements);
        else if (elements.role === 'shared' && typeof element === 'number') value[at] = this.#parts[element];
      }
      return;
    }
    const container = value as Record<string, unknown>;
    for (let index = 0; index < members.length; index++) {
      const spot = members[index]!;
      if (spot.role === 'way') this.#restore(container[spot.key], spot);
      else if (spot.role === 'shared') {
        const content = container[spot.key];
        if (typeof content === 'number') container[spot.key] = this.#parts[content];
        else if (typeof content === 'object' && content !== null) spot.learn(content);
      }
    }
  }

  /** Goes through the object that opens at `open`. @returns the position behind it, or -1 to decline. */
  #object(way: Spot, open: number): number {
    const buffer = this.#buffer;
    const end = this.#end;
    /** The comma before the member at hand, if there is one in the text. */
    let comma = -1;
    let at = skipSpace(buffer, open + 1, end);
    if (at < end && buffer[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      if (at >= end || buffer[at] !== QUOTE) return -1;
      const member = at;
      at = keyEnd(buffer, member, end);
      if (at === -1) return -1;
      const spot = way.member(buffer, member + 1, at - 1);
      if (buffer[at] !== COLON) at = skipSpace(buffer, at, end);
      if (at >= end || buffer[at] !== COLON) return -1;
      at++;
      if (buffer[at]! <= SPACE) at = skipSpace(buffer, at, end);
      if (at >= end) return -1;
      const isLate = spot?.isLate === true && this.#mayBeLate(at);
      const isCut = isLate || spot?.role === 'cut';
      if (isLate) at = this.#leaveForLater(spot, at);
      else at = isCut ? this.#endOfCut(at) : this.#value(spot, at);
      if (at === -1) return -1;
      const behind = buffer[at]! <= SPACE ? skipSpace(buffer, at, end) : at;
      if (behind >= end) return -1;
      const isLast = buffer[behind] === CLOSE_BRACE;
      if (!isLast && buffer[behind] !== COMMA) return -1;
      if (!isCut && way === this.#root && this.#lateKeys.length > 0) {
        this.#leaving = 'refused';
        return -1;
      }
      if (isCut) {
        // It takes a comma along: the one before it, if there is something before that stays.
        if (comma !== -1) this.#text.leaveOut(comma, at);
        else this.#text.leaveOut(member, isLast ? at : behind + 1);
      }
      if (isLast) return behind + 1;
      if (comma !== -1 || !isCut) comma = behind;
      at = behind + 1;
      if (buffer[at]! <= SPACE) at = skipSpace(buffer, at, end);
    }
  }

  #array(elements: Spot, open: number): number {
    const buffer = this.#buffer;
    const end = this.#end;
    let at = skipSpace(buffer, open + 1, end);
    if (at < end && buffer[at] === CLOSE_BRACKET) return at + 1;
    for (;;) {
      if (at >= end) return -1;
      at = this.#value(elements, at);
      if (at === -1) return -1;
      at = skipSpace(buffer, at, end);
      if (at >= end) return -1;
      if (buffer[at] === CLOSE_BRACKET) return at + 1;
      if (buffer[at] !== COMMA) return -1;
      at = skipSpace(buffer, at + 1, end);
    }
  }

  #value(spot: Spot | undefined, at: number): number {
    const buffer = this.#buffer;
    if (spot === undefined || spot.role === 'plain') return arena.skipValue(at, this.#end);
    const first = buffer[at]!;
    if (spot.role === 'shared') {
      if (first === OPEN_BRACE || first === OPEN_BRACKET) return this.#part(spot, at);
      return first === MINUS || (first >= ZERO && first <= NINE) ? -1 : arena.skipValue(at, this.#end);
    }
    if (first === OPEN_BRACE && spot.members.length > 0) return this.#object(spot, at);
    if (first === OPEN_BRACKET && spot.elements) return this.#array(spot.elements, at);
    return arena.skipValue(at, this.#end);
  }

  /** Has a number stand for the object or array at `from`. */
  #part(spot: Spot, from: number): number {
    const to = spot.look(from, this.#end);
    if (to === -1) return to;
    this.#used.push(spot);
    if (spot.last === undefined) return to;
    this.#text.replace(from, to, this.#parts.length);
    this.#parts.push(spot.last.value);
    return to;
  }

  #mayBeLate(value: number): boolean {
    const first = this.#buffer[value]!;
    return (first === OPEN_BRACE || first === OPEN_BRACKET) && this.#leaving === 'allowed';
  }

  #leaveForLater(spot: Spot, from: number): number {
    if (this.#lateKeys.includes(spot.key)) return -1;
    this.#lateKeys.push(spot.key);
    // What comes before one that is parsed at once can't be left either.
    if (!spot.leave()) for (const key of this.#lateKeys) this.#root.ensure(key).isLate = false;
    if (spot.role === 'shared') {
      const to = spot.look(from, this.#end);
      if (to === -1) return -1;
      if (spot.last) {
        this.#used.push(spot);
        this.#late.push(spot.last.value);
        return to;
      }
    }
    const to = arena.checkedEnd(from);
    if (to !== -1) this.#late.push(this.#buffer.toString('latin1', from, to));
    return to;
  }

  #endOfCut(value: number): number {
    const end = quickArrayEnd(this.#buffer, value, this.#end, true);
    return end === -1 ? arena.skipValue(value, this.#end) : end;
  }
}

/** The position behind the key that opens at `from`; -1 if it has an escape or no end. */
function keyEnd(buffer: Uint8Array, from: number, end: number): number {
  for (let at = from + 1; at < end; at++) {
    const byte = buffer[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) return -1;
  }
  return -1;
}
