import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

/**
 * A program built from sources, kept under a name that tells them apart: built on the first call and after every change of what is in the
 * files, whatever their dates say.
 *
 * @param build writes the program to the path that it is given.
 */
export async function cachedBuild(
  name: string,
  folder: string,
  files: readonly string[],
  build: (program: string) => Promise<unknown>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(path.join(folder, file)));
  const cache = path.join(import.meta.dirname, '..', '..', '.cache', 'peers', name);
  const program = path.join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`);
  const exists = await access(program).then(
    () => true,
    () => false,
  );
  if (exists) return program;
  await mkdir(cache, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  await build(unfinished);
  await rename(unfinished, program);
  return program;
}
