/** After so many objects it is known which parts repeat. */
const lessonCount = 64;

/** Times that a part has to have been seen: fewer tell nothing. */
const leastSeen = 16;

/** Bytes of JSON: to share less saves nothing; what is longer seldom repeats, and is costly to compare. */
const shortest = 24;
const longest = 4_096;

/** The share of what is gone through that has to repeat. */
const leastSaved = 0.2;

/** Places that are learnt about: maps with ever-new keys must not fill the memory. */
const mostPlaces = 2_000;

/** What a Secret keeps is not to be remembered after it is gone; the last one is no member like others. */
const leftOut: ReadonlySet<string> = new Set(['data', 'stringData', '__proto__']);

/** Where in every object of a kind something is worth doing: a trie of the keys that lead there. */
export interface PartPlace {
  readonly key: string;
  /** Equal values repeat here. What repeats further in is of interest only when these cease to. */
  readonly repeats: boolean;
  readonly members: readonly PartPlace[];
  /** For the elements of an array. */
  readonly elements: PartPlace | undefined;
}

/** A trie of the keys that lead to what is cut out. */
type PrunedPlace = Map<string, PrunedPlace>;

interface Lesson {
  readonly key: string;
  readonly members: Map<string, Lesson>;
  elements: Lesson | undefined;
  /** The objects and arrays that were here, as JSON. */
  readonly texts: Set<string>;
  /** How many there were, and how many of them were no parts. */
  seen: number;
  others: number;
  bytes: number;
}

/** Learns from the first objects of a kind at which places equal objects and arrays repeat: probes, tolerations, rules, selectors. */
export class PartLessons {
  readonly #root = newLesson('');
  readonly #pruned: PrunedPlace = new Map();
  #places = 0;
  #taught = 0;

  /** @param pruned paths that are cut out: what they lead through is never shared as a whole. */
  constructor(pruned: readonly (readonly string[])[]) {
    for (const path of pruned) {
      let place = this.#pruned;
      for (const key of path) {
        const next = place.get(key) ?? new Map();
        place.set(key, next);
        place = next;
      }
    }
  }

  /** Takes in an object. @returns what was learnt, once it is enough; no more is to be taught then. */
  teach(object: unknown): PartPlace | 'more' | 'none' {
    this.#study(object, this.#root, this.#pruned);
    if (++this.#taught < lessonCount) return 'more';
    return placeOf(this.#root) ?? 'none';
  }

  /**
   * @param pruned what is cut out at or below this place, or the root
   * @returns the JSON of the value, or how long it is if it is no part: too long, or not to be remembered.
   */
  #study(value: unknown, lesson: Lesson, pruned: PrunedPlace | undefined): string | number {
    if (typeof value === 'string') return value.length > longest ? value.length : JSON.stringify(value);
    if (typeof value !== 'object' || value === null) return String(value);
    const contents: string[] = [];
    let length = 2;
    let isPart = pruned === undefined;
    const take = (name: string, content: string | number) => {
      length += name.length + 1 + (typeof content === 'number' ? content : content.length);
      if (typeof content === 'number' || length > longest) isPart = false;
      else if (isPart) contents.push(name + content);
    };
    if (Array.isArray(value)) {
      lesson.elements ??= newLesson('');
      for (const element of value) take('', this.#study(element, lesson.elements, undefined));
    } else {
      for (const [key, content] of Object.entries(value)) {
        const member = this.#member(lesson, key);
        take(`${JSON.stringify(key)}:`, member ? this.#study(content, member, pruned?.get(key)) : 0);
      }
    }
    lesson.seen++;
    lesson.bytes += length;
    if (!isPart) {
      lesson.others++;
      return length;
    }
    const text = Array.isArray(value) ? `[${contents.join()}]` : `{${contents.join()}}`;
    lesson.texts.add(text);
    return text;
  }

  #member({ members }: Lesson, key: string): Lesson | undefined {
    if (leftOut.has(key)) return undefined;
    let member = members.get(key);
    if (!member && ++this.#places <= mostPlaces) {
      member = newLesson(key);
      members.set(key, member);
    }
    return member;
  }
}

function newLesson(key: string): Lesson {
  return { key, members: new Map(), elements: undefined, texts: new Set(), seen: 0, others: 0, bytes: 0 };
}

/** @returns `undefined` if there is nothing that pays, here or further in. */
function placeOf(lesson: Lesson): (PartPlace & { readonly saved: number }) | undefined {
  const { key, seen, bytes } = lesson;
  const different = lesson.texts.size + lesson.others;
  const size = bytes / seen;
  const members = Array.from(lesson.members.values(), placeOf).filter((member) => member !== undefined);
  const elements = lesson.elements && placeOf(lesson.elements);
  const saved = members.reduce((sum, member) => sum + member.saved, elements?.saved ?? 0);
  // What is further in has to be gone through key by key, all of it.
  const further = saved > bytes * leastSaved ? { members, elements } : { members: [], elements: undefined };
  if (seen >= leastSeen && size >= shortest && size <= longest && different * 2 <= seen) {
    return { key, repeats: true, ...further, saved: bytes * (1 - different / seen) };
  }
  return saved > bytes * leastSaved ? { key, repeats: false, ...further, saved } : undefined;
}
