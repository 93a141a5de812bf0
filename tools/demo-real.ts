import { spawn } from 'node:child_process';

/** Runs the demo on a real Kubernetes API server, and checks that it showed what it should. */
const demo = spawn(process.execPath, ['--conditions=source', 'examples/demo.ts', '--real', '--duration', '15'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
let output = '';
demo.stdout.setEncoding('utf8').on('data', (text: string) => {
  output += text;
  process.stdout.write(text);
});
const code = await new Promise<number | null>((resolve) => demo.on('close', resolve));
const expected = [
  'cache is synced',
  'handleAdd',
  '(new)',
  'handleUpdate',
  '(resync)',
  'handleDelete',
  'run:',
  'stopped',
];
const missing = expected.filter((text) => !output.includes(text));
if (missing.length > 0) console.error(`the demo did not say: ${missing.join(', ')}`);
process.exitCode = code === 0 && missing.length === 0 ? 0 : 1;
