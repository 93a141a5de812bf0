import { type SourceSpec, sourceOfName } from './request.ts';
import type { Source, SourceHolder } from './source.ts';
import type { Sources } from './sources.ts';

/** A watch of one object, as far as its place matters. */
export interface Placeable {
  readonly objectName: string;
  /** Takes its events from the source for `spec`, as soon as that has synced; until then from the one before. */
  moveTo(spec: SourceSpec): void;
}

export interface TargetGroupOptions {
  readonly collection: SourceSpec;
  readonly sources: Sources;
  /** More names than this share a source of the whole collection. */
  readonly coalesceAbove: number;
}

/**
 * The watches of single objects in one collection: few have a source each, many share that of the collection.
 *
 * ```
 *               more than `coalesceAbove` names
 *     ┌─────┐ ─────────────────────────────────► ┌────────┐  403 before it synced   ┌─────────┐
 *     │ own │                                    │ shared │ ──────────────────────► │ refused │ names have their own
 *     └─────┘ ◄───────────────────────────────── └────────┘                         └─────────┘ until the group is empty
 *               half of that, or fewer
 * ```
 *
 * Invariants: in `own` and `refused` each watch is placed at the source of its name, in `shared` at that of the collection; what a watch leaves it
 * leaves only after the other has synced (see `Watch`).
 */
export class TargetGroup implements SourceHolder {
  readonly #options: TargetGroupOptions;
  readonly #names = new Map<string, Set<Placeable>>();
  #mode: 'own' | 'shared' | 'refused' = 'own';
  #collection: Source | undefined;

  constructor(options: TargetGroupOptions) {
    this.#options = options;
  }

  get empty(): boolean {
    return this.#names.size === 0;
  }

  join(watch: Placeable): void {
    const ofName = this.#names.get(watch.objectName);
    if (ofName) ofName.add(watch);
    else this.#names.set(watch.objectName, new Set([watch]));
    if (this.#mode === 'own' && this.#names.size > this.#options.coalesceAbove) this.#share();
    else this.#place(watch);
  }

  leave(watch: Placeable): void {
    const ofName = this.#names.get(watch.objectName);
    if (ofName?.delete(watch) && ofName.size === 0) this.#names.delete(watch.objectName);
    if (this.#mode === 'shared' && this.#names.size <= Math.floor(this.#options.coalesceAbove / 2)) this.#split('own');
    if (this.empty) this.#mode = 'own';
  }

  sourceSynced(): void {}

  sourceFailed(): void {}

  /** The rights may cover these names and no more. */
  sourceJudged(source: Source): void {
    const { verdict, Synced } = source.judgement;
    if (verdict === 'forbidden' && Synced.status !== 'True') this.#split('refused');
  }

  #share(): void {
    const { sources, collection } = this.#options;
    this.#mode = 'shared';
    this.#collection = sources.acquire(collection, this);
    this.#placeAll();
    // It may have been there before.
    this.sourceJudged(this.#collection);
  }

  #split(mode: 'own' | 'refused'): void {
    this.#mode = mode;
    this.#placeAll();
    const collection = this.#collection;
    this.#collection = undefined;
    if (collection) this.#options.sources.release(collection, this);
  }

  #placeAll(): void {
    for (const watches of Array.from(this.#names.values())) for (const watch of Array.from(watches)) this.#place(watch);
  }

  #place(watch: Placeable): void {
    const { collection } = this.#options;
    watch.moveTo(this.#mode === 'shared' ? collection : sourceOfName(collection, watch.objectName));
  }
}
