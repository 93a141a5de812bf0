import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs that tests run, by the Debian packages that they are of. */
const programs: Readonly<Record<string, string>> = { chromium: '/usr/bin/chromium' };

/** Installs what is not there: quick when all is. Needs root and Debian; elsewhere the tests say what they miss. */
const missing = Object.keys(programs).filter((name) => !existsSync(programs[name]!));
if (missing.length > 0) {
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...missing]]) {
    const { status } = spawnSync('apt-get', ['-qq', ...args], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed: install ${missing.join(', ')} by hand`);
  }
}
console.log(`there: ${Object.values(programs).join(', ')}`);
