import type { Choice, Elements, Fields } from './selection.ts';

/** Numbers for what stays of a value that nothing is chosen from; others are the place of a node. */
const none = 0;
const all = 1;

/**
 * Writes a selection in the form in which scanner.wat reads it, for the place `at` in its memory: nodes of 32-bit numbers, keys behind them.
 *
 * - `Fields`: 0, what stays of members that are not named, the number of those that are; for each of them the place of its key, the length, and what stays of it
 * - `Elements`: 1, what stays of each
 */
export function selectionTable(selection: Fields, at: number): Uint8Array {
  const nodes: (Fields | Elements)[] = [];
  collect(selection, nodes);
  const places = new Map<Choice, number>([
    ['none', none],
    ['all', all],
  ]);
  let end = at;
  for (const node of nodes) {
    places.set(node, end);
    end += node.kind === 'fields' ? 12 + 12 * node.members.length : 8;
  }
  const numbers: number[] = [];
  const keys: Buffer[] = [];
  for (const node of nodes) {
    if (node.kind === 'elements') {
      numbers.push(1, places.get(node.of)!);
      continue;
    }
    numbers.push(0, node.others ? all : none, node.members.length);
    for (const { bytes, choice } of node.members) {
      numbers.push(end, bytes.length, places.get(choice)!);
      keys.push(bytes);
      end += bytes.length;
    }
  }
  const table = Buffer.alloc(end - at);
  for (const [index, number] of numbers.entries()) table.writeInt32LE(number, index * 4);
  Buffer.concat(keys).copy(table, numbers.length * 4);
  return table;
}

function collect(choice: Choice, nodes: (Fields | Elements)[]): void {
  if (choice === 'all' || choice === 'none') return;
  nodes.push(choice);
  if (choice.kind === 'elements') collect(choice.of, nodes);
  else for (const member of choice.members) collect(member.choice, nodes);
}
