import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { cache } from '../lib/cluster.ts';
import type { Contestant, Figures, Measure } from '../lib/contest.ts';
import { divide } from '../lib/statistics.ts';
import { columns, figure } from './columns.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '..', '..');
const built = path.join(cache, 'dist');

/** A process that does nothing but import. */
function importing({
  specifier,
  ...contestant
}: Omit<Contestant, 'run'> & { readonly specifier?: string }): Contestant {
  const script = `const start = performance.now();
${specifier === undefined ? '' : `await import(${JSON.stringify(specifier)});`}
const importMs = performance.now() - start;
console.log(JSON.stringify({ importMs, rssBytes: process.memoryUsage().rss }));`;
  return {
    ...contestant,
    async run() {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
      return JSON.parse(stdout) as Figures;
    },
  };
}

/** What npm gets, but without declarations: those take long, and are not loaded. */
async function build(): Promise<string | undefined> {
  const args = ['tsup', '--no-dts', '--silent', '--out-dir', built];
  return run('npx', args, { cwd: root }).then(
    () => undefined,
    (error: Error) => `tsup failed: ${error.message}`,
  );
}

export const importCost: Measure = {
  id: 'import',
  part: 'bench',
  title: 'Importing the library',
  about:
    'A process that imports the package as it is built for npm and does nothing with it, beside one that imports nothing.',
  contestants: () => [
    importing({ id: 'bare', kind: 'yardstick', name: 'bare Node' }),
    importing({
      id: 'kube-informer',
      name: 'kube-informer',
      specifier: pathToFileURL(path.join(built, 'index.js')).href,
      prepare: build,
    }),
    importing({ id: 'client-node', kind: 'peer', name: 'client-node 2.x', specifier: '@kubernetes/client-node' }),
  ],
  columns: [
    figure('import ms', 'importMs', 1),
    columns.rss,
    {
      title: 'RSS over bare Node, MB',
      digits: 1,
      value: (medians, id) => {
        const [rss, bare] = [medians.of(id, 'rssBytes'), medians.of('bare', 'rssBytes')];
        return rss === undefined || bare === undefined ? undefined : (rss - bare) / 1e6;
      },
    },
  ],
  goals: (medians) => {
    const [rss, bare] = [medians.of('kube-informer', 'rssBytes'), medians.of('bare', 'rssBytes')];
    const over = rss === undefined || bare === undefined ? undefined : divide(rss - bare, 1e6);
    return [
      { what: 'import', value: medians.of('kube-informer', 'importMs'), atMost: 50, unit: 'ms' },
      { what: 'RSS over bare Node', value: over, atMost: 15, unit: 'MB' },
    ];
  },
  plots: [{ id: 'time', title: 'Time to import', unit: 'ms', value: figure('', 'importMs').value }],
};
