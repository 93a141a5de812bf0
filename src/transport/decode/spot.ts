import { arena } from './arena.ts';
import type { PartPlace } from './repeated-parts.ts';

/** Different parts that are remembered for a place, and the longest of them, in bytes. */
const capacity = 512;
const longest = 8_192;

/** After so many parts it is looked at whether sharing pays. */
const trialLength = 512;

/** Up to so many bytes a loop is quicker than to call what is native. */
const quickCompare = 160;

/** A value that is shared, and the bytes that stand for it. */
interface Part {
  readonly bytes: Buffer;
  readonly value: unknown;
}

/** A place in the objects of a kind, and what was found there. */
export class Spot {
  readonly key: string;
  readonly members: Spot[];
  readonly elements: Spot | undefined;
  /** What becomes of a value here: something further in is looked for, equal ones are shared, it is left out, or left alone. */
  role: 'way' | 'shared' | 'cut' | 'plain';
  /** What was here the last time: often it is here again, and to compare is cheaper than to look up. */
  last: Part | undefined;
  /** A member of the root that is parsed when it is first read. */
  isLate = false;
  /** How often it was left for later, and read later, since it was last looked at whether that pays. */
  #left = 0;
  #read = 0;
  readonly #bytes: Buffer;
  readonly #length: number;
  readonly #first: number;
  /** The lengths of the members' keys, one bit each, modulo 32: most keys are none of them. */
  #lengths = 0;
  /** By their bytes, each as one character. */
  readonly #known = new Map<string, Part>();
  #seen = 0;
  #hits = 0;

  constructor({ key, repeats, members, elements }: PartPlace) {
    this.key = key;
    this.#bytes = Buffer.from(JSON.stringify(key).slice(1, -1));
    this.#length = this.#bytes.length;
    this.#first = this.#bytes[0] ?? 0;
    this.role = repeats ? 'shared' : 'way';
    this.members = members.map((member) => new Spot(member));
    for (const member of this.members) this.#lengths |= 1 << member.#length;
    this.elements = elements && new Spot(elements);
  }

  /** Has what is at `path` be left out. */
  leaveOut(path: readonly string[]): void {
    const [key, ...further] = path;
    if (key === undefined) {
      this.role = 'cut';
      return;
    }
    this.ensure(key).leaveOut(further);
  }

  /** The member `key`, which becomes one that is looked for if it was none. */
  ensure(key: string): Spot {
    let member = this.members.find((known) => known.key === key);
    if (!member) {
      member = new Spot({ key, repeats: false, members: [], elements: undefined });
      this.members.push(member);
      this.#lengths |= 1 << member.#length;
    }
    return member;
  }

  /** It is left for later once more. @returns whether that still pays: where most are read in the end it is better to parse them at once. */
  leave(): boolean {
    if (++this.#left < trialLength) return true;
    const pays = this.#read * 2 < this.#left;
    this.#left = 0;
    this.#read = 0;
    return pays;
  }

  /** It was left for later, and is read now. */
  noteRead(): void {
    this.#read++;
  }

  /** The member whose key is in `buffer[from, to)`. */
  member(buffer: Uint8Array, from: number, to: number): Spot | undefined {
    const length = to - from;
    if ((this.#lengths & (1 << length)) === 0) return undefined;
    const { members } = this;
    const first = buffer[from];
    for (let index = 0; index < members.length; index++) {
      const member = members[index]!;
      if (member.#length !== length || (member.#first !== first && length > 0)) continue;
      const bytes = member.#bytes;
      let at = 1;
      while (at < length && bytes[at] === buffer[from + at]) at++;
      if (at >= length) return member;
    }
    return undefined;
  }

  /**
   * Looks at the object or array that begins at `from` in the arena. What stands for it is in `last` then, if it is not too long for that.
   *
   * @returns the position behind it; -1 if it does not end before `end`, or is no JSON.
   */
  look(from: number, end: number): number {
    const { last } = this;
    const buffer = arena.bytes;
    this.#seen++;
    if (last && from + last.bytes.length <= end && isAt(last.bytes, buffer, from)) {
      this.#hits++;
      return from + last.bytes.length;
    }
    const to = arena.skipValue(from, end);
    if (to === -1) return -1;
    this.last = to - from > longest ? undefined : this.#lookUp(buffer, from, to);
    return this.last || to - from > longest ? to : -1;
  }

  /** To be called between two objects: where equal values no longer repeat they are no longer shared. */
  judge(): void {
    if (this.role !== 'shared' || this.#seen < trialLength) return;
    if (this.#hits * 2 < this.#seen) {
      this.role = this.members.length > 0 || this.elements ? 'way' : 'plain';
      this.#known.clear();
      this.last = undefined;
    }
    this.#seen = 0;
    this.#hits = 0;
  }

  #lookUp(buffer: Buffer, from: number, to: number): Part | undefined {
    const key = buffer.toString('latin1', from, to);
    const known = this.#known.get(key);
    if (known) {
      this.#hits++;
      return known;
    }
    let value: unknown;
    try {
      value = JSON.parse(buffer.toString('utf8', from, to));
    } catch {
      // Whoever reads all of it as it is says what is wrong with it.
      return undefined;
    }
    // Rather forget all than keep what was common once.
    if (this.#known.size >= capacity) this.#known.clear();
    const part = { bytes: Buffer.from(buffer.subarray(from, to)), value };
    this.#known.set(key, part);
    return part;
  }
}

function isAt(bytes: Buffer, buffer: Buffer, from: number): boolean {
  const { length } = bytes;
  if (length > quickCompare) return buffer.compare(bytes, 0, length, from, from + length) === 0;
  for (let at = 0; at < length; at++) if (bytes[at] !== buffer[from + at]) return false;
  return true;
}
