import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cachedBuild } from '../cached-build.ts';

const run = promisify(execFile);
const target = path.join(import.meta.dirname, '..', '..', '..', '.cache', 'peers', 'kube-rs', 'target');

/**
 * The path of kube-rs' contestant, built on the first call and after every change of its sources; the first build downloads some two
 * hundred crates and takes minutes. `undefined` where there is no cargo.
 *
 * @throws Error when the build fails
 */
export async function buildKubeRs(): Promise<string | undefined> {
  const options = { cwd: import.meta.dirname, env: { ...process.env, CARGO_TARGET_DIR: target } };
  try {
    await run('cargo', ['--version'], options);
  } catch {
    return undefined;
  }
  const files = ['Cargo.toml', 'Cargo.lock', 'src/main.rs', 'src/memory.rs'];
  return cachedBuild('kube-rs', import.meta.dirname, files, async (program) => {
    await run('cargo', ['build', '--release', '--locked', '--quiet'], options);
    await copyFile(path.join(target, 'release', 'kube-rs-contestant'), program);
  });
}
