import { execFile } from 'node:child_process';
import { glob, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';

/**
 * npm run example NN [-- --kubeconfig FILE]: runs one example of the ladder. Without a number it lists them.
 * npm run examples: runs them all on the embedded server, and compares what they print with the remarks at their ends.
 */
const [which, ...rest] = process.argv.slice(2);
const paths: string[] = [];
for await (const path of glob('examples/[0-9][0-9]-*.ts')) paths.push(path);
paths.sort();

if (which === '--all') await all();
else if (which === undefined) for (const path of paths) console.log(basename(path, '.ts'), ' ', await titleOf(path));
else await one(which);

async function one(number: string): Promise<void> {
  const path = paths.find((candidate) => basename(candidate).startsWith(number.padStart(2, '0')));
  if (!path) throw new Error(`there is no example ${number}; npm run example lists them`);
  process.argv.splice(2, process.argv.length, ...rest);
  await import(`../${path}`);
}

async function all(): Promise<void> {
  let passed = 0;
  for (const path of paths) {
    const expected = await remarksAtTheEnd(path);
    const { stdout, failed } = await run(path);
    if (expected !== '' && !failed && stdout === expected) passed += 1;
    else console.log(`${path} prints\n${stdout}${failed}\nand not\n${expected}`);
  }
  console.log(`${passed} passed, ${paths.length - passed} failed`);
  process.exitCode = passed === paths.length && passed > 0 ? 0 : 1;
}

async function run(path: string): Promise<{ stdout: string; failed: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)('node', ['--conditions=source', path], { timeout: 30_000 });
    return { stdout, failed: stderr };
  } catch (thrown) {
    const { stdout = '', message } = thrown as Error & { stdout?: string };
    return { stdout, failed: message };
  }
}

async function remarksAtTheEnd(path: string): Promise<string> {
  const [, remarks = ''] = /((?:^\/\/ .*\n)+)$/m.exec(await readFile(path, 'utf8')) ?? [];
  return remarks.replaceAll(/^\/\/ /gm, '');
}

async function titleOf(path: string): Promise<string> {
  return /\/\*\* (.*?) \*\//s.exec(await readFile(path, 'utf8'))?.[1] ?? '';
}
