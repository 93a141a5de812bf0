import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The root of the project. */
export const root = join(import.meta.dirname, '../..');

/** Runs something with files in a folder of the project that is ignored by version control, so that they find what the project finds. */
export async function withFiles<R>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<R>,
): Promise<R> {
  await mkdir(join(root, '.cache'), { recursive: true });
  const folder = await mkdtemp(join(root, '.cache/test-'));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the compiler has to say about a program and about a broken one, under the strict settings of the project; `''` if nothing. */
export function typeCheck(program: string, broken: string): Promise<{ program: string; broken: string }> {
  const config = { extends: '../../tsconfig.json', include: ['*.ts'], compilerOptions: { types: ['node'] } };
  const files = { 'program.ts': program, 'broken.ts': broken, 'tsconfig.json': JSON.stringify(config) };
  return withFiles(files, async (folder) => {
    const { output } = await run(join(root, 'node_modules/.bin/tsc'), ['--noEmit', '-p', folder]);
    // Of the library itself the project's own check speaks.
    const lines = output.split('\n');
    const of = (name: string) => lines.filter((text) => text.includes(`${name}.ts(`)).join('\n');
    return { program: of('program'), broken: of('broken') };
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
