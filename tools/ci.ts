import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';

/**
 * npm run ci: what a contributor would run, one step after the other; all of them, also after a failure. Counts the tests where a step
 * counts them, else the step itself.
 */
interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** How many passed and failed, from what the step printed or wrote. Default: the step is one. */
  readonly count?: (output: string) => Promise<Count> | Count;
  /** Whether it can run here; else it is said loudly, and not counted. */
  readonly needs?: { readonly program: readonly [string, ...string[]]; readonly why: string };
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const report = '.cache/ci/vitest.json';
const node = ['node', '--conditions=source'] as const;

const go = { program: ['go', 'version'], why: 'the real API server is built with Go' } as const;

const steps: readonly Step[] = [
  { name: 'check', command: ['npm', 'run', '--silent', 'check'] },
  { name: 'programs of the system', command: [...node, 'tools/services.ts', '--install'] },
  {
    name: 'test',
    command: ['npx', 'vitest', 'run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`],
    env: { SEEDS: '1000' },
    count: async () => {
      const { numPassedTests, numTotalTests } = JSON.parse(await readFile(report, 'utf8')) as Record<string, number>;
      return { passed: numPassedTests!, failed: numTotalTests! - numPassedTests! };
    },
  },
  { name: 'accept', command: ['npm', 'run', '--silent', 'accept'], count: lastLine },
  { name: 'examples', command: ['npm', 'run', '--silent', 'examples'], count: lastLine },
  { name: 'documentation: its code', command: ['npm', 'run', '--silent', 'docs:code'], count: lastLine },
  {
    name: 'documentation: the picture of the dashboard',
    command: ['npm', 'run', '--silent', 'docs:screenshot', '--', '--out', '.cache/ci/dashboard.png'],
  },
  { name: 'documentation: the site', command: ['npm', 'run', '--silent', 'docs:build'] },
  { name: 'test:package', command: ['npm', 'run', '--silent', 'test:package'], count: lastLine },
  {
    // Among them an operator that is killed again and again.
    name: 'test:slow',
    command: ['npm', 'run', '--silent', 'test:slow'],
    env: { CRASH_SEEDS: '10' },
  },
  { name: 'example:operator', command: ['npm', 'run', '--silent', 'example:operator'] },
  { name: 'demo', command: ['npm', 'run', '--silent', 'demo', '--', '--duration', '12'] },
  { name: 'demo:watcher', command: ['npm', 'run', '--silent', 'demo:watcher', '--', '--duration', '3', '--port', '0'] },
  { name: 'example:operator', command: ['npm', 'run', '--silent', 'example:operator', '--', '--duration', '15'] },
  { name: 'bench, small', command: [...node, 'bench/index.ts', '--quick'] },
  { name: 'bench:sidecar', command: ['npm', 'run', '--silent', 'bench:sidecar'] },
  { name: 'parity', command: ['npm', 'run', '--silent', 'parity'] },
  { name: 'demo on a real API server', command: [...node, 'tools/demo-real.ts'], needs: go },
  { name: 'test:real', command: ['npm', 'run', '--silent', 'test:real'], count: lastLine, needs: go },
  { name: 'transcripts', command: ['npm', 'run', '--silent', 'transcripts'], needs: go },
  { name: 'chaos', command: ['npm', 'run', '--silent', 'chaos', '--', '--ci'], count: lastLine, needs: go },
];

await mkdir('.cache/ci', { recursive: true });
let passed = 0;
let failed = 0;
const failures: string[] = [];
for (const step of steps) {
  if (step.needs && (await run(step.needs.program)).code !== 0) {
    console.log(`\n!!! NOT RUN: ${step.name}: ${step.needs.program[0]} is not here, and ${step.needs.why}\n`);
    continue;
  }
  console.log(`\n=== ${step.name}: ${step.command.join(' ')}`);
  const start = performance.now();
  const { code, output } = await run(step.command, step.env, true);
  const count = await countOf(step, code, output);
  passed += count.passed;
  failed += count.failed;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const result = `=== ${step.name}: ${count.passed} passed, ${count.failed} failed, ${seconds} s`;
  console.log(result);
  if (count.failed > 0) failures.push(`${result}\n${whatFailed(output)}`);
}
// Again at the end: of a log of thousands of lines that is what gets read.
for (const failure of failures) console.log(`\nfailed: ${failure}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** A step that ended badly has failed, whatever it counted. */
async function countOf(step: Step, code: number, output: string): Promise<Count> {
  const whole: Count = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
  if (!step.count) return whole;
  try {
    const count = await step.count(output);
    return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
  } catch (error) {
    console.log(`${step.name}: its result can't be read: ${error}`);
    return { passed: 0, failed: 1 };
  }
}

/** The lines that speak of a failure, each with those after it, or the last ones if none does: 80 at most. */
function whatFailed(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n');
  let until = 0;
  const telling = lines.filter((line, at) => {
    if (/\bFAIL(ED)?\b|\bfailed\b|Error\b|[✗×]/.test(line) && !/\b0 failed/.test(line)) until = at + 12;
    return at < until;
  });
  return (telling.length > 0 ? telling : lines).slice(-80).join('\n');
}

function lastLine(output: string): Count {
  const counts = output
    .match(/^(\d+) passed, (\d+) failed/gm)
    ?.at(-1)
    ?.match(/\d+/g);
  if (!counts) throw new Error('no line "N passed, N failed"');
  return { passed: Number(counts[0]), failed: Number(counts[1]) };
}

function run(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
  loud = false,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (loud) process.stdout.write(text);
      });
    }
    child.on('error', () => resolve({ code: 1, output }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
