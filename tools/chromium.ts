import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const program = '/usr/bin/chromium';

/** Nothing is asked of anybody but the page that is opened. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser without windows, with nothing remembered. @throws Error that says what to install, where there is none. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(program)) throw new Error(`there is no ${program}: apt-get install --no-install-recommends chromium`);
  return chromium.launch({ executablePath: program, args: flags });
}
