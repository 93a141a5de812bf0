import { describe, expect, test } from 'vitest';
import { settle } from '../../src/testing/index.ts';
import { customDefinition } from '../support/custom-definition.ts';
import { until } from './s000-world.ts';
import { type Rig, rig } from './s003-rig.ts';

const definition = (kind: string) => customDefinition({ kind });

const definitions = 'customresourcedefinitions';
const widget = (name: string) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'web' },
});
const widgets = '/cache/apis/example.com/v1/widgets';
const watchWidgets = { name: 'widgets', target: { group: 'example.com', version: 'v1', kind: 'Widget' } };

/** Lets what is under way arrive, then the debounce pass. */
async function refreshed(world: Rig): Promise<void> {
  await settle(300);
  await world.clock.advance(250);
  await settle(300);
}

/** Discovery requests so far. */
const discoveries = (world: Rig) => world.server.requests.all({ path: '/apis' }).length;

async function following(options: Parameters<typeof rig>[0] = {}): Promise<Rig> {
  const world = await rig(options);
  await until(() => world.server.requests.count({ resource: definitions }) > 0 && world.server.watches > 0);
  return world;
}

interface Discovery {
  readonly items: readonly {
    readonly kind: string;
    readonly plural: string;
    readonly storage?: boolean;
    readonly established?: boolean;
  }[];
}

describe('definitions of custom resources', () => {
  test('S003-19: are listed live, with their versions and whether they are established', async () => {
    await using world = await following();
    const listed = async () =>
      (await world.get<Discovery>('/apis/watcher.kube-informer.dev/v1alpha1/discovery')).body.items.find(
        ({ kind }) => kind === 'Widget',
      );
    expect(await listed()).toBeUndefined();
    const unwatched = await world.get<Discovery>('/apis/watcher.kube-informer.dev/v1alpha1/discovery?watch=false');
    expect(unwatched.body.items.length).toBeGreaterThan(0);
    const reader = await world.watch('/apis/watcher.kube-informer.dev/v1alpha1/discovery?watch=1');
    await until(() => reader.lines.length > 50);
    const before = reader.lines.length;
    world.server.create(definition('Widget'));
    const created = world.clock.now();
    await refreshed(world);
    await until(() => reader.lines.length === before + 1);
    expect(world.clock.now() - created).toBeLessThan(1_000);
    expect(await listed()).toEqual({
      group: 'example.com',
      version: 'v1',
      kind: 'Widget',
      plural: 'widgets',
      scope: 'Namespaced',
      verbs: expect.arrayContaining(['list', 'watch']),
      served: true,
      storage: true,
      established: true,
    });
    world.server.delete(definitions, '', 'widgets.example.com');
    await refreshed(world);
    expect(await listed()).toBeUndefined();
    await until(() => reader.lines.length === before + 2);
    expect(reader.lines.slice(before)).toMatchObject([
      { type: 'ADDED', object: { kind: 'Widget' } },
      { type: 'DELETED', object: { kind: 'Widget' } },
    ]);
    reader.stop();
  });

  test('S003-20: twenty at once cause at most two refreshes', async () => {
    await using world = await following();
    const before = discoveries(world);
    for (let at = 0; at < 20; at++) world.server.create(definition(`Kind${String.fromCharCode(97 + at)}`));
    await refreshed(world);
    await refreshed(world);
    expect(discoveries(world) - before).toBeGreaterThanOrEqual(1);
    expect(discoveries(world) - before).toBeLessThanOrEqual(2);
    expect((await world.get('/cache/apis/example.com/v1/kindts')).status).toBe(200);
  });

  test('S003-20: a group whose server does not answer hides no other, and keeps what was known of it', async () => {
    await using world = await following({ seed: (server) => void server.create(definition('Widget')) });
    world.server.faults.add({ match: { path: '/apis' }, times: 1, action: { kind: 'status', code: 503 } });
    world.server.create(definition('Gadget'));
    await refreshed(world);
    expect((await world.get(widgets)).status).toBe(200);
    await world.clock.advance(31_000);
    await settle(300);
    expect((await world.get('/cache/apis/example.com/v1/gadgets')).status).toBe(200);
  });

  test('S003-21: one that goes takes its objects with it, and brings them back; in between nothing is asked but discovery', async () => {
    await using world = await following({
      config: { watches: [watchWidgets] },
      seed: (server) => {
        server.create(definition('Widget'));
        server.create(widget('a'));
      },
    });
    const reader = await world.watch(`${widgets}?watch=1`);
    await until(() => reader.lines.length === 1);
    world.server.delete(definitions, '', 'widgets.example.com');
    await refreshed(world);
    await until(() => reader.lines.length === 2);
    expect(reader.text).toEqual(['ADDED a', 'DELETED a']);
    expect((await world.get(widgets)).status).toBe(404);

    const before = world.server.requests.count({ resource: 'widgets' });
    for (let minute = 0; minute < 10; minute++) await world.clock.advance(60_000);
    expect(world.server.requests.count({ resource: 'widgets' })).toBe(before);

    world.server.create(definition('Widget'));
    world.server.create(widget('b'));
    await refreshed(world);
    await until(() => reader.lines.length === 3);
    expect(reader.text[2]).toBe('ADDED b');
    expect(await world.names(widgets)).toEqual(['b']);
    reader.stop();
  });

  test('S003-21: one that is configured and comes later is watched when it comes', async () => {
    await using world = await following({ config: { watches: [watchWidgets] }, waitUntilReady: false });
    expect((await world.get<string>('/readyz?verbose')).body).toContain('[-]watch/widgets failed: no resource matches');
    world.server.create(definition('Widget'));
    world.server.create(widget('a'));
    await refreshed(world);
    await world.watcher.ready();
    expect(await world.names(widgets)).toEqual(['a']);
  });
});
