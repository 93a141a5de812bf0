import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Backend } from '../test/real-chaos/backend.ts';
import { runHistory } from '../test/real-chaos/history.ts';

/**
 * npm run chaos [-- --seeds 100 --first 1 --seconds 60 --objects 2000 | --ci]: informers behind a bad network, on a real API server that
 * crashes and compacts, while thousands of objects change. At the end of each history every informer must equal a fresh list, and the
 * events of each handler must chain. `--ci` is ten short histories. The last line is `N passed, N failed`.
 */
const { values } = parseArgs({
  options: {
    ci: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    first: { type: 'string', default: '1' },
    seconds: { type: 'string' },
    objects: { type: 'string', default: '2000' },
  },
});
const seeds = Number(values.seeds ?? (values.ci ? 10 : 100));
const seconds = Number(values.seconds ?? (values.ci ? 12 : 60));
const first = Number(values.first);
const objects = Number(values.objects);

process.exitCode = await main();

async function main(): Promise<number> {
  if (!(await works('go', ['version']))) {
    console.log('Go is not here, with which the API server is built. Install Go 1.26 or newer.');
    console.log('0 passed, 1 failed');
    return 1;
  }
  await using backend = await Backend.start((line) => console.log(line));
  console.log(`${seeds} histories of ${seconds} s with ${objects} objects, on port ${backend.port}`);
  let failed = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const { broken, figures } = await runHistory(backend, { seed, duration: seconds * 1_000, objects }).catch(
      (thrown: unknown) => ({ broken: [`it did not come to its end: ${(thrown as Error).stack}`], figures: {} }),
    );
    const text = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
    console.log(`seed ${seed}: ${broken.length === 0 ? 'passed' : 'FAILED'}: ${text.join(', ')}`);
    for (const clause of broken.slice(0, 10)) console.log(`  ${clause}`);
    if (broken.length === 0) continue;
    failed++;
    if (broken.length > 10) console.log(`  and ${broken.length - 10} more`);
    console.log(`  again: npm run chaos -- --first ${seed} --seeds 1 --seconds ${seconds} --objects ${objects}`);
  }
  console.log(`${seeds - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function works(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}
