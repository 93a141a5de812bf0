import { compareResourceVersions } from '../../../index.ts';
import { laneOf, type Notice } from '../notice.ts';

interface HeldNotice {
  readonly notice: Notice;
  /** Whoever has seen everything up to this version has seen it. `''`: not to be placed; it is kept. */
  readonly version: string;
}

/** So many objects that are gone are held. Of those that are there the cluster says how many there are; of these only the time that a receiver is away. */
const mostGone = 10_000;

/**
 * What may not have been delivered yet, by whoever leads. Each instance has its own: the leader, to start over when it lost the Lease and won it again, and the
 * others, to go on where the leader ended.
 *
 * Unlike in an outbox a notice keeps its type while another one follows (`ADDED`, then `MODIFIED`), since the leader may have told of the first and not of the second.
 *
 * Invariants:
 * - What was filed and is not covered by a version that `forget` was called with is here, or something newer of the same object is; or `isLost`.
 * - `latest`: of one name at most some `DELETED`, each of another uid (any of them may be what the receiver was told of last), `ADDED`, `MODIFIED` are held, in this order. `every`: everything, up to `bound` in all; then as `latest`.
 */
export class Held {
  readonly #bound: number;
  readonly #lanes = new Map<string, HeldNotice[]>();
  /** The lanes that end with the end of an object, in the order of these. */
  readonly #gone = new Set<string>();
  /** The last of what had to be dropped, and may not have been delivered. */
  #lost: HeldNotice | undefined;
  #size = 0;

  constructor({ mode, bound }: { readonly mode: 'latest' | 'every'; readonly bound: number }) {
    this.#bound = mode === 'every' ? bound : 0;
  }

  /** Objects, by name. */
  get objects(): number {
    return this.#lanes.size;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether there were more ends than can be held, and they may not have been delivered. */
  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  file(notice: Notice, version: string): void {
    const name = laneOf(notice);
    const lane = this.#lanes.get(name) ?? [];
    this.#lanes.set(name, lane);
    this.#size -= lane.length;
    if (this.#size + lane.length >= this.#bound) push(lane, { notice, version });
    else lane.push({ notice, version });
    this.#size += lane.length;
    this.#gone.delete(name);
    if (notice.type === 'DELETED') this.#gone.add(name);
    if (this.#gone.size > mostGone) this.#drop();
  }

  /** Drops the oldest of what is gone. */
  #drop(): void {
    const [name] = this.#gone;
    const lane = this.#lanes.get(name!)!;
    this.#lost = lane.at(-1)!;
    this.#size -= lane.length;
    this.#remove(name!);
  }

  #remove(name: string): void {
    this.#lanes.delete(name);
    this.#gone.delete(name);
  }

  /** Files the end of an object that came before everything that was filed; to be called in the order of their versions. */
  fileEarlier(notice: Notice, version: string): void {
    const lane = this.#lanes.get(laneOf(notice)) ?? [];
    this.#lanes.set(laneOf(notice), lane);
    const place = lane.findIndex((held) => held.notice.seq > notice.seq);
    lane.splice(place === -1 ? lane.length : place, 0, { notice, version });
    this.#size++;
  }

  /** Everything up to a version was delivered. */
  forget(version: string): void {
    for (const [name, lane] of this.#lanes) {
      const rest = lane.findIndex((held) => !isCovered(held.version, version));
      const gone = rest === -1 ? lane.length : rest;
      lane.splice(0, gone);
      this.#size -= gone;
      if (lane.length === 0) this.#remove(name);
    }
    if (this.#lost && isCovered(this.#lost.version, version)) this.#lost = undefined;
  }

  /**
   * What is to be told, in the order of the log. In mode `latest` the last leader may have passed over the state before the newest one, and told that: so of an object
   * no more than the newest is told.
   */
  all(): Notice[] {
    return Array.from(this.#lanes.values(), (lane) => this.#told(lane.map(({ notice }) => notice)))
      .flat()
      .sort((a, b) => a.seq - b.seq);
  }

  #told(lane: Notice[]): Notice[] {
    const [first, last] = lane.slice(-2) as [Notice, Notice | undefined];
    if (this.#bound > 0 || first.type !== 'ADDED' || last?.type !== 'MODIFIED') return lane;
    return [...lane.slice(0, -2), { ...last, type: 'ADDED', oldObject: undefined, initial: first.initial }];
  }
}

/** Whether a version is not newer than another. What can't be compared is not covered. */
export function isCovered(version: string, by: string): boolean {
  return version !== '' && by !== '' && (compareResourceVersions(version, by) ?? 1) <= 0;
}

/** So many ends of one name are held. Who hears of the end of a later one knows that what had the name before is gone, too. */
const mostEnds = 8;

/** An end makes everything before it of the same object needless; a change takes the place of the change before. */
function push(lane: HeldNotice[], next: HeldNotice): void {
  if (next.notice.type === 'DELETED') {
    const { uid } = next.notice.object.metadata;
    while (lane.at(-1)?.notice.object.metadata.uid === uid) lane.pop();
    lane.push(next);
    if (lane.length > mostEnds) lane.shift();
    return;
  }
  const last = lane.at(-1);
  if (last?.notice.type === 'MODIFIED' && next.notice.type === 'MODIFIED') {
    const notice = { ...next.notice, oldObject: last.notice.oldObject };
    lane.splice(-1, 1, { ...next, notice });
  } else if (last && last.notice.type === next.notice.type) lane.splice(-1, 1, next);
  else lane.push(next);
}
