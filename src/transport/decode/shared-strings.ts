/** After so many objects it is known which members repeat. */
const lessonCount = 64;

/** Strings that a member has to have had meanwhile: fewer tell nothing. */
const leastStrings = 16;

/** The parser itself keeps one copy of what is shorter; what is longer is costly to compare and seldom repeats. */
const shortest = 11;
const longest = 200;

/** Different strings that are remembered. */
const capacity = 4_096;

/** Members that are learnt about: maps with ever-new keys must not fill the memory. */
const mostPlaces = 4_000;

/** What a Secret keeps is not to be remembered after it is gone. */
const leftOut: ReadonlySet<string> = new Set(['data', 'stringData']);

/** What is known of the values of one member, or of the elements of an array, in all objects. */
interface Place {
  readonly key: string;
  /** Strings of a length that counts, and those among them that had been seen before. */
  strings: number;
  repeats: number;
  /** Of an object. */
  readonly members: Map<string, Place>;
  /** Of an array. */
  elements: Place | undefined;
}

/** A place where it is worth looking: the string there is shared, or something further in. */
interface Worthy {
  readonly key: string;
  readonly members: readonly Worthy[];
  readonly elements: Worthy | undefined;
  /** What was here the last time: often it is here again, and to compare is cheaper than to look up. */
  last: string;
}

type Container = Record<string | number, unknown>;

/**
 * Has equal strings of objects of one kind share one copy: images, times, reasons, paths. Which members are worth a look is learnt from the
 * first objects; the others are never looked at after that, so that it costs a fraction of parsing.
 *
 * Invariants: no value changes, only which copy of a string stands for it; what is remembered is bounded.
 */
export class SharedStrings {
  readonly #strings = new Map<string, string>();
  #lessons: Place | undefined = newPlace('');
  #places = 0;
  #taught = 0;
  #worthy: Worthy | undefined;

  /** Goes through a parsed object that nobody else has seen yet. */
  share(object: unknown): void {
    if (this.#lessons) this.#learn(object, this.#lessons);
    else if (this.#worthy) this.#visit(object, this.#worthy);
  }

  /** As `share`, of what the member `key` of an object has. */
  shareMember(key: string, value: unknown): void {
    const worthy = this.#worthy?.members.find((member) => member.key === key);
    if (worthy) this.#visit(value, worthy);
  }

  #learn(object: unknown, lessons: Place): void {
    this.#study(object, lessons);
    if (++this.#taught < lessonCount) return;
    this.#worthy = worthyOf(lessons);
    this.#lessons = undefined;
    this.#strings.clear();
  }

  #study(value: unknown, place: Place): void {
    if (typeof value === 'string') {
      if (!counts(value)) return;
      place.strings++;
      if (this.#strings.has(value)) place.repeats++;
      else this.#strings.set(value, value);
    } else if (Array.isArray(value)) {
      place.elements ??= newPlace('');
      for (const element of value) this.#study(element, place.elements);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, content] of Object.entries(value)) {
        if (leftOut.has(key)) continue;
        let member = place.members.get(key);
        if (!member) {
          if (++this.#places > mostPlaces) continue;
          member = newPlace(key);
          place.members.set(key, member);
        }
        this.#study(content, member);
      }
    }
  }

  #visit(value: unknown, { members, elements }: Worthy): void {
    if (typeof value !== 'object' || value === null) return;
    const container = value as Container;
    if (Array.isArray(value)) {
      if (!elements) return;
      for (let index = 0; index < value.length; index++) this.#shareAt(container, index, elements);
      return;
    }
    for (let index = 0; index < members.length; index++) {
      const member = members[index]!;
      this.#shareAt(container, member.key, member);
    }
  }

  #shareAt(container: Container, key: string | number, worthy: Worthy): void {
    const value = container[key];
    if (typeof value === 'string') {
      if (value === worthy.last) {
        container[key] = worthy.last;
        return;
      }
      if (!counts(value)) return;
      const known = this.#strings.get(value);
      worthy.last = known ?? value;
      if (known !== undefined) {
        container[key] = known;
        return;
      }
      // Rather forget all than keep what was common once.
      if (this.#strings.size >= capacity) this.#strings.clear();
      this.#strings.set(value, value);
    } else this.#visit(value, worthy);
  }
}

const ofOptions = new WeakMap<object, SharedStrings>();

/** Those of all readers with the same options, the very object: a list has one reader for each page, and each would have to learn anew. */
export function stringsOf(options: object): SharedStrings {
  let strings = ofOptions.get(options);
  if (!strings) {
    strings = new SharedStrings();
    ofOptions.set(options, strings);
  }
  return strings;
}

function newPlace(key: string): Place {
  return { key, strings: 0, repeats: 0, members: new Map(), elements: undefined };
}

function counts({ length }: string): boolean {
  return length >= shortest && length <= longest;
}

/** @returns `undefined` if there is nothing worth looking at, here or further in. */
function worthyOf({ key, strings, repeats, members: all, elements: every }: Place): Worthy | undefined {
  const members: Worthy[] = [];
  for (const place of all.values()) {
    const member = worthyOf(place);
    if (member) members.push(member);
  }
  const elements = every && worthyOf(every);
  const repeating = strings >= leastStrings && repeats * 2 >= strings;
  return repeating || members.length > 0 || elements ? { key, members, elements, last: '' } : undefined;
}
