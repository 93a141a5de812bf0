import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Programs that tests need beside Node, each by the Debian package that has it. `node tools/services.ts` looks for all of them;
 * with `--install` it has apt-get install those that are absent.
 */
const programs = {
  'nats-server': ['nats-server'],
  'redis-server': ['redis-server'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
} as const;

export type Service = keyof typeof programs;

/** Debian has servers where the PATH of most users does not lead. */
const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];

function find(service: Service): string | undefined {
  const candidates = programs[service].flatMap((name) => directories.map((directory) => join(directory, name)));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function instruction(absent: readonly Service[]): string {
  return `${absent.join(', ')} is needed and not installed: apt-get install ${absent.join(' ')} (or put it in the PATH)`;
}

/**
 * The path of a program.
 *
 * @throws Error with the instruction if it is not here.
 */
export function servicePath(service: Service): string {
  const path = find(service);
  if (path === undefined) throw new Error(instruction([service]));
  return path;
}

function absent(): Service[] {
  return (Object.keys(programs) as Service[]).filter((service) => find(service) === undefined);
}

function install(services: readonly Service[]): void {
  const isRoot = process.getuid?.() === 0;
  const run = (...args: string[]) => {
    const command = isRoot ? args : ['sudo', '-n', ...args];
    // Installing a server is not to start it.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    return spawnSync(command[0]!, command.slice(1), { stdio: 'inherit', env, timeout: 600_000 }).status === 0;
  };
  // Lists that can't be renewed may still do.
  run('apt-get', 'update', '-q');
  run('apt-get', 'install', '-q', '-y', '--no-install-recommends', ...services);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const before = absent();
  if (before.length > 0 && process.argv.includes('--install')) install(before);
  const after = absent();
  for (const service of Object.keys(programs) as Service[]) console.log(`${service}: ${find(service) ?? 'absent'}`);
  if (after.length > 0) {
    console.error(instruction(after));
    process.exitCode = 1;
  }
}
