import { splitPath } from './path.ts';
import { PartLessons } from './repeated-parts.ts';
import { SharedParts } from './shared-parts.ts';

/** What the readers of one kind know of its parts: first they learn, then they share. */
export class Sharing {
  /** Once it is known what to share. */
  parts: SharedParts | undefined;
  readonly #pruned: readonly (readonly string[])[];
  #lessons: PartLessons | undefined;

  /** @throws KubeInformerError `InvalidOption` */
  constructor(prune: readonly string[]) {
    this.#pruned = prune.map((path) => splitPath(path, 'prune'));
    this.#lessons = new PartLessons(this.#pruned);
  }

  /** Takes in an object that was read as it is. */
  teach(object: unknown): void {
    const places = this.#lessons?.teach(object);
    if (places === undefined || places === 'more') return;
    this.#lessons = undefined;
    if (places !== 'none') this.parts = new SharedParts(places, this.#pruned);
  }
}

const ofOptions = new WeakMap<object, Sharing>();

/** That of all readers with the same options, the very object: a list has one reader for each page, and each would have to learn anew. */
export function sharingOf(options: { readonly prune: readonly string[] }): Sharing {
  let sharing = ofOptions.get(options);
  if (!sharing) {
    sharing = new Sharing(options.prune);
    ofOptions.set(options, sharing);
  }
  return sharing;
}
