import { arena } from './arena.ts';
import type { PartPlace } from './repeated-parts.ts';

/** Different parts that are remembered for a place, and the longest of them, in bytes. */
const capacity = 512;
const longest = 8_192;

/** After so many parts it is looked at whether sharing pays. */
export const trialLength = 512;

/** Up to so many bytes a loop is quicker than to call what is native. */
const quickCompare = 160;

/** A value that is shared, and the bytes that stand for it. */
interface Part {
  readonly bytes: Buffer;
  readonly value: unknown;
}

/** Whether a place can be there several times in one object, as what is in the elements of an array, or once. */
type Times = 'once' | 'often';

/** A place in the objects of a kind, and what was found there. */
export class Spot {
  readonly key: string;
  /** The key between its quotes. */
  readonly bytes: Buffer;
  readonly members: Spot[];
  readonly elements: Spot | undefined;
  /** What becomes of a value here: something further in is looked for, equal ones are shared, or it is left alone. */
  role: 'way' | 'shared' | 'plain';
  /** What was here the last time: often it is here again, and to compare is cheaper than to look up. */
  last: Part | undefined;
  /** The bytes of the part that was here last, as letters, if they were new, until it is known what the parser makes of them. */
  #fresh: string | undefined;
  readonly #times: Times;
  /** A member of the root that is parsed when it is first read. */
  isLate = false;
  /** How often it was left for later, and read later, since it was last looked at whether that pays. */
  #left = 0;
  #read = 0;
  /** By their bytes, each as one character. */
  readonly #known = new Map<string, Part>();
  #seen = 0;
  #hits = 0;

  constructor({ key, repeats, members, elements }: PartPlace, times: Times = 'once') {
    this.key = key;
    this.#times = times;
    this.bytes = Buffer.from(JSON.stringify(key).slice(1, -1));
    this.role = repeats ? 'shared' : 'way';
    this.members = members.map((member) => new Spot(member, times));
    this.elements = elements && new Spot(elements, 'often');
  }

  member(key: string): Spot | undefined {
    return this.members.find((known) => known.key === key);
  }

  /** The member `key`, which becomes one that is looked for if it was none. */
  ensure(key: string): Spot {
    let member = this.member(key);
    if (!member) {
      member = new Spot({ key, repeats: false, members: [], elements: undefined }, this.#times);
      this.members.push(member);
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

  /**
   * Looks at the object or array that is from `from` to `to` in the arena. What stands for it is in `last` then. If that is `undefined` it is to be parsed with
   * what is around it: it is too long to be remembered, or new, and then `learn` takes what became of it.
   *
   * @returns whether it may be JSON.
   */
  look(from: number, to: number): boolean {
    const { last } = this;
    const buffer = arena.bytes;
    this.#fresh = undefined;
    this.#seen++;
    if (last && last.bytes.length === to - from && isAt(last.bytes, buffer, from)) {
      this.#hits++;
      return true;
    }
    this.last = undefined;
    if (to - from > longest) return true;
    const key = buffer.toString('latin1', from, to);
    this.last = this.#known.get(key);
    if (this.last) this.#hits++;
    else if (this.#times === 'once' && !this.isLate) this.#fresh = key;
    else return this.#parseApart(key);
    return true;
  }

  /** What the parser made of what was here last, if that was an object or array. */
  learn(value: object): void {
    if (this.#fresh) this.#remember(this.#fresh, value);
  }

  /** To be called between two objects: where equal values no longer repeat they are no longer shared. @returns whether that was so. */
  judge(): boolean {
    if (this.role !== 'shared' || this.#seen < trialLength) return false;
    const pays = this.#hits * 2 >= this.#seen;
    if (!pays) {
      this.role = this.members.length > 0 || this.elements ? 'way' : 'plain';
      this.#known.clear();
      this.last = undefined;
    }
    this.#seen = 0;
    this.#hits = 0;
    return !pays;
  }

  /** @returns whether it is JSON: whoever reads all of it as it is says what is wrong with it. */
  #parseApart(letters: string): boolean {
    try {
      this.#remember(letters, JSON.parse(Buffer.from(letters, 'latin1').toString()));
      return true;
    } catch {
      return false;
    }
  }

  #remember(letters: string, value: unknown): void {
    // Rather forget all than keep what was common once.
    if (this.#known.size >= capacity) this.#known.clear();
    this.last = { bytes: Buffer.from(letters, 'latin1'), value };
    this.#known.set(letters, this.last);
  }
}

function isAt(bytes: Buffer, buffer: Buffer, from: number): boolean {
  const { length } = bytes;
  if (length > quickCompare) return buffer.compare(bytes, 0, length, from, from + length) === 0;
  for (let at = 0; at < length; at++) if (bytes[at] !== buffer[from + at]) return false;
  return true;
}
