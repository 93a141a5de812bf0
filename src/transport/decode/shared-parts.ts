import { arena, tableAt } from './arena.ts';
import type { PartPlace } from './repeated-parts.ts';
import type { Choice } from './selection.ts';
import { SelectionTable } from './selection-table.ts';
import { Spot, trialLength } from './spot.ts';
import { type MemberParser, UnreadMembers } from './unread-members.ts';

/**
 * Has objects and arrays that are equal in many objects of a kind be one and the same in all of them, and spares parsing them again.
 *
 * `cut` makes the text of what is selected of an object, with a number in the place of each such part: its index among the
 * parts of this object. After parsing, `restore` puts the parts where the numbers are. A part whose bytes come for the first time stays in the text, and
 * `restore` takes from the object what others are to share; in elements of arrays, where it could not be found again, it is parsed apart.
 * Large members at the end of the object are left out, too: `restore` adds them as text, to be parsed when they are first read; then `cutMember` and
 * `restoreMember` do for each what `cut` and `restore` do for the object.
 *
 * Invariants:
 * - Equal bytes at a place stand for an equal value, whatever is around them; so the object is the one that the parser would have made.
 * - A place that is there once is looked at again for each value that a text has for it, and the parser takes the last one, too: so what is there
 *   after parsing is what the last bytes stand for.
 * - After a `cut` that succeeded there is no number at a shared place but those of `cut`: if there was one, or a key on the way is spelled with
 *   escapes, `cut` declines, and the object is to be read as if nothing was shared.
 * - What is remembered is bounded, and a place that seldom repeats is given up, between two objects.
 * - A member that is left for later is JSON, every byte of it was looked at; nothing comes behind those that are; none comes twice.
 */
export class SharedParts {
  readonly #selection: Choice;
  readonly #root: Spot;
  /** Of the object, and of members that are read later; until a spot changes. */
  #table: SelectionTable | undefined;
  readonly #memberTables = new Map<string, SelectionTable>();
  readonly #parser: MemberParser;
  /** By their index in the object at hand, and beyond `#count` those of objects before; `undefined` for what stays in the text or is left for later. */
  readonly #parts: unknown[] = [];
  #count = 0;
  /** Parts since it was last looked at whether sharing pays. */
  #sinceJudged = 0;
  /** The members of the object at hand that are left for later. */
  #late: UnreadMembers | undefined;

  /**
   * @param selection what is read at all.
   * @param late the members of the object that are left for later.
   * @param parser for those.
   */
  constructor(places: PartPlace, selection: Choice, late: readonly string[], parser: MemberParser) {
    this.#selection = selection;
    this.#parser = parser;
    this.#root = new Spot(places);
    for (const key of late) this.#root.ensure(key).isLate = true;
  }

  /**
   * The text of what is selected of the object in `buffer[start, end)`, with numbers for parts; `undefined` if it is not to be had this way.
   *
   * @param head takes the place of the opening brace, if it is not empty.
   */
  cut(head: string, buffer: Buffer, start: number, end: number): string | undefined {
    // First of all: no part of another object must be left for `restore`.
    this.#begin();
    if (!arena.load(buffer, start, end)) return undefined;
    this.#table ??= this.#newTable();
    let found = arena.project(this.#table, head, true);
    if (found === 'followed') found = arena.project(this.#table, head, false);
    return found === 'done' && this.#find(this.#table) ? arena.text : undefined;
  }

  /** Puts the parts of the last `cut` into what was parsed from its text, and adds what is left for later. */
  restore(object: unknown): void {
    if (this.#count > 0) this.#restore(object, this.#root);
    this.#late?.addTo(object as object);
  }

  /** The text of a member of which `letters` are the bytes, with numbers for parts. */
  cutMember(key: string, letters: string): string {
    const spot = this.#root.ensure(key);
    spot.noteRead();
    this.#begin();
    if (spot.role === 'way' && arena.loadLetters(letters)) {
      const table = this.#memberTables.get(key) ?? new SelectionTable('all', tableAt, spot);
      this.#memberTables.set(key, table);
      if (arena.project(table, '', false) === 'done' && this.#find(table)) return arena.text;
      this.#begin();
    }
    return Buffer.from(letters, 'latin1').toString();
  }

  /** As `restore`, after the last `cutMember`. */
  restoreMember(key: string, value: unknown): void {
    if (this.#count > 0) this.#restore(value, this.#root.ensure(key));
  }

  #begin(): void {
    this.#count = 0;
    this.#late = undefined;
    if (this.#sinceJudged < trialLength) return;
    this.#sinceJudged = 0;
    const tables = [...(this.#table ? [this.#table] : []), ...this.#memberTables.values()];
    const ceased = tables.flatMap(({ spots }) => spots.filter((spot) => spot.judge()));
    if (ceased.length > 0) this.#forgetTables();
  }

  /** Nothing is shared where there is no room for all parts; what is selected still is. */
  #newTable(): SelectionTable {
    const table = new SelectionTable(this.#selection, tableAt, this.#root);
    return arena.hasRoomFor(table) ? table : new SelectionTable(this.#selection, tableAt);
  }

  #forgetTables(): void {
    this.#table = undefined;
    this.#memberTables.clear();
  }

  /** Finds what is known of the parts that the arena has, and puts the others back into the text. @returns whether they may be JSON. */
  #find({ spots }: SelectionTable): boolean {
    const parts = this.#parts;
    const { partCount } = arena;
    this.#count = partCount;
    this.#sinceJudged += partCount;
    let isNew = false;
    for (let part = 0; part < partCount; part++) {
      const spot = spots[arena.spotOf(part)]!;
      const from = arena.fromOf(part);
      const to = arena.toOf(part);
      if (arena.isLate(part)) {
        parts[part] = undefined;
        if (!this.#leave(spot, from, to)) return false;
        continue;
      }
      if (!spot.look(from, to)) return false;
      parts[part] = spot.last?.value;
      isNew ||= spot.last === undefined;
    }
    if (!isNew) return true;
    for (let part = partCount - 1; part >= 0; part--) {
      if (parts[part] === undefined && !arena.isLate(part)) arena.putBack(part);
    }
    return true;
  }

  /** @returns whether it may be JSON, and is left for the first time in this object. */
  #leave(spot: Spot, from: number, to: number): boolean {
    this.#late ??= new UnreadMembers(this.#parser);
    if (this.#late.has(spot.key)) return false;
    if (spot.role === 'shared' && !spot.look(from, to)) return false;
    const part = spot.role === 'shared' ? spot.last : undefined;
    this.#late.add(spot.key, part ? part.value : arena.bytes.toString('latin1', from, to));
    if (!spot.leave()) {
      // What comes before one that is parsed at once can't be left either.
      for (const key of this.#late.keys) this.#root.ensure(key).isLate = false;
      this.#forgetTables();
    }
    return true;
  }

  #restore(value: unknown, { members, elements }: Spot): void {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      if (!elements) return;
      for (let at = 0; at < value.length; at++) {
        const element: unknown = value[at];
        if (elements.role === 'way') this.#restore(element, elements);
        else if (elements.role === 'shared' && typeof element === 'number') value[at] = this.#parts[element];
      }
      return;
    }
    const container = value as Record<string, unknown>;
    for (let index = 0; index < members.length; index++) {
      const spot = members[index]!;
      if (spot.role === 'way') this.#restore(container[spot.key], spot);
      else if (spot.role === 'shared') {
        const content = container[spot.key];
        if (typeof content === 'number') container[spot.key] = this.#parts[content];
        else if (typeof content === 'object' && content !== null) spot.learn(content);
      }
    }
  }
}
