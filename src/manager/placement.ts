import { type SourceSpec, sourceKey } from './request.ts';
import type { Sources } from './sources.ts';
import { type Placeable, TargetGroup } from './target-group.ts';

/** A watch, as far as its place matters. */
export interface Placed extends Placeable {
  readonly collection: SourceSpec;
}

/** Finds a place for each watch: the source of a collection, or what the group of its name decides. */
export class Placement {
  readonly #sources: Sources;
  readonly #coalesceAbove: number;
  readonly #groups = new Map<string, TargetGroup>();

  constructor(sources: Sources, coalesceAbove: number) {
    this.#sources = sources;
    this.#coalesceAbove = coalesceAbove;
  }

  enter(watch: Placed): void {
    if (watch.objectName === '') {
      watch.moveTo(watch.collection);
      return;
    }
    const key = sourceKey(watch.collection);
    let group = this.#groups.get(key);
    if (!group) {
      const { collection } = watch;
      group = new TargetGroup({ collection, sources: this.#sources, coalesceAbove: this.#coalesceAbove });
      this.#groups.set(key, group);
    }
    group.join(watch);
  }

  leave(watch: Placed): void {
    if (watch.objectName === '') return;
    const key = sourceKey(watch.collection);
    const group = this.#groups.get(key);
    group?.leave(watch);
    if (group?.empty) this.#groups.delete(key);
  }
}
