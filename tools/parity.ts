import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { outcomes, page, type Titled } from '../test/parity/outcome.ts';
import { upstreamTests } from '../test/parity/upstream.ts';

/**
 * npm run parity [-- --write] [-- --brief]: what became of each test of client-go. Ends with 1 if one that is applicable is missing here, or
 * if docs/parity.md is not up to date; `--write` brings that up to date, `--brief` prints what is missing only.
 */
const root = join(import.meta.dirname, '..');
const document = join(root, 'docs', 'parity.md');

/** The titles of our tests, those of tables in full; nothing is run. */
async function ourTests(): Promise<readonly Titled[]> {
  const directory = await mkdtemp(join(tmpdir(), 'parity-'));
  try {
    const listed = join(directory, 'tests.json');
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const args = [vitest, 'list', 'test/unit', 'test/parity', '--staticParse=false', `--json=${listed}`];
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
  const all = outcomes(upstreamTests, await ourTests());
  const missing = all.filter(({ state }) => state === 'missing');
  for (const { test, state, missingCases, files } of flags.includes('--brief') ? missing : all) {
    const what = state === 'not applicable' ? test.note : files.join(', ');
    const cases = missingCases.length > 0 ? ` without case ${missingCases.join(', ')}` : '';
    console.log(`${state.padEnd(14)}  ${test.package.padEnd(27)}  ${test.name}${cases}${what ? `  (${what})` : ''}`);
  }
  const text = page(all);
  if (flags.includes('--write')) await writeFile(document, text);
  const present = await readFile(document, 'utf8').catch(() => '');
  if (present !== text) console.log('docs/parity.md is out of date; run: npm run parity -- --write');
  const count = (state: string) => all.filter((outcome) => outcome.state === state).length;
  console.log(
    `${count('ported')} ported, ${count('adapted')} adapted, ${count('not applicable')} not applicable, ${missing.length} missing`,
  );
  return missing.length === 0 && present === text ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
