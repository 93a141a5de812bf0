import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allSamples, type Sample } from './docs-code/extract.ts';
import { moduleOf, readScope } from './docs-code/modules.ts';
import { type Stage, setStage } from './docs-code/stage.ts';

/**
 * npm run docs:code [-- README.md src/store]
 *
 * Type-checks and runs the code of the documentation: every block ` ```ts ` of the pages as a program against the embedded API server, every
 * `@example` of the sources as a fragment with a few things at hand (see `docs-code/stage.ts`). Arguments pick samples by where they stand.
 */
const directory = resolve('.cache/docs-code');
const kubeconfig = join(directory, 'kubeconfig');
const patience = 10_000;

const chosen = process.argv.slice(2);
const everything = await allSamples(['README.md', 'CONTRIBUTING.md', 'docs/**/*.md'], ['src/**/*.ts']);
const samples = everything.filter(
  ({ where }) =>
    // The API reference repeats the comments of the sources.
    !where.startsWith('docs/api/') && (chosen.length === 0 || chosen.some((text) => where.includes(text))),
);
const doors = ['index', 'testing/index', 'prometheus/index', 'watcher/index', 'watcher/receiver/index'].map((door) => [
  `kube-informer/${door}`.replace(/\/index$/, '').replace('/watcher/receiver', '/receiver'),
  resolve(`src/${door}.ts`),
]);
const scope = readScope(Object.fromEntries(doors), resolve('tools/docs-code/stage.ts'));

await rm(directory, { recursive: true, force: true });
await mkdir(directory, { recursive: true });
const files = new Map<string, Sample>();
for (const sample of samples) {
  const path = join(directory, `${sample.where.replaceAll(/[^A-Za-z0-9]+/g, '-')}.ts`);
  files.set(path, sample);
  const text = sample.kind === 'program' ? sample.code : moduleOf(sample, scope, '../../tools/docs-code/stage.ts');
  await writeFile(path, text);
}
const failures = new Map<Sample, string>();
await typecheck();
for (const [path, sample] of files) {
  if (failures.has(sample)) continue;
  try {
    await (sample.kind === 'program' ? runProgram(path, sample.code.includes('signalFromProcess')) : runFragment(path));
  } catch (error) {
    failures.set(sample, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
for (const [{ where, code }, why] of failures) console.log(`\n${where}\n${code}\n--> ${why}`);
console.log(`${samples.length - failures.size} passed, ${failures.size} failed`);
// A fragment that never ends must not keep the process.
process.exit(failures.size === 0 && samples.length > 0 ? 0 : 1);

async function typecheck(): Promise<void> {
  const options = { noUnusedLocals: false, noUnusedParameters: false, rootDir: '../..' };
  const config = { extends: '../../tsconfig.json', compilerOptions: options, include: ['*.ts'] };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config));
  const { output } = await run('npx', ['tsc', '--noEmit', '--pretty', 'false', '-p', directory]);
  for (const line of output.split('\n').filter((text) => /error TS\d+/.test(text))) {
    const sample = [...files].find(([path]) => line.includes(path.slice(directory.length + 1)))?.[1];
    if (!sample) throw new Error(line);
    failures.set(sample, `${failures.get(sample) ?? ''}\n${line}`);
  }
}

/** A program that waits for a signal to end gets one as soon as it watches. */
async function runProgram(path: string, endsBySignal: boolean): Promise<void> {
  const { server, clear } = await setStage();
  await server.kubeConfig().write(kubeconfig);
  const before = server.watches;
  const child = spawn('node', ['--conditions=source', path], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const stop = setInterval(() => {
    if (endsBySignal && server.watches > before) child.kill('SIGTERM');
  }, 500);
  const deadline = setTimeout(() => child.kill('SIGKILL'), patience);
  const code = await new Promise((ended) => child.on('exit', (status, signal) => ended(signal ?? status)));
  clearInterval(stop);
  clearTimeout(deadline);
  await clear();
  if (code !== 0) throw new Error(`ended with ${code}:\n${output}`);
}

/** What goes on for ever is given a moment, then its signal is aborted; after that it must end. */
async function runFragment(path: string): Promise<void> {
  const { default: fragment } = (await import(pathToFileURL(path).href)) as {
    default: (stage: Stage) => Promise<void>;
  };
  const stage = await setStage();
  await stage.server.kubeConfig().write(kubeconfig);
  process.env.KUBECONFIG = kubeconfig;
  const running = fragment(stage);
  // Its failure is met below; until then it must not count as unhandled.
  running.catch(() => {});
  await Promise.race([running.catch(() => {}), pause(300)]);
  if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM');
  await stage.clear();
  const isOver = await Promise.race([running.then(() => true), pause(patience).then(() => false)]);
  if (!isOver) throw new Error('does not end when its signal is aborted');
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, milliseconds));
}

function run(command: string, args: readonly string[]): Promise<{ output: string }> {
  return new Promise((done, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', () => done({ output }));
  });
}
