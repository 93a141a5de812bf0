import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Row, rows } from '../test/acceptance/rows.ts';

/**
 * Runs the acceptance tests and prints a table of the rows that they prove: `npm run accept` all of them, `npm run accept -- S000-14 S003`
 * those whose ids start so. A row passes if it has tests and all of them pass. The last line is `N passed, N failed`.
 */

interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** What the tests of one row came to. */
interface Outcome {
  passed: number;
  readonly failures: string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const leadingIds = /^(?:S\d{3}-\d{2}[\s,:]+)+/;

function selectRows(prefixes: readonly string[]): Row[] {
  return rows.filter(({ id }) => prefixes.length === 0 || prefixes.some((prefix) => id.startsWith(prefix)));
}

/** Runs the tests of `ids`, or all there are, and says whether vitest found fault with anything, errors outside of tests included. */
async function runTests(
  ids: readonly string[] | undefined,
): Promise<{ readonly report: TestReport; readonly clean: boolean }> {
  if (ids?.length === 0) return { report: { testResults: [] }, clean: true };
  const directory = await mkdtemp(join(tmpdir(), 'accept-'));
  try {
    const outputFile = join(directory, 'report.json');
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const args = [vitest, 'run', 'test/acceptance', '--reporter=json', `--outputFile=${outputFile}`];
    if (ids) args.push('--testNamePattern', `(^|\\s)(${ids.join('|')})\\b`);
    const code = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { report: JSON.parse(await readFile(outputFile, 'utf8')) as TestReport, clean: code === 0 };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The ids with which the title of a test, or of a suite around it, starts. */
function idsOf(titles: readonly string[]): string[] {
  for (const title of titles) {
    const ids = leadingIds.exec(`${title} `)?.[0];
    if (ids) return ids.match(/S\d{3}-\d{2}/g) ?? [];
  }
  return [];
}

/** @returns what the tests say about each row, how those of no row went, and what is wrong with the tests themselves. */
function outcomes(report: TestReport): {
  readonly byRow: Map<string, Outcome>;
  readonly ofNoRow: Outcome;
  readonly strays: string[];
} {
  const byRow = new Map<string, Outcome>();
  const ofNoRow: Outcome = { passed: 0, failures: [] };
  const strays: string[] = [];
  for (const file of report.testResults) {
    if (file.assertionResults.length === 0 && file.status === 'failed') strays.push(`${file.name}: ${file.message}`);
    for (const test of file.assertionResults) {
      if (test.status === 'pending' || test.status === 'skipped' || test.status === 'todo') continue;
      const name = [...test.ancestorTitles, test.title].join(' > ');
      const ids = idsOf([...test.ancestorTitles, test.title]);
      for (const id of ids.length > 0 ? ids : [undefined]) {
        if (id && !rows.some((row) => row.id === id)) strays.push(`${name}: there is no row ${id}`);
        const outcome = id ? (byRow.get(id) ?? { passed: 0, failures: [] }) : ofNoRow;
        if (id) byRow.set(id, outcome);
        if (test.status === 'passed') outcome.passed++;
        else outcome.failures.push(`${name}\n${test.failureMessages?.join('\n') ?? ''}`);
      }
    }
  }
  return { byRow, ofNoRow, strays };
}

function stateOf(row: Row, outcome: Outcome | undefined): 'passed' | 'failed' | 'missing' | 'alias' {
  if (row.alias) return 'alias';
  if (!outcome) return 'missing';
  return outcome.failures.length > 0 ? 'failed' : 'passed';
}

/** A failure under its row: where it happened in our own files is enough. */
function indent(text: string): string {
  const lines = text.split('\n').filter((line) => !line.includes('node_modules') && !line.includes('at new Promise'));
  return lines.map((line) => `      ${line}`).join('\n');
}

async function main(prefixes: readonly string[]): Promise<number> {
  const unknown = prefixes.filter((prefix) => !rows.some(({ id }) => id.startsWith(prefix)));
  if (unknown.length > 0) {
    console.error(`no row has an id that starts with ${unknown.join(' or ')}`);
    return 1;
  }
  const selected = selectRows(prefixes);
  const inScope = selected.filter(({ scope }) => scope === 'now');
  const proving = new Set(inScope.map(({ id, alias }) => alias ?? id));
  // What an alias points to is run and counted along with it.
  const counted = rows.filter(({ id, alias, scope }) => proving.has(id) && !alias && scope === 'now');
  const { report, clean } = await runTests(prefixes.length > 0 ? Array.from(proving) : undefined);
  const { byRow, ofNoRow, strays } = outcomes(report);

  for (const row of rows) {
    if (!counted.includes(row) && !inScope.includes(row)) continue;
    const state = stateOf(row, byRow.get(row.id));
    console.log(`${row.id}  ${state.padEnd(7)}  ${row.title}${row.alias ? ` (see ${row.alias})` : ''}`);
    for (const failure of byRow.get(row.id)?.failures ?? []) console.log(indent(failure));
  }
  const leftOut = new Map<string, string[]>();
  for (const { id, scope } of selected) {
    if (scope !== 'now') leftOut.set(scope.later, [...(leftOut.get(scope.later) ?? []), id]);
  }
  for (const [reason, ids] of leftOut) console.log(`left out (${ids.length}): ${reason}: ${ids.join(' ')}`);
  const { passed: others, failures } = ofNoRow;
  if (others + failures.length > 0) console.log(`tests of no row: ${others} passed, ${failures.length} failed`);
  for (const failure of failures) console.log(indent(failure));
  for (const stray of strays) console.log(`out of order: ${stray}`);

  const passed = counted.filter((row) => stateOf(row, byRow.get(row.id)) === 'passed').length;
  const failed = counted.length - passed;
  const soundOtherwise = clean || failed + failures.length > 0;
  if (!soundOtherwise)
    console.log('all rows pass, but the run itself reported errors; run: npx vitest run test/acceptance');
  console.log(`${passed} passed, ${failed} failed`);
  return failed + failures.length + strays.length === 0 && soundOtherwise ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
