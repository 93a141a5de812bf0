import { arena } from './arena.ts';
import { LargeMembers } from './large-members.ts';
import { splitPath } from './path.ts';
import { PartLessons, type PartPlace } from './repeated-parts.ts';
import { SharedParts } from './shared-parts.ts';
import type { SharedStrings } from './shared-strings.ts';
import type { MemberParser } from './unread-members.ts';

const nothingRepeats: PartPlace = { key: '', repeats: false, members: [], elements: undefined };

/** What the readers of one kind know of its parts: first they learn, then they share. */
export class Sharing {
  /** Once it is known what to share, or to leave for later. */
  parts: SharedParts | undefined;
  readonly #strings: SharedStrings;
  readonly #pruned: readonly (readonly string[])[];
  #lessons: { readonly repeated: PartLessons; readonly large: LargeMembers } | undefined;

  /** @throws KubeInformerError `InvalidOption` */
  constructor(prune: readonly string[], strings: SharedStrings) {
    this.#strings = strings;
    this.#pruned = prune.map((path) => splitPath(path, 'prune'));
    this.#lessons = { repeated: new PartLessons(this.#pruned), large: new LargeMembers(this.#pruned) };
  }

  /** Takes in an object that was read as it is. */
  teach(object: unknown): void {
    if (!this.#lessons) return;
    const { repeated, large } = this.#lessons;
    large.take(object);
    const places = repeated.teach(object);
    if (places === 'more') return;
    this.#lessons = undefined;
    // Without the scanner nobody could say that a text is JSON but by parsing it.
    const late = arena.hasScanner ? large.keys() : [];
    if (places === 'none' && late.length === 0) return;
    this.parts = new SharedParts(places === 'none' ? nothingRepeats : places, this.#pruned, late);
  }

  /** For the members of objects that were left for later. */
  readonly parseMember: MemberParser = (key, letters) => {
    const parts = this.parts!;
    const value: unknown = JSON.parse(parts.cutMember(key, letters));
    this.#strings.shareMember(key, value);
    parts.restoreMember(key, value);
    return value;
  };
}

const ofOptions = new WeakMap<object, Sharing>();

/** That of all readers with the same options, the very object: a list has one reader for each page, and each would have to learn anew. */
export function sharingOf(options: { readonly prune: readonly string[] }, strings: SharedStrings): Sharing {
  let sharing = ofOptions.get(options);
  if (!sharing) {
    sharing = new Sharing(options.prune, strings);
    ofOptions.set(options, sharing);
  }
  return sharing;
}
