import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const sources = import.meta.dirname;
const cache = path.join(sources, '..', '..', '.cache', 'apiserver');
const run = promisify(execFile);

/** Of Kubernetes' libraries in go.mod: what `/version` answers. */
const kubernetesVersion = '1.36.4';
const oldestGo = [1, 26] as const;

/** The API server describes every type that it serves; these packages hold them. */
const describedPackages = [
  ...['core/v1', 'apps/v1', 'batch/v1', 'coordination/v1', 'discovery/v1', 'events/v1', 'networking/v1', 'rbac/v1'],
  ...['storage/v1', 'policy/v1', 'autoscaling/v1', 'autoscaling/v2', 'scheduling/v1'],
  ...['authentication/v1', 'authorization/v1'],
]
  .map((name) => `k8s.io/api/${name}`)
  .concat(
    'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1',
    ...['apis/meta/v1', 'runtime', 'version', 'api/resource', 'util/intstr'].map((n) => `k8s.io/apimachinery/pkg/${n}`),
  );

/** Throws with instructions unless there is a Go that is new enough. */
async function goVersion(): Promise<string> {
  const advice =
    `Go ${oldestGo.join('.')} or newer builds the API server for tests, and is not needed for anything else. ` +
    'Install it from https://go.dev/dl/, put its bin folder on the PATH, and try again.';
  let text: string;
  try {
    text = (await run('go', ['env', 'GOVERSION'])).stdout.trim();
  } catch (cause) {
    throw new Error(`There is no working "go" on the PATH. ${advice}`, { cause });
  }
  const [, major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(text) ?? []).map(Number);
  if (major < oldestGo[0] || (major === oldestGo[0] && minor < oldestGo[1])) {
    throw new Error(`The "go" on the PATH is ${text}. ${advice}`);
  }
  return text;
}

async function goSources(): Promise<string[]> {
  const files = await readdir(sources);
  return files.filter((name) => name.endsWith('.go') || name === 'go.mod' || name === 'go.sum').sort();
}

async function hashOf(files: readonly string[], version: string): Promise<string> {
  const hash = createHash('sha256').update(version);
  for (const name of [...files, 'build.ts']) {
    hash.update(`\0${name}\0`).update(await readFile(path.join(sources, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Runs a step of the build; what it prints goes to our standard error. */
function step(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // A go.work file somewhere above has no say in this build.
    const child = spawn(command, args, { cwd, stdio: ['ignore', 2, 2], env: { ...process.env, GOWORK: 'off' } });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`"${command} ${args[0]}" ended with ${signal ?? `code ${code}`}`));
    });
  });
}

/**
 * The path of the API server's binary, built on the first call and after every change of its sources. The first build
 * downloads about 60 modules and takes some minutes; later ones some seconds.
 *
 * @param onProgress - told each step, as one line of text
 * @throws Error when Go is missing or too old, or a step of the build fails
 */
export async function buildApiServer(onProgress: (line: string) => void = () => {}): Promise<string> {
  const version = await goVersion();
  const files = await goSources();
  const home = path.join(cache, await hashOf(files, version));
  const binary = path.join(home, 'apiserver');
  if (
    await access(binary).then(
      () => true,
      () => false,
    )
  )
    return binary;

  // Builds at the same time don't meet: each works in a folder of its own, and the last rename wins.
  const work = `${home}.${process.pid}.tmp`;
  await rm(work, { recursive: true, force: true });
  await mkdir(path.join(work, 'definitions'), { recursive: true });
  try {
    for (const name of files) await cp(path.join(sources, name), path.join(work, name));
    await cp('/dev/null', path.join(work, 'no-header.txt'));

    onProgress(`building the generator of OpenAPI definitions (${version}; the first time it downloads modules)`);
    await step('go', ['build', '-buildvcs=false', '-o', 'openapi-gen', 'k8s.io/kube-openapi/cmd/openapi-gen'], work);
    onProgress(`generating the definitions of ${describedPackages.length} packages`);
    await step(
      path.join(work, 'openapi-gen'),
      [
        ...['--go-header-file', 'no-header.txt', '--output-dir', 'definitions', '--output-file', 'generated.go'],
        ...['--output-pkg', 'kube-informer.test/apiserver/definitions', '--report-filename', 'violations.txt'],
        ...describedPackages,
      ],
      work,
    );
    onProgress('building the API server (the first time some minutes)');
    const [major, minor] = kubernetesVersion.split('.');
    const facts = { gitVersion: `v${kubernetesVersion}`, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
    const stamps = Object.entries(facts).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
    await step(
      'go',
      ['build', '-buildvcs=false', '-ldflags', `-s -w ${stamps.join(' ')}`, '-o', 'apiserver', '.'],
      work,
    );
    await mkdir(home, { recursive: true });
    await rename(path.join(work, 'apiserver'), binary);
    for (const name of await readdir(cache)) {
      if (/^[0-9a-f]{16}$/.test(name) && name !== path.basename(home)) {
        await rm(path.join(cache, name), { recursive: true, force: true });
      }
    }
    onProgress('built');
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return binary;
}
