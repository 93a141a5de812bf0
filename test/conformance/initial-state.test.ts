import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { colors, live, record, soon, World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
}, 60_000);
afterAll(() => world?.close());

describe.each([
  { how: 'streamed over HTTP/2', streamInitialState: true, http2: 'auto' as const, requests: { stream: 1, list: 0 } },
  {
    how: 'streamed over HTTP/1.1',
    streamInitialState: true,
    http2: 'never' as const,
    requests: { stream: 1, list: 0 },
  },
  { how: 'listed over HTTP/2', streamInitialState: false, http2: 'auto' as const, requests: { stream: 0 } },
  { how: 'listed over HTTP/1.1', streamInitialState: false, http2: 'never' as const, requests: { stream: 0 } },
])('S003-02, S003-61: an initial state that is $how', ({ streamInitialState, http2, requests }) => {
  const names = Array.from({ length: 23 }, (_, index) => `widget-${String(index).padStart(2, '0')}`);

  test('is complete before the informer says so, and what follows is events', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    await Promise.all(names.map((name) => writer.create(world.widget(name, 'red'))));
    await using factory = world.factory({ streamInitialState, namespaces: [namespace] }, { http2 });
    const informer = factory.forResource(world.widgets);
    const lines = record(informer);
    let sizeAtSync = -1;
    informer.on('synced', () => {
      sizeAtSync = informer.indexer.size;
    });
    await live(factory, informer);
    expect(sizeAtSync).toBe(names.length);
    expect(informer.status().reflectors.get(namespace)?.requests).toMatchObject(requests);
    await writer.create(world.widget('later', 'blue'));
    await soon(() => lines.length).toBe(names.length + 1);
    expect(lines.slice(0, -1).toSorted()).toEqual(names.map((name) => `add ${name} red (initial)`));
    expect(lines.at(-1)).toBe('add later blue');
  });

  test('may be empty', async () => {
    await using factory = world.factory({ streamInitialState, namespaces: [await world.namespace()] }, { http2 });
    const informer = factory.forResource(world.widgets);
    await live(factory, informer);
    expect(informer.indexer.size).toBe(0);
    expect(informer.status()).toMatchObject({ phase: 'live', everSynced: true });
    expect(Number(informer.status().resourceVersion)).toBeGreaterThan(0);
  });
});

describe('S003-02: small pages', () => {
  test('add up to the whole, whatever changes between them', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    for (let index = 0; index < 12; index++) await writer.create(world.widget(`widget-${index}`, 'red'));
    await using factory = world.factory({ streamInitialState: false, pageSize: 5, namespaces: [namespace] });
    const informer = factory.forResource(world.widgets);
    const synced = live(factory, informer);
    await Promise.all([writer.delete('widget-1'), writer.create(world.widget('widget-x', 'blue')), synced]);
    await soon(() => colors(informer).length).toBe(12);
    await soon(() => colors(informer)).not.toContain('widget-1 red');
    expect(colors(informer)).toContain('widget-x blue');
  });

  test('each hold no more than was asked for, and name the one state that all of them belong to', async () => {
    const namespace = await world.namespace();
    const writer = world.writer(namespace);
    for (let index = 0; index < 7; index++) await writer.create(world.widget(`widget-${index}`, 'red'));
    const sizes: number[] = [];
    const versions = new Set<string>();
    let token: string | undefined;
    do {
      const page = await writer.list({ limit: 3, ...(token && { continue: token }) }, AbortSignal.timeout(15_000));
      sizes.push(page.items.length);
      versions.add(page.resourceVersion);
      token = page.continue;
      if (sizes.length === 1) await writer.create(world.widget('widget-9', 'blue'));
    } while (token);
    expect(sizes).toEqual([3, 3, 1]);
    expect(versions.size).toBe(1);
  });
});
