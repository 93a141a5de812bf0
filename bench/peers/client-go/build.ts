import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cachedBuild } from '../cached-build.ts';

const run = promisify(execFile);

/**
 * The path of client-go's contestant, built on the first call and after every change of its sources; the first build
 * downloads modules and takes some minutes. `undefined` where there is no Go.
 *
 * @throws Error when the build fails
 */
export async function buildClientGo(): Promise<string | undefined> {
  // A go.work file somewhere above has no say in this build.
  const options = { cwd: import.meta.dirname, env: { ...process.env, GOWORK: 'off' } };
  try {
    await run('go', ['version'], options);
  } catch {
    return undefined;
  }
  return cachedBuild('client-go', import.meta.dirname, ['main.go', 'go.mod', 'go.sum'], (program) =>
    run('go', ['build', '-buildvcs=false', '-ldflags', '-s -w', '-o', program, '.'], options),
  );
}
