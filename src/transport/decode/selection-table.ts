import type { Choice } from './selection.ts';
import type { Spot } from './spot.ts';

/** Numbers for what stays of a value that nothing is chosen from; others are the place of a node. */
const none = 0;
const all = 1;

/** The first number of a node says of what kind it is. */
const WAY = 0;
const SHARED = 1;
const LATE = 2;

/**
 * A selection in the form in which scanner.wat reads it: nodes of 32-bit numbers, keys behind them.
 *
 * - `WAY`, further in something is chosen: what stays of members that are not named, what stays of the elements of an array, the number of members
 *   that are named; for each of them the place of its key, the length, and what stays of it
 * - `SHARED`, objects and arrays are parts that are shared: the index of the spot, what stays of the part
 * - `LATE`, they are parts that may be left for later: the index of the spot, what stays of the part, and what stays of what is not left
 *
 * Invariants: of what has another shape than the selection is made for, all stays; there is no part in a part.
 */
export class SelectionTable {
  readonly bytes: Buffer;
  /** By the index that nodes have. */
  readonly spots: Spot[] = [];
  readonly #at: number;
  readonly #numbers: number[] = [];
  readonly #keys: { readonly index: number; readonly bytes: Buffer }[] = [];

  /**
   * @param at where in the scanner's memory it will be.
   * @param spot what is known of the parts of what is selected from. Default: nothing.
   */
  constructor(selection: Choice, at: number, spot?: Spot) {
    this.#at = at;
    this.#way(selection, spot);
    let end = at + this.#numbers.length * 4;
    for (const { index, bytes } of this.#keys) {
      this.#numbers[index] = end;
      end += bytes.length;
    }
    this.bytes = Buffer.alloc(end - at);
    for (const [index, number] of this.#numbers.entries()) this.bytes.writeInt32LE(number, index * 4);
    Buffer.concat(this.#keys.map(({ bytes }) => bytes)).copy(this.bytes, this.#numbers.length * 4);
  }

  #choice(choice: Choice, spot: Spot | undefined): number {
    if (choice === 'none') return none;
    if (!spot?.isLate) return this.#now(choice, spot);
    const node = this.#part(LATE, 4, choice, spot);
    this.#numbers[node + 3] = this.#now(choice, spot);
    return this.#placeOf(node);
  }

  /** Of what is not left for later. */
  #now(choice: Choice, spot: Spot | undefined): number {
    if (spot?.role === 'shared') return this.#placeOf(this.#part(SHARED, 3, choice, spot));
    const way = spot?.role === 'way' && (spot.elements || spot.members.length > 0) ? spot : undefined;
    return choice === 'all' && !way ? all : this.#placeOf(this.#way(choice, way));
  }

  #part(kind: typeof SHARED | typeof LATE, length: 3 | 4, choice: Choice, spot: Spot): number {
    const node = this.#node(kind, length);
    this.#numbers[node + 1] = this.spots.push(spot) - 1;
    this.#numbers[node + 2] = this.#choice(choice, undefined);
    return node;
  }

  #way(choice: Choice, spot: Spot | undefined): number {
    const fields = typeof choice === 'object' && choice.kind === 'fields' ? choice : undefined;
    const others = fields === undefined || fields.others;
    const named = fields?.members ?? [];
    const unnamed = others
      ? (spot?.members ?? []).filter(({ key }) => !named.some((member) => member.key === key))
      : [];
    const node = this.#node(WAY, 4 + 3 * (named.length + unnamed.length));
    const numbers = this.#numbers;
    numbers[node + 1] = others ? all : none;
    numbers[node + 2] = this.#choice(
      typeof choice === 'object' && choice.kind === 'elements' ? choice.of : 'all',
      spot?.elements,
    );
    numbers[node + 3] = named.length + unnamed.length;
    let entry = node + 4;
    const add = (bytes: Buffer, what: Choice, member: Spot | undefined) => {
      this.#keys.push({ index: entry, bytes });
      numbers[entry + 1] = bytes.length;
      numbers[entry + 2] = this.#choice(what, member);
      entry += 3;
    };
    for (const { key, bytes, choice: what } of named) add(bytes, what, spot?.member(key));
    for (const member of unnamed) add(member.bytes, 'all', member);
    return node;
  }

  /** @returns its index among the numbers. */
  #node(kind: number, length: number): number {
    const node = this.#numbers.length;
    for (let index = 0; index < length; index++) this.#numbers.push(0);
    this.#numbers[node] = kind;
    return node;
  }

  #placeOf(node: number): number {
    return this.#at + node * 4;
  }
}
