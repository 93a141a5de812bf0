import { type Browser, chromium } from 'playwright-core';
import { servicePath } from './services.ts';

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
  return chromium.launch({ executablePath: servicePath('chromium'), args: flags });
}
