import { describe, expect, it } from 'vitest';
import { KubeInformerError } from '../../../src/runtime/index.ts';
import { start } from './fixture.ts';
import {
  added,
  bookmark,
  deleted,
  mark,
  modified,
  page,
  statusError,
  type Widget,
  widget,
} from './scripted-lister-watcher.ts';

const listing = { streamInitialState: false } as const;
const gone = statusError(410, 'Expired');
const broken = new KubeInformerError('ConnectionFailed', 'reset', { hint: '' });
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name, index) => widget(name, String(index + 1))) as [
  Widget,
  Widget,
  Widget,
  Widget,
];

describe('the first round', () => {
  it('streams, and goes on with the same watch (TestReflectorListAndWatch, TestWatchList)', async () => {
    const { clock, server, store, states, reflector } = start([
      [[added('a', '1')], [added('b', '2')], [mark('50')], [added('c', '51')], [modified('a', '52')]],
    ]);
    await clock.advance(0);
    expect(server.sent).toEqual([
      {
        verb: 'stream',
        at: 0,
        options: {
          resourceVersion: '',
          resourceVersionMatch: 'NotOlderThan',
          sendInitialEvents: true,
          allowWatchBookmarks: true,
          timeoutSeconds: 450,
        },
      },
    ]);
    expect(store.calls).toEqual(['replace [a b]@50', 'add c@51', 'update a@52']);
    expect(states).toEqual(['listing', 'live']);
    expect(reflector.status).toMatchObject({
      resourceVersion: '52',
      requests: { list: 0, stream: 1, watch: 0 },
      events: 2,
      consecutiveFailures: 0,
      lastError: undefined,
    });
  });

  it('lists at any version and watches from that of the list (TestReflectorListAndWatch)', async () => {
    const { clock, server, store, states } = start([page([a], '10'), [[added('b', '11')]]], listing);
    await clock.advance(0);
    expect(server.sent.map(({ verb, options }) => [verb, options])).toEqual([
      ['list', { resourceVersion: '0', limit: 500 }],
      ['watch', { resourceVersion: '10', allowWatchBookmarks: true, timeoutSeconds: 450 }],
    ]);
    expect(store.calls).toEqual(['replace [a]@10', 'add b@11']);
    expect(states).toEqual(['listing', 'connecting', 'live']);
  });

  it.each([
    [true, true, 'WL("")'],
    [true, false, 'L("0",500)'],
    [false, true, 'L("0",500)'],
    [false, false, 'L("0",500)'],
  ])(
    'streams if the option is %s and the lister-watcher says %s: %s (TestNewReflectorWithDisablementWatchList)',
    async (option, supported, first) => {
      const { clock, server } = start([], { streamInitialState: option }, { supportsInitialEvents: supported });
      await clock.advance(0);
      expect(server.sequence).toBe(first);
    },
  );
});

