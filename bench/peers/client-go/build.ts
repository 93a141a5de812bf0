import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const sources = import.meta.dirname;
const cache = path.join(sources, '..', '..', '..', '.cache', 'peers', 'client-go');

/**
 * The path of client-go's contestant, built on the first call and after every change of its sources; the first build
 * downloads modules and takes some minutes. `undefined` where there is no Go.
 *
 * @throws Error when the build fails
 */
export async function buildClientGo(): Promise<string | undefined> {
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(await readFile(path.join(sources, name)));
  const binary = path.join(cache, `client-go-${hash.digest('hex').slice(0, 16)}`);
  if (await exists(binary)) return binary;
  // A go.work file somewhere above has no say in this build.
  const options = { cwd: sources, env: { ...process.env, GOWORK: 'off' } };
  try {
    await run('go', ['version'], options);
  } catch {
    return undefined;
  }
  await mkdir(cache, { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  await run('go', ['build', '-buildvcs=false', '-ldflags', '-s -w', '-o', unfinished, '.'], options);
  await rename(unfinished, binary);
  return binary;
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
