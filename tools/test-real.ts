import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rows } from '../test/acceptance/rows.ts';
import { startApiServer } from './apiserver.ts';

/**
 * npm run test:real [-- filters and flags of vitest]: the conformance suite against a real API server: the cluster that `KUBECONFIG`
 * names, else one that is started here, for which Go is needed. Lists the rows of the acceptance that were proved by it. The last line is
 * `N passed, N failed`.
 */

interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'test-real-'));
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function main(args: readonly string[]): Promise<number> {
  if (process.env.KUBECONFIG) {
    console.log(`against the cluster of KUBECONFIG=${process.env.KUBECONFIG}`);
    return test(process.env.KUBECONFIG, args);
  }
  if (!(await works('go', ['version']))) {
    console.log(
      'Go is not here, with which the API server is built. Install Go 1.26 or newer, or set KUBECONFIG to a cluster',
    );
    console.log('in which namespaces and custom resources may be created and users impersonated: kind, k3d, envtest.');
    console.log('0 passed, 1 failed');
    return 1;
  }
  // With a policy, whoever it does not name may do nothing; the administrator is above it.
  const policyFile = join(directory, 'policy.json');
  await writeFile(policyFile, '[]');
  await using server = await startApiServer({ policyFile, onProgress: (line) => console.log(line) });
  console.log(`against a server of our own, ${server.url}`);
  return await test(server.kubeconfig, args);
}

async function test(kubeconfig: string, args: readonly string[]): Promise<number> {
  const outputFile = join(directory, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`];
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.real.config.ts', ...reporters, ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, CONFORMANCE_KUBECONFIG: kubeconfig },
    });
    child.once('error', reject);
    child.once('close', resolve);
  });
  const report = JSON.parse(await readFile(outputFile, 'utf8')) as TestReport;
  printRows(report);
  const unread = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
  );
  for (const { name } of unread) console.log(`failed as a whole: ${name}`);
  // A run that ended badly has failed, whatever it counted.
  const failed = report.numFailedTests + unread.length || (code === 0 ? 0 : 1);
  console.log(`${report.numPassedTests} passed, ${failed} failed`);
  return failed === 0 && report.numPassedTests > 0 ? 0 : 1;
}

/** Rows of the acceptance, named at the start of a title or of a suite around it, and whether their tests passed. */
function printRows(report: TestReport): void {
  const passed = new Map<string, boolean>();
  for (const { assertionResults } of report.testResults) {
    for (const { ancestorTitles, title, status } of assertionResults) {
      if (status !== 'passed' && status !== 'failed') continue;
      for (const id of [...ancestorTitles, title].join(' ').match(/S\d{3}-\d{2}/g) ?? []) {
        passed.set(id, (passed.get(id) ?? true) && status === 'passed');
      }
    }
  }
  console.log('\nrows of the acceptance, on this server:');
  for (const { id, title } of rows) {
    const state = passed.get(id);
    if (state !== undefined) console.log(`${id}  ${state ? 'passed' : 'failed'}  ${title}`);
  }
}

function works(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}
