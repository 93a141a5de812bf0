import { LargeMembers } from './large-members.ts';
import { splitPath } from './path.ts';
import { PartLessons, type PartPlace } from './repeated-parts.ts';
import type { Choice } from './selection.ts';
import { SharedParts } from './shared-parts.ts';
import type { SharedStrings } from './shared-strings.ts';
import type { MemberParser } from './unread-members.ts';

const nothingRepeats: PartPlace = { key: '', repeats: false, members: [], elements: undefined };

interface Lessons {
  readonly repeated: PartLessons;
  readonly large: LargeMembers;
}

/** Reads what is selected of the objects of one kind, and learns from the first which parts and strings of them to share, and what to leave for later. */
export class Sharing {
  #parts: SharedParts;
  readonly #strings: SharedStrings;
  readonly #selection: Choice;
  /** Until it is known what to share. */
  #lessons: Lessons | undefined;

  /**
   * @param prune what is shared has nothing of that in it; `undefined` to share strings only.
   * @throws KubeInformerError `InvalidOption`
   */
  constructor(selection: Choice, strings: SharedStrings, prune: readonly string[] | undefined) {
    this.#selection = selection;
    this.#strings = strings;
    this.#parts = new SharedParts(nothingRepeats, selection, [], this.#parseMember);
    const pruned = prune?.map((path) => splitPath(path, 'prune'));
    if (pruned) this.#lessons = { repeated: new PartLessons(pruned), large: new LargeMembers(pruned) };
  }

  /**
   * As that of an `ObjectReader`.
   *
   * @returns `undefined` if it can't be read this way.
   * @throws SyntaxError if the bytes are no JSON
   */
  read(head: string, buffer: Buffer, start: number, end: number): unknown {
    const text = this.#parts.cut(head, buffer, start, end);
    if (text === undefined) return undefined;
    const object: unknown = JSON.parse(text);
    this.#strings.share(object);
    this.#parts.restore(object);
    if (this.#lessons) this.#learn(object, this.#lessons);
    return object;
  }

  #learn(object: unknown, { repeated, large }: Lessons): void {
    large.take(object);
    const places = repeated.teach(object);
    if (places === 'more') return;
    this.#lessons = undefined;
    const known = places === 'none' ? nothingRepeats : places;
    this.#parts = new SharedParts(known, this.#selection, large.keys(), this.#parseMember);
  }

  /** For the members of objects that were left for later. */
  readonly #parseMember: MemberParser = (key, letters) => {
    const parts = this.#parts;
    const value: unknown = JSON.parse(parts.cutMember(key, letters));
    this.#strings.shareMember(key, value);
    parts.restoreMember(key, value);
    return value;
  };
}

const ofOptions = new WeakMap<object, Sharing>();

/** That of all readers with the same options, the very object: a list has one reader for each page, and each would have to learn anew. */
export function sharingOf(
  options: { readonly prune: readonly string[]; readonly share?: boolean | undefined },
  selection: Choice,
  strings: SharedStrings,
): Sharing {
  let sharing = ofOptions.get(options);
  if (!sharing) {
    sharing = new Sharing(selection, strings, options.share ? options.prune : undefined);
    ofOptions.set(options, sharing);
  }
  return sharing;
}
