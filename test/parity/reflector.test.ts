/** What client-go tests of its reflector, and the unit tests of ours do not show under its names. */
import { describe, expect, it } from 'vitest';
import { KubeInformerError } from '../../src/runtime/index.ts';
import { KubeClient } from '../../src/transport/index.ts';
import { start } from '../unit/reflector/fixture.ts';
import {
  added,
  bookmark,
  mark,
  modified,
  page,
  statusError,
  type Widget,
  widget,
} from '../unit/reflector/scripted-lister-watcher.ts';
import { configFor, reply, serve } from '../unit/transport/server.ts';

const listing = { streamInitialState: false } as const;
const failed = statusError(500, 'InternalError');
const broken = new KubeInformerError('ConnectionFailed', 'reset', { hint: '' });

describe('a first round', () => {
  const later = [added('b', '51'), modified('a', '52')];

  it('TestReflectorListAndWatch (a): where streams work it is one watch, which goes on behind the mark', async () => {
    const { clock, server, store } = start([[[added('a', '7'), mark('50')], later]]);
    await clock.advance(0);
    expect(server.sent.map(({ verb, options }) => ({ verb, ...options }))).toEqual([
      {
        verb: 'stream',
        resourceVersion: '',
        resourceVersionMatch: 'NotOlderThan',
        sendInitialEvents: true,
        allowWatchBookmarks: true,
        timeoutSeconds: 450,
      },
    ]);
    expect(store.calls).toEqual(['replace [a]@50', 'add b@51', 'update a@52']);
  });

  it('TestReflectorListAndWatch (b): where they do not it is a list at any version, and a watch from that of the list', async () => {
    const { clock, server, store } = start([page([widget('a', '7')], '50'), [later]], listing);
    await clock.advance(0);
    expect(server.sent.map(({ verb, options }) => ({ verb, ...options }))).toEqual([
      { verb: 'list', resourceVersion: '0', limit: 500 },
      { verb: 'watch', resourceVersion: '50', allowWatchBookmarks: true, timeoutSeconds: 450 },
    ]);
    expect(store.calls).toEqual(['replace [a]@50', 'add b@51', 'update a@52']);
  });
});

describe('internal errors inside a watch', () => {
  it('TestRetryInternalError (a): the first is no reason to list (adapted: there is no window to open first)', async () => {
    const { clock, server, store } = start([page([], '1'), [failed], [[bookmark('2')]]], listing);
    await clock.advance(5_000);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("1")', '1200 W("1")']);
    expect(store.calls).toEqual(['replace []@1', 'bookmark @2']);
  });

  it('TestRetryInternalError (b): when it goes on, two are resumed and the third lists (adapted: counted, not timed)', async () => {
    const { clock, server } = start([page([], '1'), [failed], [failed], [failed], page([], '5')], listing);
    await clock.advance(20_000);
    expect(server.sequence).toBe('L("0",500) W("1") W("1") W("1") L("1") W("5")');
  });

  it('TestRetryInternalError (c): what came through in between opens a new series (adapted: an event, not a minute)', async () => {
    const script = [page([], '1'), [failed], [failed], [[bookmark('2')], failed], [failed], [failed], page([], '5')];
    const { clock, server } = start(script, listing);
    await clock.advance(200_000);
    expect(server.sequence).toBe('L("0",500) W("1") W("1") W("1") W("2") W("2") L("2") W("5")');
  });

  it('TestRetryWithDeadline (a): a class that is never resumed lists after its first (adapted: an unreadable object)', async () => {
    const { clock, server } = start([page([], '1'), [statusError(500, 'StorageReadError')], page([], '2')], listing);
    await clock.advance(5_000);
    expect(server.sequence).toBe('L("0",500) W("1") L("1") W("2")');
  });

  it('TestRetryWithDeadline (b): internal errors are resumed up to the limit, then refused (adapted: two of them)', async () => {
    const { clock, failures } = start([page([], '1'), [failed], [failed], [failed], page([], '2')], listing);
    await clock.advance(20_000);
    expect(failures.map(({ action }) => action)).toEqual(['resumeOrRelist', 'resumeOrRelist', 'again']);
  });

  it('TestRetryWithDeadline (c): another class is not resumed', async () => {
    const { clock, server } = start([page([], '1'), [statusError(410, 'Expired')], page([], '2')], listing);
    await clock.advance(5_000);
    expect(server.sequence).toBe('L("0",500) W("1") L("1") W("2")');
  });

  it('TestRetryWithDeadline (d): a class that is always resumed does not use the series up', async () => {
    const script = [page([], '1'), [failed], [broken], [broken], [failed], [broken], [failed], page([], '2')];
    const { clock, server } = start(script, listing);
    await clock.advance(400_000);
    expect(server.sequence).toBe(`L("0",500) ${'W("1") '.repeat(6)}L("1") W("2")`);
  });
});

