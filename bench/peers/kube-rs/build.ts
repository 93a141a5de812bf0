import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const sources = import.meta.dirname;
const target = path.join(sources, '..', '..', '..', '.cache', 'peers', 'kube-rs', 'target');

/**
 * The path of kube-rs' contestant. Cargo knows what there is to build; the first build downloads some two hundred crates and takes
 * minutes. `undefined` where there is no cargo.
 *
 * @throws Error when the build fails
 */
export async function buildKubeRs(): Promise<string | undefined> {
  const options = { cwd: sources, env: { ...process.env, CARGO_TARGET_DIR: target } };
  try {
    await run('cargo', ['--version'], options);
  } catch {
    return undefined;
  }
  await run('cargo', ['build', '--release', '--locked', '--quiet'], options);
  return path.join(target, 'release', 'kube-rs-contestant');
}
