import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiServer, FakeClock } from 'kube-informer/testing';
import { afterEach, expect, test } from 'vitest';
import { aPodComesAndGoes, tutorialPods } from '../../examples/informer/fake-cluster.ts';
import { logTo, tutorial } from '../../examples/informer/tutorial.ts';
import { pass, until } from './s002-rig.ts';
import { root } from './s002-type-check.ts';

const keys = tutorialPods().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
const lines = (time: string, what: string, of: readonly string[]) =>
  of.map((key) => `2021/12/21 ${time} ${what} is called for Pod (key: ${key})`);

test('S002-18 the example writes the five logs of the tutorial', async () => {
  const clock = new FakeClock(Date.UTC(2021, 11, 21, 9, 5, 8));
  await using server = await ApiServer.start({ clock });
  server.seed(tutorialPods());
  const log: string[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const story = aPodComesAndGoes(server, clock, signal);
  const ended = tutorial({ cluster: server.kubeConfig(), signal, clock, log: logTo((text) => log.push(text), clock) });
  await until(() => log.some((text) => text.endsWith(' run')), 'the first run');
  // All pods are in the cache.
  expect(log.splice(0)).toEqual([
    ...lines('09:05:08', 'handleAdd', keys),
    '2021/12/21 09:05:08 cache is synced',
    '2021/12/21 09:05:08 run',
  ]);
  await pass(clock, 12_000);
  // A pod is created.
  expect(log.splice(0)).toEqual([
    '2021/12/21 09:05:18 run',
    ...lines('09:05:20', 'handleAdd', ['default/nginx']),
    ...lines('09:05:20', 'handleUpdate', ['default/nginx', 'default/nginx']),
  ]);
  await pass(clock, 11_000);
  // It is deleted.
  expect(log.splice(0)).toEqual([
    '2021/12/21 09:05:28 run',
    ...lines('09:05:29', 'handleUpdate', ['default/nginx']),
    ...lines('09:05:30', 'handleUpdate', ['default/nginx']),
    ...lines('09:05:31', 'handleUpdate', ['default/nginx', 'default/nginx']),
    ...lines('09:05:31', 'handleDelete', ['default/nginx']),
  ]);
  await pass(clock, 26_000);
  const later = log.splice(0);
  // A function runs every 10 s.
  expect(later.filter((text) => text.endsWith(' run'))).toEqual(
    ['38', '48'].map((second) => `2021/12/21 09:05:${second} run`),
  );
  // The cache is replayed every 30 s.
  expect(later.filter((text) => !text.endsWith(' run'))).toEqual(lines('09:05:38', 'handleUpdate', keys));
  stopping.abort();
  await Promise.all([ended, story]);
});

test('S002-18 one command runs it', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  expect(scripts['example:informer']).toBe('node --conditions=source examples/informer.ts');
  const { output, code } = await interrupted(['examples/informer.ts', '--fake'], ' run\n');
  for (const key of keys) expect(output).toContain(`handleAdd is called for Pod (key: ${key})`);
  expect(output).toMatch(/cache is synced\n.* run\n$/);
  expect(code).toBe(0);
});

test('S002-19 Ctrl-C ends a program cleanly: exit code 0 within a second, nothing unhandled', async () => {
  const { output, code, milliseconds } = await interrupted(['examples/demo.ts'], 'cache is synced');
  expect(output).not.toMatch(/unhandled|error|warning/i);
  expect(output).toMatch(/stopped\n$/);
  expect(code).toBe(0);
  expect(milliseconds).toBeLessThan(1_000);
});

test('S002-19 a second signal ends it at once, with the code of the signal', async () => {
  const program = `
    import { signalFromProcess } from 'kube-informer';
    const signal = signalFromProcess();
    setInterval(() => undefined, 1_000);
    signal.addEventListener('abort', () => console.log('asked'));
    console.log('up');
  `;
  const child = start(['--input-type=module', '--eval', program]);
  await child.says('up');
  child.process.kill('SIGINT');
  await child.says('asked');
  expect(child.process.exitCode).toBe(null);
  child.process.kill('SIGINT');
  expect(await child.exit).toBe(130);
});

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

function start(args: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=source', ...args], { cwd: root });
  running.add(child);
  let output = '';
  let heard: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
      heard();
    });
  }
  const exit = once(child, 'close').then(([code]) => {
    running.delete(child);
    heard();
    return code as number | null;
  });
  return {
    process: child,
    exit,
    output: () => output,
    async says(text: string) {
      while (!output.includes(text)) {
        if (!running.has(child)) throw new Error(`it ended before it said ${JSON.stringify(text)}: ${output}`);
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
  };
}

/** Starts a program, interrupts it once it says something, and waits for its end. */
async function interrupted(args: readonly string[], when: string) {
  const child = start(args);
  await child.says(when);
  const before = performance.now();
  child.process.kill('SIGINT');
  const code = await child.exit;
  return { output: child.output(), code, milliseconds: performance.now() - before };
}