describe('what a reflector is told and tells', () => {
  it('TestGetTypeDescriptionFromObject: it is called by its option, else as its lister-watcher (adapted: no type to describe)', async () => {
    expect(start([]).reflector.name).toBe('widgets');
    const { clock, failures } = start([['end']], { name: 'mine' });
    await clock.advance(0);
    expect(failures[0]?.error.message).toContain('mine');
  });

  it('TestGetExpectedGVKFromObject: objects of any kind pass, only those without a name do not (adapted: no kind is expected)', async () => {
    const gadget: Widget = { ...widget('g', '3'), kind: 'Gadget', apiVersion: 'other.example.com/v2' };
    const nameless = { ...widget('x', '4'), metadata: undefined } as unknown as Widget;
    const { clock, store, skips, reflector } = start(
      [page([widget('a', '1'), gadget, nameless], '2'), [[{ type: 'ADDED', object: nameless }, added('b', '5')]]],
      listing,
    );
    await clock.advance(0);
    expect(store.calls).toEqual(['replace [a g]@2', 'add b@5']);
    expect(skips).toEqual(['InvalidObject', 'InvalidObject']);
    expect(reflector.status.resourceVersion).toBe('5');
  });

  it.each([
    ['meta.k8s.io/v1', 'Table', 'UnexpectedKind'],
    ['meta.k8s.io/v1beta1', 'Table', 'UnexpectedKind'],
    ['v1', 'ConfigMapList', undefined],
    ['example.com/v1', 'TableauList', undefined],
  ])('TestIsUnsupportedTableObject: a list that is a %s %s ends in %s', async (apiVersion, kind, code) => {
    await using server = await serve((_, response) =>
      reply(response, { apiVersion, kind, metadata: { resourceVersion: '1' }, items: [] }),
    );
    await using client = new KubeClient(configFor(server.url));
    const configMaps = client.resource({ group: '', version: 'v1', resource: 'configmaps' });
    const answer = configMaps.list({}, new AbortController().signal);
    if (code) await expect(answer).rejects.toMatchObject({ code });
    else expect((await answer).items).toEqual([]);
  });

  it('TestInitialEventsEndBookmarkTicker: silence before the mark ends the stream and is an error (adapted: no warnings)', async () => {
    const { clock, server, failures } = start([[[added('a', '1')], 20_000, [added('b', '2')]], page([], '3')]);
    await clock.advance(49_999);
    expect(failures).toEqual([]);
    await clock.advance(1);
    expect(failures.map(({ error, action }) => [error.code, action])).toEqual([
      ['InitialEventsTimeout', 'listForAWhile'],
    ]);
    expect(failures[0]?.error.message).toContain('no new object for 30000 ms');
    expect(server.log).toEqual(['0 WL("")', '50000 L("0",500)', '50000 W("3")']);
  });

  it('TestToListWatcherWithWatchListSemantics: what the lister-watcher says of streams holds, each time it is asked', async () => {
    const { clock, server } = start([[[mark('1')], statusError(410, 'Expired')], page([], '2')]);
    await clock.advance(0);
    server.supportsInitialEvents = false;
    await clock.advance(2_000);
    expect(server.sequence).toBe('WL("") L("1") W("2")');
  });
});
