import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = path.join(import.meta.dirname, '..', '..', '..', '.cache', 'peers', 'kfc');

/**
 * The path of kubernetes-fluent-client's module, installed on the first call and after every change of its lock, apart from the project:
 * it brings a client-node 1.x and a hundred packages along.
 *
 * @throws Error when the installation fails
 */
export async function installKfc(): Promise<string> {
  const entry = path.join(folder, 'node_modules', 'kubernetes-fluent-client', 'dist', 'index.js');
  const lock = await readFile(path.join(import.meta.dirname, 'package-lock.json'), 'utf8');
  const installed = await Promise.all([
    readFile(path.join(folder, 'package-lock.json'), 'utf8'),
    readFile(path.join(folder, 'node_modules', '.package-lock.json')),
  ]).catch(() => undefined);
  if (installed?.[0] === lock) return entry;
  await mkdir(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    await copyFile(path.join(import.meta.dirname, name), path.join(folder, name));
  }
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  return entry;
}
