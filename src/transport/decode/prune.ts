import { LastMemberCut } from './last-member.ts';
import { splitPath } from './path.ts';
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  OPEN_BRACE,
  QUOTE,
  quickArrayEnd,
  skipSpace,
  skipString,
  skipValue,
} from './scan.ts';

/** A key on the way to something that is cut out. */
interface PruneNode {
  readonly key: string;
  readonly bytes: Buffer;
  /** The value of this key goes, with all that is in it. */
  leaf: boolean;
  readonly children: PruneNode[];
}

/**
 * Leaves members out of the text of an object before it is parsed. One instance serves one call at a time.
 *
 * It may miss a key that is spelled with escapes or has space before its colon; `drop` removes those after parsing, so that both
 * together equal parsing everything and deleting the paths.
 */
export class Pruner {
  readonly #root: PruneNode[] = [];
  /** The last keys of all paths, in quotes: without one of them in the bytes there is nothing to cut. */
  readonly #needles: Buffer[] = [];
  readonly #paths: readonly (readonly string[])[];
  /** The quick way for a single path of two keys. */
  readonly lastMember: LastMemberCut | undefined;
  /** Where the last `text` has found the object that the quick way has to know the way to; -1 if it has not. */
  parentOpen = -1;

  /** The holes of the object at hand, begin and end by turns, ascending. Kept between calls to spare the allocation. */
  readonly #holes: number[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  #end = 0;
  /** The first needle at or behind the walk; past it nothing can match. `-1` if there is none left. */
  #candidate = -1;

  constructor(paths: readonly string[]) {
    this.#paths = paths.map((path) => splitPath(path, 'prune'));
    for (const path of this.#paths) this.#add(path);
    const [only] = this.#paths;
    if (this.#paths.length === 1 && only?.length === 2) this.lastMember = new LastMemberCut(only[0]!, only[1]!);
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

  /** The JSON in `buffer[start, end)` without what it can cut. */
  text(buffer: Buffer, start: number, end: number): string {
    this.parentOpen = -1;
    this.#buffer = buffer;
    this.#end = end;
    this.#holes.length = 0;
    if (this.#needles.length > 0) {
      this.#findCandidate(start);
      if (this.#candidate !== -1) {
        const open = skipSpace(buffer, start, end);
        if (open < end && buffer[open] === OPEN_BRACE) this.#walk(this.#root, open);
      }
    }
    const holes = this.#holes;
    let text = '';
    let from = start;
    for (let index = 0; index < holes.length; index += 2) {
      text += buffer.toString('utf8', from, holes[index]!);
      from = holes[index + 1]!;
    }
    return from === start ? buffer.toString('utf8', from, end) : text + buffer.toString('utf8', from, end);
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
    const rest = this.#buffer.subarray(from, this.#end);
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
    const end = this.#end;
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
      if (goes) at = this.#endOf(value);
      else if (node && buffer[value] === OPEN_BRACE) {
        this.parentOpen = value;
        at = this.#walk(node.children, value);
      } else at = skipValue(buffer, value, end);
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

  #endOf(value: number): number {
    const end = quickArrayEnd(this.#buffer, value, this.#end, true);
    return end === -1 ? skipValue(this.#buffer, value, this.#end) : end;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