describe('which version is asked for', () => {
  it('after a clean end: the last one, at once, without a list (TestReflectorResyncWithResourceVersion)', async () => {
    const { clock, server } = start([
      [[mark('5')], [modified('a', '7')], 60_000, 'end'],
      [[bookmark('9')], 60_000, 'end'],
    ]);
    await clock.advance(150_000);
    expect(server.log).toEqual(['0 WL("")', '60000 W("7")', '120000 W("9")']);
  });

  it('after 410 inside a watch: the last state again, streamed (TestWatchList)', async () => {
    const { clock, server } = start([
      [[mark('5')], gone],
      [[mark('8')], [bookmark('9')]],
    ]);
    await clock.advance(2_000);
    expect(server.log).toEqual(['0 WL("")', '1200 WL("5")']);
  });

  it('after 410 for that too: the most recent state, at once', async () => {
    const { clock, server, store } = start([[[mark('5')], gone], gone, [[added('a', '8'), mark('8')]]]);
    await clock.advance(2_000);
    expect(server.log).toEqual(['0 WL("")', '1200 WL("5")', '1200 WL("")']);
    expect(store.calls).toEqual(['replace []@5', 'replace [a]@8']);
  });

  it('after 410 in list mode: the last one without a page size, then the most recent one (TestReflectorExpiredExactResourceVersion, TestReflectorFullListIfTooLarge, TestReflectorNotPaginatingNotConsistentReads)', async () => {
    const { clock, server } = start([page([], '10'), gone, gone, page([], '20')], listing);
    await clock.advance(2_000);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("10")', '1200 L("10")', '1200 L("",500)', '1200 W("20")']);
  });

  it('of a version that stays lost: the most recent one, with delays, until it is had', async () => {
    const { clock, server } = start([page([], '10'), gone, gone, broken, gone, page([], '20'), broken, gone], listing);
    await clock.advance(60_000);
    expect(server.log).toEqual([
      '0 L("0",500)',
      '0 W("10")',
      '1200 L("10")',
      '1200 L("",500)',
      '3600 L("",500)',
      '8400 L("",500)',
      '8400 W("20")',
      '18000 W("20")',
      '37200 L("20")',
    ]);
  });

  it('with pages, if the first list came in pages (TestReflectorPaginatingNonConsistentReadsIfWatchCacheDisabled)', async () => {
    const { clock, server } = start([page([a], '10', 't'), page([b], '10'), gone], listing);
    await clock.advance(2_000);
    expect(server.sequence).toBe('L("0",500) L(continue=t,500) W("10") L("10",500)');
  });

  it('always with the page size of the options (TestReflectorWatchListPageSize)', async () => {
    const { clock, server, store } = start(
      [page([a, b], '10', 't'), page([c, d], '10', 'u'), page([widget('e', '5')], '10'), gone],
      { ...listing, pageSize: 2 },
    );
    await clock.advance(2_000);
    expect(server.sequence).toBe('L("0",2) L(continue=t,2) L(continue=u,2) W("10") L("10",2)');
    expect(store.calls).toEqual(['replace [a b c d e]@10']);
  });

  it('is that of the last event, whatever numbers came before (TestReflectorWatchHandler)', async () => {
    const { clock, server, reflector } = start(
      [page([], '10'), [[added('a', '99'), modified('a', '20')], 60_000, 'end']],
      listing,
    );
    await clock.advance(60_000);
    expect(server.sequence).toBe('L("0",500) W("10") W("20")');
    expect(reflector.status.resourceVersion).toBe('20');
  });

  it('moves with bookmarks alone, and the store hears of them (TestReflectorResourceVersionUpdate)', async () => {
    const { clock, server, store } = start(
      [page([], '10'), [[added('a', '20'), bookmark('30'), deleted('a', '40')], [bookmark('50')], 60_000, 'end']],
      listing,
    );
    await clock.advance(60_000);
    expect(store.calls).toEqual(['replace []@10', 'add a@20', 'bookmark @30', 'delete a@40', 'bookmark @50']);
    expect(server.sequence).toBe('L("0",500) W("10") W("50")');
  });

  it('does not get lost by a bookmark without one, of which the store does not hear', async () => {
    const { clock, server, store } = start([page([], '10'), [[bookmark('')], 60_000, 'end']], listing);
    await clock.advance(60_000);
    expect(server.sequence).toBe('L("0",500) W("10") W("10")');
    expect(store.calls).toEqual(['replace []@10']);
  });

  it('is asked for again by a list, if a watch fails and there is none to resume from', async () => {
    const { clock, server } = start([page([a], ''), broken], listing);
    await clock.advance(2_000);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("")', '1200 L("",500)']);
  });

  it('is not taken from replayed objects when the list had none', async () => {
    const { clock, server, store } = start(
      [page([a], ''), [[added('b', '90'), added('a', '20')], 60_000, 'end']],
      listing,
    );
    await clock.advance(60_000);
    expect(store.calls).toEqual(['replace [a]@', 'add b@90', 'add a@20']);
    // Nothing says how far it came: everything again.
    expect(server.sequence).toBe('L("0",500) W("") L("",500)');
  });

  it('is taken from the first event that is no replay, even then', async () => {
    const { clock, server } = start(
      [page([a], '0'), [[added('b', '90'), bookmark('91')], [added('c', '92')], 60_000, 'end']],
      listing,
    );
    await clock.advance(60_000);
    expect(server.sequence).toBe('L("0",500) W("0") W("92")');
  });
});

