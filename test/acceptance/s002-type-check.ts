import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The root of the project. */
export const root = join(import.meta.dirname, '../..');

/** Runs something with a file in a folder of the project that is ignored by version control, so that it finds what the project finds. */
export async function withFile<R>(name: string, content: string, use: (path: string) => Promise<R>): Promise<R> {
  await mkdir(join(root, '.cache'), { recursive: true });
  const folder = await mkdtemp(join(root, '.cache/test-'));
  try {
    await writeFile(join(folder, name), content);
    return await use(join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the compiler has to say about a program, under the strict settings of the project; `''` if nothing. */
export function typeCheck(program: string): Promise<string> {
  return withFile('program.ts', program, async (path) => {
    const folder = join(path, '..');
    const config = { extends: '../../tsconfig.json', include: ['program.ts'], compilerOptions: { types: ['node'] } };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { output } = await run(join(root, 'node_modules/.bin/tsc'), ['--noEmit', '-p', folder]);
    // Of the library itself the project's own check speaks.
    return output
      .split('\n')
      .filter((text) => text.includes('program.ts'))
      .join('\n');
  });
}

export interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a command in the project to its end. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { cwd: root, env, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, output: stdout + stderr });
    });
  });
}
