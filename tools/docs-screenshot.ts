import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createWatcher } from 'kube-informer/watcher';
import type { Locator } from 'playwright-core';
import { shopConfig } from '../examples/watcher/config.ts';
import { openReceivers } from '../examples/watcher/receivers.ts';
import { happening, openShop } from '../examples/watcher/shop.ts';
import { openBrowser } from './chromium.ts';

/**
 * npm run docs:screenshot [-- --out FILE]: the dashboard of the shop of `npm run demo:watcher`, as docs/dashboard.png. What happens there is always the same, at the same time
 * of day; only rates and ages, which are measured, differ a little from one picture to the next.
 */
const { values } = parseArgs({ options: { out: { type: 'string', default: 'docs/dashboard.png' } } });
const path = values.out;
const mostBytes = 300_000;
/** Six are one turn of the story. */
const rounds = 6 * 6 + 5;
/** Milliseconds until the next one: the curves are to show something. */
const pace = (round: number) => 700 + 500 * Math.sin(round / 3);
const begin = Date.parse('2026-11-21T09:30:00Z');

await using receivers = await openReceivers();
await using server = await openShop();
await using watcher = await createWatcher(shopConfig(0, receivers.url), {
  cluster: server.kubeConfig(),
  // There is a letter that can't be delivered, on purpose.
  onError: () => {},
});
await watcher.ready();
await fetch(`${watcher.url}/cache/apis/example.com/v1/namespaces/shop/widgets/blue`);

const browser = await openBrowser();
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: 'UTC' });
  const page = await context.newPage();
  await page.clock.setFixedTime(begin);
  await page.goto(`${watcher.url}/dashboard`);
  await page.locator('#kinds-rows tr').nth(3).waitFor();
  const relations = page.getByRole('region', { name: 'Relations' });
  await relations.getByLabel('Kind').selectOption('Deployment');
  await relations.getByLabel('Object').fill('shop/cart');
  await page.keyboard.press('Enter');
  await relations.getByText('cart-7d9f4-2').waitFor();
  for (let round = 0; round < rounds; round++) {
    await page.clock.setFixedTime(begin + round * 1_000);
    happening(server, round);
    await page.waitForTimeout(pace(round));
  }
  await page.getByText('shop/report-0').first().waitFor();
  await said(page.locator('#figure-dead'), '1');
  await said(page.locator('#figure-pending'), '0');
  // What is another one each time: the number of a free port, the time of the service.
  await page.evaluate("document.querySelector('#host').textContent = 'watcher.shop.svc:8080'");
  await page.evaluate("document.querySelector('#dead time').textContent = '09:30:05'");
  await page.locator('#tree-name').blur();
  await page.screenshot({ path, fullPage: true });
} finally {
  await browser.close();
}
const { size } = await stat(path);
if (size > mostBytes) throw new Error(`${path} has ${size} bytes, more than ${mostBytes}`);
console.log(`${path}: ${Math.round(size / 1_000)} KB`);

async function said(locator: Locator, text: string): Promise<void> {
  await locator.filter({ hasText: new RegExp(`^${text}$`) }).waitFor();
}
