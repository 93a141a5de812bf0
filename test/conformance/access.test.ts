import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineResource, KubeClient, systemClock } from '../../src/index.ts';
import { withToken } from './cluster.ts';
import { live, record, soon, statusOf, World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
}, 60_000);
afterAll(() => world?.close());

/** Time passes faster for the library, so that its long delays are short. */
const fastClock = (factor: number) => ({
  now: () => Date.now(),
  monotonic: () => systemClock.monotonic() * factor,
  setTimer: (callback: () => void, delay: number) => systemClock.setTimer(callback, delay / factor),
});

describe('S000-18, S004-19: whoever is not let in', () => {
  test('because of a bad token is told so, and is let in as soon as the token is good', async () => {
    const namespace = await world.namespace();
    await world.writer(namespace).create(world.widget('one', 'red'));
    const good = world.cluster.kubeConfig();
    const bad = withToken(good, () => 'nobody-knows-this');
    let rotated = false;
    const kubeConfig = {
      getCurrentCluster: () => good.getCurrentCluster(),
      applyToHTTPSOptions: (options: Parameters<typeof good.applyToHTTPSOptions>[0]) =>
        (rotated ? good : bad).applyToHTTPSOptions(options),
    };
    await using factory = world.factory({ namespaces: [namespace] }, { kubeConfig });
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    factory.start();
    await soon(() => informer.status().lastError).toMatchObject({ class: 'unauthorized', status: { code: 401 } });
    await expect(informer.waitForSync({ timeout: 100 })).rejects.toMatchObject({
      code: 'SyncTimeout',
      cause: { class: 'unauthorized' },
    });
    expect(JSON.stringify(informer.status().lastError) + informer.status().lastError?.stack).not.toContain(
      'nobody-knows-this',
    );
    rotated = true;
    await live(factory, informer);
    await soon(() => lines).toEqual(['add one red (initial)']);
  });

  test('without rights is suspended, with the reason, until they are granted', async () => {
    const namespace = await world.namespace();
    await world.writer(namespace).create(world.widget('one', 'red'));
    const powerful = world.cluster.kubeConfig();
    const powerless = world.cluster.powerless();
    let granted = false;
    const kubeConfig = {
      getCurrentCluster: () => powerful.getCurrentCluster(),
      applyToHTTPSOptions: (options: Parameters<typeof powerful.applyToHTTPSOptions>[0]) =>
        (granted ? powerful : powerless).applyToHTTPSOptions(options),
    };
    await using factory = world.factory({ namespaces: [namespace], clock: fastClock(10) }, { kubeConfig });
    const informer = factory.forResource(world.widgets);
    factory.start();
    await soon(() => informer.status().phase).toBe('suspended');
    expect(informer.status().lastError).toMatchObject({ class: 'forbidden', status: { code: 403 } });
    expect(informer.status().lastError?.message).toContain('widgets');
    expect(informer.hasSynced()).toBe(false);
    granted = true;
    await live(factory, informer);
    expect(informer.indexer.size).toBe(1);
  });

  test('cannot write', async () => {
    const namespace = await world.namespace();
    const widget = world.widget('one', 'red');
    await using nobody = new KubeClient(world.cluster.powerless());
    const refused = nobody.resource(world.widgets, { namespace }).create(widget);
    await expect(refused).rejects.toMatchObject({ code: 'ApiStatus', class: 'forbidden' });
    await using unknown = new KubeClient(withToken(world.cluster.kubeConfig(), () => 'nobody-knows-this'));
    expect(await statusOf(unknown.resource(world.widgets, { namespace }).create(widget))).toBe(401);
  });
});

describe('S003-21: a resource that the server does not serve', () => {
  test('is 404', async () => {
    const missing = world.define('missings', 'Missing');
    expect(await statusOf(world.writer(await world.namespace(), missing).get('one'))).toBe(404);
    const wrongVersion = defineResource({ group: 'apps', version: 'v9', kind: 'Deployment', plural: 'deployments' });
    const list = world.client.resource(wrongVersion).list({}, AbortSignal.timeout(15_000));
    await expect(list).rejects.toMatchObject({ class: 'notFound' });
  });

  test('suspends the informer until it is defined', async () => {
    const later = world.define('laters', 'Later');
    const namespace = await world.namespace();
    await using factory = world.factory({ namespaces: [namespace], clock: fastClock(10) });
    const informer = factory.forResource(later);
    factory.start();
    await soon(() => informer.status().phase).toBe('suspended');
    expect(informer.status().lastError).toMatchObject({ class: 'notFound', status: { code: 404 } });
    await world.install(later);
    await live(factory, informer);
    await world.writer(namespace, later).create(world.widget('one', 'red', undefined, later));
    await soon(() => informer.indexer.size).toBe(1);
  });

  test('any more while it is watched says so; when it is back the informer is too, without what went with it', async () => {
    const passing = world.define('passings', 'Passing');
    const namespace = await world.namespace();
    await world.install(passing);
    const writer = world.writer(namespace, passing);
    const widget = (name: string) => world.widget(name, 'red', undefined, passing);
    await writer.create(widget('one'));
    await using factory = world.factory({ namespaces: [namespace], clock: fastClock(10) });
    const informer = factory.forResource(passing);
    const lines = record(informer);
    await live(factory, informer);
    await world.uninstall(passing);
    await soon(() => informer.status().phase).toBe('suspended');
    expect(informer.status().lastError).toMatchObject({ class: 'notFound' });
    expect(informer.hasSynced()).toBe(true);
    await world.install(passing);
    await writer.create(widget('two'));
    await soon(() => informer.status().phase).toBe('live');
    await soon(() => lines.map((text) => text.replace(' (unseen)', '')).toSorted()).toEqual([
      'add one red (initial)',
      'add two red',
      'delete one red',
    ]);
    expect(informer.indexer.size).toBe(1);
  });
});
