import { glob, readFile, writeFile } from 'node:fs/promises';
import { dirname, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * npm run docs:graph: draws which room imports which, read off the sources, into docs/module-graph.svg. A test fails when the picture is not of
 * today, or a line would run from left to right.
 */
export interface ModuleGraph {
  /** Folders of `src`, each right of all that it imports. */
  readonly rooms: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

export const picture = 'docs/module-graph.svg';

export async function readGraph(): Promise<ModuleGraph> {
  const imports = new Map<string, Set<string>>();
  for await (const path of glob('src/**/*.ts')) {
    const room = roomOf(path);
    const targets = imports.get(room) ?? new Set();
    imports.set(room, targets);
    for (const [, specifier] of (await readFile(path, 'utf8')).matchAll(/from '(\.[^']+)'/g)) {
      const to = roomOf(normalize(`${dirname(path)}/${specifier}`));
      if (to !== room) targets.add(to);
    }
  }
  const rooms = inOrder(imports);
  // Sorted, so that the picture does not depend on the order of files.
  const edges = rooms.flatMap((from) => rooms.filter((to) => imports.get(from)?.has(to)).map((to) => ({ from, to })));
  return { rooms, edges };
}

/** `src/store/indexer.ts` is in `store`; the door of the whole library counts as one, too. */
function roomOf(path: string): string {
  const parts = path.split('/');
  return parts.length === 2 ? 'index' : parts[1]!;
}

/** Each room after all that it imports; of several that could come next, the one that imports least. */
function inOrder(imports: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const order: string[] = [];
  const waiting = new Map(imports);
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, targets]) =>
      [...targets].every((to) => order.includes(to) || !imports.has(to)),
    );
    if (ready.length === 0) throw new Error(`rooms import each other in a circle: ${[...waiting.keys()].join(', ')}`);
    ready.sort(([a, x], [b, y]) => x.size - y.size || a.localeCompare(b));
    order.push(ready[0]![0]);
    waiting.delete(ready[0]![0]);
  }
  return order;
}

const step = 96;
const width = 84;

/** Rooms in a row, and an arc from each back to what it imports. */
export function draw({ rooms, edges }: ModuleGraph): string {
  const base = 40 + rooms.length * 17;
  const centre = (room: string) => 14 + rooms.indexOf(room) * step + width / 2;
  const arcs = edges.map(({ from, to }) => {
    const [start, end] = [centre(from), centre(to)];
    const radius = (start - end) / 2;
    const height = Math.min(radius, base - 20);
    return `<path d="M ${start} ${base} A ${radius} ${height} 0 0 0 ${end} ${base}"><title>${from} imports ${to}</title></path>`;
  });
  const boxes = rooms.map((room) => {
    const left = centre(room) - width / 2;
    return `<rect x="${left}" y="${base}" width="${width}" height="30" rx="6"/><text x="${centre(room)}" y="${base + 20}">${room}</text>`;
  });
  const size = [28 + rooms.length * step - (step - width), base + 44];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" font-family="sans-serif" font-size="13">
<title>The rooms of kube-informer, and which imports which</title>
<style>
  path { fill: none; stroke: #2f6f9f; opacity: 0.55 }
  rect { fill: #e8f0f7; stroke: #2f6f9f }
  text { text-anchor: middle; fill: #16344a }
  @media (prefers-color-scheme: dark) { rect { fill: #1c2f3d } text { fill: #dbe8f2 } path { stroke: #7fb2d9 } }
</style>
${[...arcs, ...boxes].join('\n')}
</svg>
`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeFile(picture, draw(await readGraph()));
}
