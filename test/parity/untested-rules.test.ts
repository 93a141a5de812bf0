/** Rules of our description of client-go that no other test proves; which these are for is said in `rules/`. */
import { describe, expect, test } from 'vitest';
import { SharedIndexInformer } from '../../src/informer/index.ts';
import { DeltaFIFO } from '../../src/queue/index.ts';
import { Reflector } from '../../src/reflector/index.ts';
import { FakeClock } from '../../src/testing/index.ts';
import { KubeClient } from '../../src/transport/index.ts';
import { isCollected } from '../unit/controller/fixtures.ts';
import { synced } from '../unit/informer/rig.ts';
import { Source, type Thing, thing, until } from '../unit/informer/source.ts';
import { RecordingStore, start } from '../unit/reflector/fixture.ts';
import {
  added,
  bookmark,
  page,
  ScriptedListerWatcher,
  statusError,
  widget,
} from '../unit/reflector/scripted-lister-watcher.ts';
import { configFor, serve } from '../unit/transport/server.ts';
import { scripted } from './scripted-informer.ts';

const listing = { streamInitialState: false } as const;
const expired = statusError(410, 'Expired');

describe('a reflector', () => {
  test('asks for nothing and sets no timer before it runs', async () => {
    const clock = new FakeClock();
    const server = new ScriptedListerWatcher(clock, []);
    new Reflector({ listerWatcher: server, store: new RecordingStore(), clock });
    const source = new Source('things', [thing('a')]);
    const informer = new SharedIndexInformer<Thing>({ listerWatcher: source, clock, resyncPeriod: 1_000 });
    informer.addEventHandler(() => {});
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(3_600_000);
    expect([server.sent, source.requests, clock.pendingTimers]).toEqual([[], [], 0]);
    await informer.stop();
  });
});

describe('a store', () => {
  test('need know nothing of bookmarks, and need not be able to hold anybody back', async () => {
    const { add, update, replace, forget, delete: remove, content } = new RecordingStore();
    const clock = new FakeClock();
    const server = new ScriptedListerWatcher(clock, [page([], '5'), [[bookmark('6'), added('a', '7')], 60_000, 'end']]);
    const reflector = new Reflector({
      listerWatcher: server,
      store: { add, update, replace, forget, delete: remove },
      streamInitialState: false,
      clock,
    });
    const stopper = new AbortController();
    const running = reflector.run(stopper.signal);
    await clock.advance(60_000);
    expect([server.sequence, Array.from(content.keys())]).toEqual(['L("0",500) W("5") W("7")', ['a']]);
    stopper.abort();
    await running;
  });
});

describe('a version', () => {
  test('may go backwards, if the server says so', async () => {
    const { clock, server, informer, lines } = scripted([
      page([widget('a', '90')], '90'),
      expired,
      expired,
      page([widget('a', '7')], '10'),
      [[added('b', '11')]],
    ]);
    await clock.advance(2_000);
    expect(server.sequence).toBe('L("0",500) W("90") L("90") L("",500) W("10")');
    expect(informer.status().resourceVersion).toBe('11');
    expect(lines).toEqual(['add a@90 initial', 'update a@90>7', 'add b@11']);
  });

  test('is not taken away by an object without one', async () => {
    const transform = (object: Thing) =>
      object.spec.size === 2 ? { ...object, metadata: { ...object.metadata, resourceVersion: '' } } : object;
    await using r = await synced([thing('a', 1)], { transform });
    const version = () => r.informer.status().resourceVersion;
    const before = version();
    r.source.put(thing('a', 2));
    await until(() => r.informer.lister.get('shop', 'a')?.spec.size === 2);
    expect(version()).toBe(before);
    r.source.put(thing('a', 3));
    await until(() => version() === r.source.version);
  });
});

describe('a state', () => {
  test('that the store refuses does not count: it is asked for again', async () => {
    const { clock, server, store, reflector, failures } = start(
      [page([widget('a', '1')], '5'), page([widget('a', '1')], '5')],
      listing,
    );
    const { replace } = store;
    let refusals = 1;
    store.replace = (...given) => {
      if (refusals-- > 0) throw new Error('disk full');
      replace(...given);
    };
    await clock.advance(0);
    expect(reflector.status.resourceVersion).toBe('');
    expect(failures[0]?.error.cause).toMatchObject({ message: 'disk full' });
    await clock.advance(1_200);
    expect(server.sequence).toBe('L("0",500) L("0",500) W("5")');
    expect(reflector.status.resourceVersion).toBe('5');
  });

  test('that has an object twice tells of both states, in order', async () => {
    const { clock, lines, cached } = scripted([page([widget('a', '1'), widget('b', '2'), widget('a', '3')], '5')]);
    await clock.advance(0);
    expect(lines).toEqual(['add a@1 initial', 'add b@2 initial', 'update a@1>3']);
    expect(cached()).toBe('a@3 b@2');
  });
});

describe('the deletion', () => {
  test('of what is gone moves the version to that of the list', async () => {
    const { clock, lines, informer } = scripted([page([widget('a', '90')], '90'), expired, page([], '95')]);
    await clock.advance(2_000);
    expect(lines).toEqual(['add a@90 initial', 'delete a@90 unknown']);
    expect(informer.status().resourceVersion).toBe('95');
  });
});

describe('requests for watches', () => {
  test('say watch=true and no other time than timeoutSeconds; a namespace is part of the path', async () => {
    await using server = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(),
    );
    await using client = new KubeClient(configFor(server.url));
    const pods = client.resource({ group: '', version: 'v1', resource: 'pods' });
    const { signal } = new AbortController();
    const stream = await pods.watch({ resourceVersion: '5', allowWatchBookmarks: true, timeoutSeconds: 300 }, signal);
    stream.close();
    const url = new URL(server.requests[0]!.slice('GET '.length), server.url);
    expect(url.pathname).toBe('/api/v1/pods');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      watch: 'true',
      resourceVersion: '5',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '300',
    });
    const ofShop = client.resource({ group: 'apps', version: 'v1', resource: 'deployments' }, { namespace: 'shop' });
    (await ofShop.watch({}, signal)).close();
    await expect(ofShop.list({ limit: 5 }, signal)).rejects.toMatchObject({ code: 'DecodeFailed' });
    expect(server.requests.slice(1)).toEqual([
      'GET /apis/apps/v1/namespaces/shop/deployments?watch=true',
      'GET /apis/apps/v1/namespaces/shop/deployments?limit=5',
    ]);
  });
});

describe('a queue', () => {
  test('keeps nothing of what was taken', async () => {
    const queue = new DeltaFIFO<Thing>();
    const reference = (() => {
      const object = thing('a');
      queue.add(object);
      // Enough behind it that its place in the queue is not tidied up on the way.
      for (let at = 0; at < 10; at++) queue.add(thing(`t${at}`));
      queue.take();
      queue.take();
      return new WeakRef(object);
    })();
    expect(await isCollected(reference)).toBe(true);
    expect(queue.length).toBe(9);
  });
});

describe('the clock of tests', () => {
  test('counts what waits, and calls in order', async () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    clock.setTimer(() => calls.push('late'), 20);
    clock.setTimer(() => calls.push('early'), 10);
    clock.setTimer(() => calls.push('as early'), 10);
    clock.setTimer(() => calls.push('never'), 5).cancel();
    expect([clock.pendingTimers, clock.nextTimerIn]).toEqual([3, 10]);
    await clock.advance(19);
    expect(calls).toEqual(['early', 'as early']);
    await clock.advance(1);
    expect([calls.at(-1), clock.pendingTimers]).toEqual(['late', 0]);
  });
});
