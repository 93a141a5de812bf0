import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { outcomes, page, type Titled } from '../test/parity/outcome.ts';
import { peers, peersPage, peersSummary } from '../test/parity/peers.ts';
import { ruleIds, rules } from '../test/parity/rules/index.ts';
import { differencesOf, faultsOfTable, missingTests } from '../test/parity/rules/judge.ts';
import { rulesPage, summary } from '../test/parity/rules/page.ts';
import { upstreamTests } from '../test/parity/upstream.ts';

/**
 * npm run parity [-- --write] [-- --brief] [-- --rules]: what became of each test of client-go, of each rule of its behaviour, and of each
 * feature of other stacks. Ends with 1 if a test that is applicable is missing here, if a table is not whole or names a test that is
 * not there, or if docs/parity.md is not up to date; `--write` brings that up to date, `--brief` prints what is missing only, `--rules` leaves
 * out the tests of client-go.
 */
const root = join(import.meta.dirname, '..');
const document = join(root, 'docs', 'parity.md');

/** The titles of our tests, those of tables in full; nothing is run. */
async function ourTests(): Promise<readonly Titled[]> {
  const directory = await mkdtemp(join(tmpdir(), 'parity-'));
  try {
    const listed = join(directory, 'tests.json');
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const folders = ['unit', 'parity', 'acceptance', 'conformance'].map((name) => join('test', name));
    const args = [vitest, 'list', ...folders, '--staticParse=false', `--json=${listed}`];
    const code = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`vitest list ended with ${code}`);
    const tests = JSON.parse(await readFile(listed, 'utf8')) as readonly { name: string; file: string }[];
    return tests.map(({ name, file }) => ({ title: name, file: relative(root, file) }));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function main(flags: readonly string[]): Promise<number> {
  const ours = await ourTests();
  // Those of client-go are looked for where they belong.
  const inRooms = ours.filter(({ file }) => file.startsWith('test/unit/') || file.startsWith('test/parity/'));
  const all = outcomes(upstreamTests, inRooms);
  const missing = all.filter(({ state }) => state === 'missing');
  for (const { test, state, missingCases, files } of flags.includes('--rules')
    ? []
    : flags.includes('--brief')
      ? missing
      : all) {
    const what = state === 'not applicable' ? test.note : files.join(', ');
    const cases = missingCases.length > 0 ? ` without case ${missingCases.join(', ')}` : '';
    console.log(`${state.padEnd(14)}  ${test.package.padEnd(27)}  ${test.name}${cases}${what ? `  (${what})` : ''}`);
  }
  const differences = differencesOf(await readFile(join(root, 'docs', 'differences.md'), 'utf8'));
  const faults = [
    ...faultsOfTable(ruleIds, rules, differences),
    ...missingTests(rules, ours),
    ...missingTests(peers, ours),
  ];
  for (const fault of faults) console.log(fault);
  const text = [page(all), rulesPage(ruleIds, rules), peersPage()].join('\n');
  if (flags.includes('--write')) await writeFile(document, text);
  const present = await readFile(document, 'utf8').catch(() => '');
  if (present !== text) console.log('docs/parity.md is out of date; run: npm run parity -- --write');
  const count = (state: string) => all.filter((outcome) => outcome.state === state).length;
  console.log(summary(ruleIds, rules));
  console.log(peersSummary());
  console.log(
    `${count('ported')} ported, ${count('adapted')} adapted, ${count('not applicable')} not applicable, ${missing.length} missing`,
  );
  return missing.length === 0 && faults.length === 0 && present === text ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
