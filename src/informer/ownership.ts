import { compareResourceVersions } from '../kubernetes/index.ts';
import type { Gate, Listing } from './listing.ts';
import type { Part } from './part.ts';

interface Entry<T> {
  /** The part whose word counts; `undefined` until one has told of the whole namespace. */
  owner: Part<T> | undefined;
  /** The cache reflects the namespace up to here already, by the word of an earlier owner; `''`: nobody was ahead of the present one. */
  floor: string;
  /** What the part of all namespaces told last, of this one, without being believed; `''`: nothing. */
  missed: string;
}

/**
 * Who is believed about which namespace, where a namespace can be watched alone and as one of all.
 *
 * Invariants:
 * - A namespace has at most one owner; what others tell of it is dropped. What is not an entry belongs to nobody.
 * - Ownership passes without a gap: the new owner has told of the whole namespace, or of everything since a version that the cache has.
 * - And without a repetition: what the new owner tells up to `floor` is old news. The cache never goes back.
 *
 * Versions of one resource are compared, which is right for all namespaces of one server. Where they can't be compared, nothing is called old
 * news, and no part is given up for one that runs already.
 */
export class Ownership<T> implements Gate<T> {
  readonly #entries = new Map<string, Entry<T>>();

  /** @param all the part of all namespaces, if there is one: what it told of the namespace until now has been dropped. */
  join(namespace: string, all: Part<T> | undefined): void {
    this.#entries.set(namespace, { owner: undefined, floor: '', missed: all?.position ?? '' });
  }

  leave(namespace: string): void {
    this.#entries.delete(namespace);
  }

  ownerOf(namespace: string): Part<T> | undefined {
    return this.#entries.get(namespace)?.owner;
  }

  admits(part: Part<T>, namespace: string, version: string): boolean {
    const entry = this.#entries.get(namespace);
    if (!entry) return false;
    if (entry.owner !== part) {
      if (part.scope === '') entry.missed = version;
      return false;
    }
    if (entry.floor === '') return true;
    if (isNewer(entry.floor, version) || entry.floor === version) return false;
    entry.floor = '';
    return true;
  }

  listing(part: Part<T>, version: string): Listing {
    const ahead = new Map<string, string>();
    const initial = new Set<string>();
    const covered = new Map<string, Entry<T>>();
    for (const [namespace, entry] of this.#coveredBy(part)) {
      covered.set(namespace, entry);
      if (!entry.owner) initial.add(namespace);
      const reached = entry.owner === part ? entry.floor : reachedBy(entry);
      if (isNewer(reached, version)) ahead.set(namespace, reached);
    }
    return {
      concerns: (namespace) => covered.has(namespace) && !ahead.has(namespace),
      isInitial: (namespace) => initial.has(namespace),
      commit: () => {
        for (const [namespace, entry] of covered) {
          entry.owner = part;
          entry.floor = ahead.get(namespace) ?? '';
        }
      },
    };
  }

  /**
   * Gives a namespace to the part of all of them, which has listed, if that has told nothing of it that the present owner has not.
   *
   * @returns whether it is the owner now.
   */
  handOver(namespace: string, all: Part<T>): boolean {
    const entry = this.#entries.get(namespace);
    if (!entry?.owner || entry.owner === all) return entry?.owner === all;
    const reached = reachedBy(entry);
    const { missed } = entry;
    // Where nothing was missed it may be behind or ahead, as long as that can be told.
    const order = compareResourceVersions(reached, missed || all.position);
    if (order === undefined || (missed !== '' && order < 0)) return false;
    entry.owner = all;
    entry.floor = reached;
    return true;
  }

  *#coveredBy({ scope }: Part<T>): IterableIterator<[string, Entry<T>]> {
    if (scope === '') yield* this.#entries;
    const entry = this.#entries.get(scope);
    if (scope !== '' && entry) yield [scope, entry];
  }
}

/** Up to where the cache reflects a namespace. */
function reachedBy<T>({ owner, floor }: Entry<T>): string {
  const position = owner?.position ?? '';
  return isNewer(floor, position) ? floor : position;
}

function isNewer(one: string, other: string): boolean {
  return (compareResourceVersions(one, other) ?? 0) > 0;
}
