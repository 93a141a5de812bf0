import type { CachedKind, CachedObject } from '../cache/index.ts';
import { bodyOf, itemsBody } from './bodies.ts';

interface Entry {
  readonly kind: CachedKind;
  /** The position of the state that was looked at last. */
  seq: number;
  readonly objects: readonly CachedObject[];
  readonly items: Buffer;
}

/** Bytes that are kept; the list that was asked for longest ago goes first. */
const budget = 32 * 1_048_576;

/**
 * The items of lists without conditions, as bytes, for as long as they stay the same: what is asked again and again is copied neither from its objects nor
 * into the answer.
 *
 * Nothing is kept of lists without objects (whoever may list everywhere may name any number of namespaces), and nothing of kinds that have ended.
 *
 * Invariant: what is given out is what a new list would be. An entry is good for the position it was made at; at another one its objects are compared, one by
 * one: they are the same if they are the same objects.
 */
export class ListBodies {
  /** Least recently asked for first. */
  readonly #entries = new Map<string, Entry>();
  /** Kinds of which there is something, or was. */
  readonly #kinds = new Set<CachedKind>();
  #bytes = 0;

  /** @param select the objects of the list, in its order. */
  get(kind: CachedKind, namespace: string | undefined, select: () => readonly CachedObject[]): Buffer {
    const key = JSON.stringify([kind.key, namespace]);
    const { seq } = kind;
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    if (known?.kind === kind) {
      if (known.seq === seq) return this.#keep(key, known);
      const objects = select();
      if (sameObjects(known.objects, objects)) {
        known.seq = seq;
        return this.#keep(key, known);
      }
      this.#bytes -= known.items.length;
      return this.#add(key, { kind, seq, objects, items: itemsBody(objects.map(bodyOf)) });
    }
    if (known) this.#bytes -= known.items.length;
    const objects = select();
    return this.#add(key, { kind, seq, objects, items: itemsBody(objects.map(bodyOf)) });
  }

  #add(key: string, entry: Entry): Buffer {
    if (entry.items.length > budget / 4 || entry.objects.length === 0) return entry.items;
    this.#bytes += entry.items.length;
    this.#keep(key, entry);
    this.#watch(entry.kind);
    for (const [oldest, { items }] of this.#entries) {
      if (this.#bytes <= budget) break;
      this.#entries.delete(oldest);
      this.#bytes -= items.length;
    }
    return entry.items;
  }

  /** What is kept of a kind has its objects in it: it goes when they do. */
  #watch(kind: CachedKind): void {
    if (this.#kinds.has(kind)) return;
    const stop = kind.onChange(() => {
      if (kind.phase !== 'stopped' && kind.phase !== 'suspended') return;
      stop();
      this.#kinds.delete(kind);
      for (const [key, entry] of this.#entries) {
        if (entry.kind !== kind) continue;
        this.#entries.delete(key);
        this.#bytes -= entry.items.length;
      }
    });
    this.#kinds.add(kind);
  }

  #keep(key: string, entry: Entry): Buffer {
    this.#entries.set(key, entry);
    return entry.items;
  }
}

function sameObjects(a: readonly CachedObject[], b: readonly CachedObject[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
