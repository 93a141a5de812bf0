import { parseArgs } from 'node:util';
import { cache } from './lib/cluster.ts';
import type { Measure } from './lib/contest.ts';
import { commit, docsFolder, machine, type Result, resultsFolder, writeResult } from './lib/results.ts';
import { run } from './lib/run.ts';
import { scaleOf } from './lib/scale.ts';
import { goalLines, tableOf, textTable } from './lib/table.ts';
import { writePage } from './lib/write-page.ts';
import { measures } from './measures/index.ts';

/**
 * npm run bench [-- --part bench,real] [--only sync,import] [--peers] [--rounds 5] [--pods 50000] [--quick] [--out FOLDER] [--page]
 *
 * `--pods` sets the size of the sync, and everything else in proportion; `--quick` is `--pods 2000 --rounds 1`, to see that everything
 * works. Ends with 1 if one of ours fails; a goal that is missed is only shown. `--peers` lets those take part that are not in JavaScript,
 * or not installed with the project. What is measured at full size in five rounds or more goes to bench/results, anything less to
 * .cache/bench/results. `--page` in the end writes docs/benchmarks.md anew from bench/results.
 */
const { values } = parseArgs({
  options: {
    part: { type: 'string', default: 'bench' },
    only: { type: 'string' },
    peers: { type: 'boolean', default: false },
    pods: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const pods = Number(values.pods ?? (values.quick ? 2_000 : 50_000));
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
if (!(pods > 0) || !(rounds > 0)) throw new Error('--pods and --rounds must be positive numbers');
const plan = scaleOf(pods / 50_000, values.peers);
const folder = values.out ?? (plan.scale === 1 && rounds >= 5 ? resultsFolder : `${cache}/results`);

function chosen(): readonly Measure[] {
  const parts = new Set(values.part.split(','));
  const only = values.only === undefined ? undefined : new Set(values.only.split(','));
  const found = measures.filter(({ id, part }) => (only ? only.has(id) : parts.has(part)));
  if (found.length === 0) throw new Error(`no such measure; there are ${measures.map(({ id }) => id).join(', ')}`);
  return found;
}

const started = performance.now();
const say = (line: string) =>
  process.stderr.write(`[${((performance.now() - started) / 1000).toFixed(0)} s] ${line}\n`);
const given = [
  ...(values.peers ? ['--peers'] : []),
  ...(rounds === 5 ? [] : [`--rounds ${rounds}`]),
  ...(plan.scale === 1 ? [] : [`--pods ${pods}`]),
];
console.log(`${machine()}; Node ${process.version}; ${rounds} rounds, medians\n`);
const all = chosen();
for (const [index, measure] of all.entries()) {
  const progress = (line: string) => say(`${index + 1} of ${all.length}, ${line}`);
  const { outcomes, bytesPerPod } = await run(measure, plan, rounds, progress);
  const result: Result = {
    measure: measure.id,
    command: ['npm run bench -- --only', measure.id, ...given].join(' '),
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: machine(),
    node: process.version,
    rounds,
    scale: plan.scale,
    bytesPerPod,
    outcomes,
  };
  await writeResult(folder, result);
  if (outcomes.some(({ kind, reason }) => kind !== 'peer' && reason !== undefined)) process.exitCode = 1;
  console.log(
    `${measure.title}\n\n${textTable(tableOf(measure, result))}\n\n${goalLines(measure, result, plan).join('\n')}\n`,
  );
}
if (values.page) console.log(await writePage(measures, resultsFolder, docsFolder));
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s; figures in ${folder}`);