describe('pages', () => {
  it('carry the token alone, and the version of the first one counts', async () => {
    const { clock, server, store } = start([page([a], '10', 't1'), page([b], '11', 't2'), page([c], '12')], listing);
    await clock.advance(0);
    expect(server.sent.slice(0, 3).map(({ options }) => options)).toEqual([
      { resourceVersion: '0', limit: 500 },
      { continue: 't1', limit: 500 },
      { continue: 't2', limit: 500 },
    ]);
    expect(store.calls).toEqual(['replace [a b c]@10']);
  });

  it('give way to one full list when a token expires (TestReflectorFullListIfExpired)', async () => {
    const { clock, server, store } = start(
      [page([], '10'), gone, page([a], '20', 't'), gone, page([b, c], '30'), [[bookmark('31')]]],
      { ...listing, pageSize: 1 },
    );
    await clock.advance(2_000);
    expect(server.sequence).toBe('L("0",1) W("10") L("10",1) L(continue=t,1) L("10") W("30")');
    expect(store.calls).toEqual(['replace []@10', 'replace [b c]@30', 'bookmark @31']);
  });

  it('give way once: what comes of the full list is final', async () => {
    const { clock, server, store } = start(
      [page([a], '20', 't'), gone, page([b], '30', 'u'), gone, page([c], '40')],
      listing,
    );
    await clock.advance(0);
    expect(server.sequence).toBe('L("0",500) L(continue=t,500) L("0") L(continue=u) L("",500) W("40")');
    expect(store.calls).toEqual(['replace [c]@40']);
  });

  it('do not give way for any other reason', async () => {
    const { clock, server, store } = start([page([a], '20', 't'), statusError(410, 'Gone'), page([b], '30')], listing);
    await clock.advance(0);
    expect(server.sequence).toBe('L("0",500) L(continue=t,500) L("",500) W("30")');
    expect(store.calls).toEqual(['replace [b]@30']);
  });

  it('end when the server hands out the same token for ever', async () => {
    const { clock, server, failures } = start([page([a], '20', 't')], listing, { otherwise: page([b], '20', 't') });
    await clock.advance(1_000);
    expect(server.sent).toHaveLength(2);
    expect(failures[0]?.error.code).toBe('UnexpectedKind');
  });

  it('are not asked for after an abort', async () => {
    const { clock, server, stop } = start([page([a], '20', 't')], listing, {
      otherwise: () => {
        stop();
        return page([b], '20', `t${Math.random()}`);
      },
    });
    await clock.advance(0);
    expect(server.sent).toHaveLength(2);
  });

  it('leave the arrays of the lister-watcher alone', async () => {
    const answer = page([a, widget('', '9'), b], '20');
    const { clock, store } = start([answer], { ...listing, transform: (object) => ({ ...object, color: 'red' }) });
    await clock.advance(0);
    expect(answer.items).toEqual([a, widget('', '9'), b]);
    expect(Array.from(store.content.values(), ({ color }) => color)).toEqual(['red', 'red']);
  });

  it('are counted when they are sent', async () => {
    const { clock, reflector } = start([page([a], '20', 't'), broken, broken], listing);
    await clock.advance(1_300);
    expect(reflector.status.requests).toEqual({ list: 3, stream: 0, watch: 0 });
  });
});
