import { KubeInformerError } from '../../runtime/index.ts';
import { CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, QUOTE, skipSpace, skipString, skipValue } from './scan.ts';

/** A key on the way to something that is cut out. */
interface PruneNode {
  readonly key: string;
  readonly bytes: Buffer;
  /** The value of this key goes, with all that is in it. */
  leaf: boolean;
  readonly children: PruneNode[];
}

/**
 * Splits `metadata.annotations.example\.com/note` at its dots; a dot that belongs to a key is written `\.`.
 *
 * @throws KubeInformerError `InvalidOption` if a part is empty.
 */
export function splitPath(path: string): string[] {
  const parts = path.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'));
  if (parts.some((part) => part === '')) {
    throw new KubeInformerError('InvalidOption', `prune path ${JSON.stringify(path)} has an empty part`, {
      hint: 'Write keys with dots between them, as in "metadata.managedFields"; a dot inside a key is written "\\."',
    });
  }
  return parts;
}

/**
 * Cuts members out of the bytes of an object before they are parsed. One instance serves one call at a time.
 *
 * The cut is exact for what it removes, and may miss a key that is spelled with escapes or space before its colon; `drop` removes those
 * after parsing, so that both together equal parsing everything and deleting the paths.
 */
export class Pruner {
  readonly #root: PruneNode[] = [];
  /** The last keys of all paths, in quotes: without one of them in the bytes there is nothing to cut. */
  readonly #needles: Buffer[] = [];
  readonly #paths: readonly (readonly string[])[];

  /** Where the bytes are after `cut`. */
  start = 0;
  end = 0;

  /** The holes of the object at hand, begin and end by turns, ascending. Kept between calls to spare the allocation. */
  readonly #holes: number[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  /** The first needle at or behind the walk; past it nothing can match. `-1` if there is none left. */
  #candidate = -1;

  constructor(paths: readonly string[]) {
    this.#paths = paths.map(splitPath);
    for (const path of this.#paths) this.#add(path);
  }

  #add(path: readonly string[]): void {
    let nodes = this.#root;
    for (const [index, key] of path.entries()) {
      let node = nodes.find((known) => known.key === key);
      if (!node) {
        node = { key, bytes: Buffer.from(JSON.stringify(key).slice(1, -1)), leaf: false, children: [] };
        nodes.push(node);
      }
      if (index === path.length - 1) node.leaf = true;
      nodes = node.children;
    }
    const needle = Buffer.from(JSON.stringify(path.at(-1)));
    if (!this.#needles.some((known) => known.equals(needle))) this.#needles.push(needle);
  }

  /** Cuts what it can out of `buffer[start, end)`, moving bytes inside these bounds only, and sets `start` and `end` to what is left. */
  cut(buffer: Buffer, start: number, end: number): void {
    this.start = start;
    this.end = end;
    if (this.#needles.length === 0) return;
    this.#buffer = buffer;
    this.#findCandidate(start);
    if (this.#candidate === -1) return;
    this.#holes.length = 0;
    const open = skipSpace(buffer, start, end);
    if (open < end && buffer[open] === OPEN_BRACE) this.#walk(this.#root, open);
    if (this.#holes.length > 0) this.#close();
  }

  /** Deletes from a parsed object what the cut has missed. */
  drop(object: unknown): void {
    for (const path of this.#paths) {
      let at = object;
      const last = path.length - 1;
      for (let index = 0; isRecord(at) && Object.hasOwn(at, path[index]!); index++) {
        if (index === last) {
          delete at[path[index]!];
          break;
        }
        at = at[path[index]!];
      }
    }
  }

  #findCandidate(from: number): void {
    const rest = this.#buffer.subarray(from, this.end);
    let first = -1;
    for (const needle of this.#needles) {
      const found = rest.indexOf(needle);
      if (found !== -1 && (first === -1 || found < first)) first = found;
    }
    this.#candidate = first === -1 ? -1 : first + from;
  }

  /**
   * Walks the members of the object that opens at `open`.
   *
   * @returns the position behind the object, or -1 when there is nothing more to find or the bytes are no JSON.
   */
  #walk(nodes: readonly PruneNode[], open: number): number {
    const buffer = this.#buffer;
    const end = this.end;
    // The comma behind the last member that stays, as long as only members that go have come since.
    let keptComma = -1;
    let at = skipSpace(buffer, open + 1, end);
    while (at < end && buffer[at] === QUOTE) {
      if (this.#candidate < at) {
        if (this.#candidate !== -1) this.#findCandidate(at);
        if (this.#candidate === -1) return -1;
      }
      const member = at;
      const keyEnd = skipString(buffer, member, end);
      if (keyEnd === -1) return -1;
      at = skipSpace(buffer, keyEnd, end);
      if (at >= end || buffer[at] !== COLON) return -1;
      const value = skipSpace(buffer, at + 1, end);
      if (value >= end) return -1;
      const node = this.#match(nodes, member + 1, keyEnd - 1);
      const goes = node?.leaf === true;
      at =
        node && !goes && buffer[value] === OPEN_BRACE
          ? this.#walk(node.children, value)
          : skipValue(buffer, value, end);
      if (at === -1) return -1;
      at = skipSpace(buffer, at, end);
      if (at >= end) return -1;
      if (buffer[at] === COMMA) {
        const next = skipSpace(buffer, at + 1, end);
        // A comma before the closing brace stays where it is, for the parser to complain about.
        if (next >= end || buffer[next] !== QUOTE) return -1;
        if (goes) this.#hole(member, at + 1);
        else keptComma = at;
        at = next;
      } else if (buffer[at] === CLOSE_BRACE) {
        // The last member takes the comma before it along.
        if (goes) this.#hole(keptComma === -1 ? member : keptComma, at);
        return at + 1;
      } else return -1;
    }
    return at < end && buffer[at] === CLOSE_BRACE ? at + 1 : -1;
  }

  #match(nodes: readonly PruneNode[], from: number, to: number): PruneNode | undefined {
    const buffer = this.#buffer;
    const length = to - from;
    for (const node of nodes) {
      const key = node.bytes;
      if (key.length !== length) continue;
      let at = 0;
      while (at < length && key[at] === buffer[from + at]) at++;
      if (at === length) return node;
    }
    return undefined;
  }

  #hole(from: number, to: number): void {
    const holes = this.#holes;
    // Members that went just before lie inside this hole when it reaches back to the last comma that was kept.
    while (holes.length > 0 && holes.at(-2)! >= from) holes.length -= 2;
    holes.push(from, to);
  }

  #close(): void {
    const holes = this.#holes;
    const buffer = this.#buffer;
    const from = holes[0]!;
    const to = holes[1]!;
    if (holes.length === 2 && from - this.start < this.end - to) {
      const moved = this.start + (to - from);
      buffer.copyWithin(moved, this.start, from);
      this.start = moved;
      return;
    }
    let write = from;
    for (let index = 1; index < holes.length; index += 2) {
      const next = holes[index + 1] ?? this.end;
      buffer.copyWithin(write, holes[index]!, next);
      write += next - holes[index]!;
    }
    this.end = write;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
