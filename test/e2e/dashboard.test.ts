import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/index.ts';
import { createWatcher } from '../../src/watcher/index.ts';
import { openBrowser } from '../../tools/chromium.ts';
import { pod, type Rig, type RigOptions, rig, watchPods } from '../acceptance/s003-rig.ts';
import { eventually } from '../support/eventually.ts';
import { httpReceiver } from '../support/http-receiver.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What the browser complained of: errors of the scripts, and what the policy of the page forbids. */
  readonly complaints: readonly string[];
  /** Where the page sent requests to. */
  readonly asked: ReadonlySet<string>;
}

async function visit(url: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const asked = new Set<string>();
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => asked.add(new URL(request.url()).origin));
  await page.goto(`${url}/dashboard`);
  return { page, complaints, asked, [Symbol.asyncDispose]: () => context.close() };
}

const watchDeployments = { name: 'deployments', target: { group: 'apps', version: 'v1', kind: 'Deployment' } };

function open(options: RigOptions = {}): Promise<Rig> {
  return rig({
    seed: (server) => {
      server.seed([pod('cart-0'), pod('cart-1')]);
      server.create({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'cart', namespace: 'web' },
        spec: {},
      });
    },
    ...options,
    config: { watches: [watchPods, watchDeployments], ...options.config },
  });
}

const connected = (page: Page) =>
  page
    .getByRole('status')
    .filter({ hasText: /^Connected$/ })
    .waitFor();
const rowOf = (page: Page, key: string) => page.locator(`#kinds-rows tr[data-key="${key}"]`);
/** Resolves when it is in the page, which is made to ask the service again and again instead of every other second. */
async function appears(locator: Locator): Promise<void> {
  await eventually(async () => {
    await locator.page().evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    return locator.isVisible();
  });
}

/** Resolves when so many watches are open: the feed is told of what happens from then on. */
async function followed(world: Rig, streams: number): Promise<void> {
  const count = async () => Number(/stream_clients (\d+)/.exec((await world.get<string>('/metrics')).body)?.[1]);
  await eventually(async () => (await count()) === streams);
}

describe('the dashboard', () => {
  test('shows each kind that is watched, its state and how many objects there are; and what queries began', async () => {
    await using world = await open();
    await using visited = await visit(world.watcher.url);
    const { page, complaints, asked } = visited;
    await connected(page);
    const pods = rowOf(page, 'v1/pods');
    await appears(pods.getByText('Live'));
    expect(await pods.getByRole('rowheader').innerText()).toMatch(/^Pod\s+v1\/pods$/);
    expect(await pods.getByRole('cell').nth(1).innerText()).toBe('2');
    expect(await rowOf(page, 'apps/v1/deployments').getByRole('cell').nth(1).innerText()).toBe('1');
    expect(await page.locator('#figure-kinds').innerText()).toBe('2 of 2');

    world.server.create(pod('cart-2'));
    await appears(pods.getByRole('cell', { name: '3', exact: true }));
    await world.get('/cache/apis/batch/v1/jobs');
    const jobs = rowOf(page, 'batch/v1/jobs');
    await appears(jobs.getByText('on demand'));
    expect(await jobs.getByRole('checkbox').isChecked()).toBe(false);
    expect(complaints).toEqual([]);
    expect([...asked]).toEqual([world.watcher.url]);
  });

  test('shows events as they happen, the newest first; some of them, or none for a while, if that is wanted', async () => {
    await using world = await open();
    await using visited = await visit(world.watcher.url);
    const { page } = visited;
    await followed(world, 2);
    world.server.create(pod('new'));
    world.server.patchObject('pods', 'web', 'new', { status: { phase: 'Running' } });
    world.server.delete('pods', 'web', 'cart-0');
    const lines = page.getByRole('log').getByRole('listitem');
    await lines.nth(2).waitFor();
    expect((await lines.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').slice(9))).toEqual([
      'Deleted web/cart-0 Pod',
      'Changed web/new Pod · Running',
      'Added web/new Pod',
    ]);
    await page.getByLabel('Show', { exact: true }).fill('cart');
    expect(await lines.filter({ visible: true }).count()).toBe(1);
    await page.getByRole('button', { name: 'Pause' }).click();
    world.server.create(pod('cart-9'));
    await page.getByText('4 events, 1 waiting').waitFor();
    expect(await lines.filter({ visible: true }).count()).toBe(1);
    await page.getByRole('button', { name: 'Pause' }).click();
    await lines.filter({ hasText: 'cart-9' }).waitFor();

    await rowOf(page, 'v1/pods').getByRole('checkbox').uncheck();
    await followed(world, 1);
  });

  test('shows the tree of a Deployment, as it changes; and of whatever is chosen in it, or in the feed', async () => {
    await using world = await open();
    const { server } = world;
    const owned = (owner: KubeObject, object: ReturnType<typeof pod>) => {
      const { apiVersion, kind, metadata } = owner;
      const { name, uid } = metadata;
      const ownerReferences = [{ apiVersion, kind, name, uid, controller: true }];
      return server.create({ ...object, metadata: { ...object.metadata, ownerReferences } });
    };
    const deployment = server.get('deployments', 'web', 'cart')!;
    const replicaSet = owned(deployment, { ...pod('cart-7d9'), apiVersion: 'apps/v1', kind: 'ReplicaSet' });
    owned(replicaSet, pod('cart-7d9-a'));
    await using visited = await visit(world.watcher.url);
    const { page, complaints } = visited;
    const relations = page.getByRole('region', { name: 'Relations' });
    await appears(relations);
    await relations.getByLabel('Kind').selectOption('Deployment');
    expect(await relations.getByLabel('Relation').inputValue()).toBe('deployment-tree');
    await relations.getByLabel('Object').fill('ca');
    await page.locator('#tree-names option[value="web/cart"]').waitFor({ state: 'attached' });
    await relations.getByLabel('Object').fill('web/cart');
    await page.keyboard.press('Enter');
    const tree = relations.locator('#tree');
    await tree.getByText('cart-7d9-a', { exact: true }).waitFor();
    const text = async () => (await tree.innerText()).split(/\s+/).join(' ');
    expect(await text()).toBe('Deployment cart ReplicaSet cart-7d9 Pod cart-7d9-a');
    expect(await tree.locator('ul ul ul').count()).toBe(1);

    owned(replicaSet, pod('cart-7d9-b'));
    await tree.getByText('cart-7d9-b', { exact: true }).waitFor();
    await tree.getByRole('button', { name: 'cart-7d9-b' }).click();
    await tree.getByText('Belongs to').waitFor();
    expect(await relations.getByLabel('Object').inputValue()).toBe('web/cart-7d9-b');

    await followed(world, 3);
    server.create(pod('alone'));
    await page.getByRole('log').getByRole('button', { name: 'web/alone' }).click();
    await tree.getByRole('button', { name: 'alone', exact: true }).waitFor();
    server.delete('pods', 'web', 'alone');
    await relations.getByText('It is gone').waitFor();
    expect(complaints).toEqual([]);
  });

  test('shows hostile texts as what they are', async () => {
    // As far as an API server lets them in: names of roles need only fit into a path.
    const name = '"><img src=x onerror=alert(1)><svg onload=alert(2)>';
    const hostile = `</script><script>alert(3)</script>${name}`;
    const watchRoles = {
      name: 'roles',
      target: { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' },
    };
    await using world = await open({ config: { watches: [watchPods, watchRoles] } });
    await using visited = await visit(world.watcher.url);
    const { page, complaints } = visited;
    await followed(world, 2);
    const marks = { labels: { a: hostile }, annotations: { b: hostile } };
    world.server.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, ...marks },
    });
    world.server.create({ ...pod('a', { status: { phase: hostile } }) });
    const lines = page.getByRole('log').getByRole('listitem');
    await lines.nth(1).waitFor();
    expect(await page.getByRole('button', { name, exact: true }).innerText()).toBe(name);
    expect((await lines.allInnerTexts()).join(' ')).toContain(`Pod · ${hostile}`);
    await page.getByRole('button', { name, exact: true }).click();
    await page.locator('#tree').getByRole('button', { name, exact: true }).waitFor();
    expect(await page.locator(':is(#feed, #tree) :is(img, script, svg)').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('shows how subscriptions are, and what could not be delivered; a replay delivers it', async () => {
    let status = 400;
    await using receiver = await httpReceiver((_, response) => void response.writeHead(status).end());
    const subscription = {
      name: 'orders',
      match: { target: { version: 'v1', kind: 'Pod' } },
      initial: 'none' as const,
      sinks: [{ type: 'webhook' as const, url: receiver.url }],
    };
    await using world = await open({ config: { subscriptions: [subscription], egress: { allow: ['127.0.0.1'] } } });
    await using visited = await visit(world.watcher.url);
    const { page, complaints } = visited;
    const subscriptions = page.getByRole('region', { name: 'Subscriptions' });
    await appears(subscriptions.getByText('Healthy', { exact: true }));
    world.server.create(pod('lost'));
    const letters = page.getByRole('region', { name: 'Dead letters' });
    await appears(letters.getByText('web/lost'));
    expect(await page.locator('#figure-dead').innerText()).toBe('1');
    expect(await subscriptions.innerText()).toContain('Pod in all namespaces, to webhook');

    status = 204;
    await letters.getByRole('button', { name: 'Replay 1 dead letters of orders' }).click();
    await receiver.until(2);
    await appears(letters.getByText('None: everything was delivered'));
    await appears(subscriptions.getByText('1 delivered'));

    await subscriptions.getByRole('button', { name: 'Pause orders' }).click();
    await appears(subscriptions.getByText('Paused', { exact: true }));
    await subscriptions.getByRole('button', { name: 'Resume orders' }).click();
    await appears(subscriptions.getByText('Healthy', { exact: true }));
    await subscriptions.getByRole('button', { name: 'Send a test to orders' }).click();
    await receiver.until(3);
    await appears(subscriptions.getByText('orders: a test was sent.'));
    expect(complaints).toEqual([]);
  });

  test('asks for a token where one is needed, says if it is the wrong one, and forgets it with the page', async () => {
    const token = 'a-token-for-this-test';
    await using world = await open({
      config: { server: { auth: { type: 'token', tokens: [{ name: 'ann', token }] } } },
    });
    await using visited = await visit(world.watcher.url);
    const { page, complaints } = visited;
    const field = page.getByLabel('Token');
    await field.waitFor();
    expect(await page.getByRole('main').isVisible()).toBe(false);
    await field.fill('not-a-token-of-this');
    await page.keyboard.press('Enter');
    await page.getByText('The service does not know this token').waitFor();
    await field.fill(token);
    await page.keyboard.press('Enter');
    await appears(rowOf(page, 'v1/pods').getByText('Live'));
    expect(await field.isVisible()).toBe(false);
    expect(await page.content()).not.toContain(token);
    expect(
      await page.evaluate('JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])'),
    ).not.toContain(token);
    await page.reload();
    await field.waitFor();
    expect(complaints).toEqual([]);
  });

  test('follows caches of a part of a kind, too, and begins none; also where there are no metrics', async () => {
    const watches = [
      { ...watchPods, namespaces: ['web', 'shop'] },
      { ...watchDeployments, namespaces: ['web'], labelSelector: 'app=cart' },
      { name: 'names', target: { version: 'v1', kind: 'ConfigMap' }, metadataOnly: true },
    ];
    await using world = await open({ config: { watches, metrics: { enabled: false } } });
    await using visited = await visit(world.watcher.url);
    const { page, complaints } = visited;
    await appears(rowOf(page, 'v1/pods namespaces=shop,web'));
    expect(await page.locator('#figure-rate').innerText()).toBe('–');
    const names = rowOf(page, 'v1/configmaps metadata').getByRole('checkbox');
    expect([await names.isChecked(), await names.isDisabled()]).toEqual([false, true]);
    const metadata = { name: 'other', namespace: 'web', labels: { app: 'cart' } };
    const lines = page.getByRole('log').getByRole('listitem');
    for (const namespace of ['web', 'shop']) {
      // There are no figures that tell when its watches are open.
      await eventually(async () => {
        world.server.create(pod(`new-${Math.random().toString(36).slice(2)}`, { namespace }));
        return (await lines.filter({ hasText: `${namespace}/new-` }).count()) > 0;
      });
    }
    world.server.create({ apiVersion: 'apps/v1', kind: 'Deployment', metadata });
    await lines.filter({ hasText: 'web/other' }).waitFor();
    expect(world.watcher.kinds().map(({ key }) => key)).toHaveLength(watches.length);
    expect(complaints).toEqual([]);
  });

  test('keeps connections free for everything else: four watches at a time, which may be chosen', async () => {
    const kinds = ['ConfigMap', 'Service', 'Endpoints', 'Node'];
    const more = kinds.map((kind) => ({ name: kind.toLowerCase(), target: { version: 'v1', kind } }));
    await using world = await open({ config: { watches: [watchPods, ...more] } });
    await using visited = await visit(world.watcher.url);
    const { page } = visited;
    await followed(world, 4);
    const nodes = rowOf(page, 'v1/nodes').getByRole('checkbox');
    expect([await nodes.isChecked(), await nodes.isDisabled()]).toEqual([false, true]);
    await rowOf(page, 'v1/pods').getByRole('checkbox').uncheck();
    await eventually(() => nodes.isChecked());
    await followed(world, 4);
    expect(await rowOf(page, 'v1/pods').getByRole('checkbox').isDisabled()).toBe(true);
  });

  test('tries a service that is away less and less often', async () => {
    await using world = await open();
    await using visited = await visit(world.watcher.url);
    const { page } = visited;
    await connected(page);
    await page.clock.install();
    await page.reload();
    await connected(page);
    let tries = 0;
    await page.route('**/watches', (route) => {
      tries++;
      return route.abort();
    });
    for (let second = 0; second < 65; second++) await page.clock.runFor(1_000);
    // After 1, 2, 4, 8, 16 and 30 seconds, each up to a quarter shorter, and twice more on the way.
    expect(tries).toBeGreaterThanOrEqual(5);
    expect(tries).toBeLessThanOrEqual(9);
    await page.unroute('**/watches');
    await page.getByRole('button', { name: 'Try now' }).click();
    await connected(page);
  });

  test('asks for nothing while nobody looks at it', async () => {
    await using world = await open();
    await using visited = await visit(world.watcher.url);
    const { page } = visited;
    await followed(world, 2);
    const look = (isLooking: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { configurable: true, value: ${!isLooking} });
        document.dispatchEvent(new Event('visibilitychange'));
      `);
    await look(false);
    await followed(world, 0);
    await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor();
    await look(true);
    await followed(world, 2);
    await connected(page);
  });

  test('says that contact is lost, tries again by itself, and goes on where it was', async () => {
    await using world = await open();
    await using visited = await visit(world.watcher.url);
    const { page } = visited;
    await followed(world, 2);
    world.server.create(pod('before'));
    const lines = page.getByRole('log').getByRole('listitem');
    await lines.filter({ hasText: 'web/before' }).waitFor();
    const { port } = new URL(world.watcher.url);
    await world.watcher.stop();
    await page.getByRole('alert').filter({ hasText: 'What is shown is old.' }).waitFor();
    await page.getByRole('status').filter({ hasText: 'Disconnected' }).waitFor();
    await using again = await createWatcher(
      { server: { port: Number(port) }, watches: [watchPods, watchDeployments] },
      { cluster: world.server.kubeConfig(), onError: () => {} },
    );
    await again.ready();
    await connected(page);
    expect(await page.getByRole('alert').isVisible()).toBe(false);
    // Of pods a version was seen, from which the watch goes on; of the others nothing was.
    await page.getByText('Changes of Deployment may be missing here').waitFor();
    expect(await page.getByText('Changes of Pod may be missing here').count()).toBe(0);
    await appears(rowOf(page, 'v1/pods').getByRole('cell', { name: '3', exact: true }));
    world.server.create(pod('after'));
    await lines.filter({ hasText: 'web/after' }).waitFor();
  });

  test('stays alive when events come by the thousand: what is too fast is counted, and 200 lines are kept', async () => {
    // Nobody is so far behind that changes are no longer known.
    await using world = await open({ config: { query: { logLength: 20_000 } } });
    await using visited = await visit(world.watcher.url);
    const { page } = visited;
    await followed(world, 2);
    await page.evaluate(`
      globalThis.longest = 0;
      let last = performance.now();
      requestAnimationFrame(function frame(now) {
        longest = Math.max(longest, now - last);
        last = now;
        requestAnimationFrame(frame);
      });
    `);
    for (let at = 0; at < 10_000; at++) {
      world.server.patchObject('pods', 'web', 'cart-0', { metadata: { annotations: { at: String(at) } } });
      if (at % 100 === 0) await new Promise((next) => setImmediate(next));
    }
    world.server.create(pod('the-last'));
    await page.getByRole('log').getByRole('listitem').filter({ hasText: 'the-last' }).waitFor();
    expect(await page.locator('#feed-note').innerText()).toMatch(/^[\d,]+ events, [\d,]+ too fast to be shown$/);
    expect(await page.getByRole('log').getByRole('listitem').count()).toBe(200);
    expect(await page.evaluate('longest')).toBeLessThan(1_500);
  });
});
