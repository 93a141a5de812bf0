import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Reflector } from '../../../src/reflector/index.ts';
import { KubeInformerError } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { RecordingStore, start } from './fixture.ts';
import {
  type Answer,
  added,
  bookmark,
  mark,
  page,
  ScriptedListerWatcher,
  type SentRequest,
  status,
  statusError,
  widget,
} from './scripted-lister-watcher.ts';

const listing = { streamInitialState: false } as const;
const broken = new KubeInformerError('ConnectionFailed', 'reset', { hint: '' });
const quarterHour = 900_000;

describe('the time of a watch', () => {
  it.each([
    [undefined, 0, 300],
    [undefined, 0.999999, 599],
    [1_800, 0, 1_800],
    [1_800, 0.999999, 3_599],
    [10, 0.5, 15],
  ])('with watchTimeout %s and chance %s is %s s (TestWatchTimeout)', async (watchTimeout, chance, seconds) => {
    const { clock, server } = start([], { random: () => chance, ...(watchTimeout !== undefined && { watchTimeout }) });
    await clock.advance(0);
    expect(server.sent[0]?.options.timeoutSeconds).toBe(seconds);
  });

  it('is drawn anew for each', async () => {
    const chances = [0.1, 0.9];
    const { clock, server } = start([page([], '1'), [60_000, [bookmark('2')], 60_000, 'end']], {
      ...listing,
      random: () => chances.shift() ?? 0,
    });
    await clock.advance(120_000);
    expect(server.sent.map(({ options }) => options.timeoutSeconds)).toEqual([undefined, 330, 570]);
  });

  it('is kept by the reflector if not by the server', async () => {
    const minutes = Array.from({ length: 20 }, (_, at) => [60_000, [bookmark(`${at + 2}`)]]).flat();
    const { clock, server } = start([page([], '1'), minutes], listing);
    await clock.advance(500_000);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("1")', '460000 W("8")']);
    expect(server.streams[0]?.closed).toBe(true);
  });

  it('leaves no listener at the signal, however often it is renewed', async () => {
    const renewed: Answer = [50_000, 'end'];
    const { clock, server, signal } = start([page([], '1')], listing, { otherwise: renewed });
    await clock.advance(0);
    const listeners = getEventListeners(signal, 'abort').length;
    await clock.advance(1_000_000);
    expect(server.sent.length).toBeGreaterThan(20);
    expect(getEventListeners(signal, 'abort')).toHaveLength(listeners);
  });
});

describe('silence', () => {
  it('for 90 s ends a watch; the next one is opened at once, at the same version', async () => {
    const { clock, server, failures, store } = start(
      [page([], '1'), [60_000, [bookmark('5')]], [[bookmark('6')]]],
      listing,
    );
    await clock.advance(160_000);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("1")', '150000 W("5")']);
    expect(failures.map(({ error, delay }) => [error.code, delay])).toEqual([['StreamStalled', 0]]);
    expect(store.calls.filter((call) => call.startsWith('replace'))).toHaveLength(1);
  });

  it('is expected from a server without bookmarks: its quiet watches are left alone more and more', async () => {
    const { clock, server, failures } = start([page([], '1')], listing, { otherwise: [] });
    await clock.advance(3_600_000);
    // 90 s, 180 s, 360 s; then a watch ends before the silence counts.
    expect(failures.map(({ error }) => error.code)).toEqual(['StreamStalled', 'StreamStalled', 'StreamStalled']);
    expect(server.log.slice(1, 6).map((line) => Number.parseInt(line, 10))).toEqual([
      0, 90_000, 270_000, 630_000, 1_090_000,
    ]);
  });

  it('counts as usual again after the next bookmark', async () => {
    const { clock, server } = start([page([], '1'), [], [60_000, [bookmark('2')]], []], listing);
    await clock.advance(600_000);
    // The second watch has 180 s of silence; as it brought a bookmark before, the third one has 90 s again.
    expect(server.log.slice(0, 5)).toEqual([
      '0 L("0",500)',
      '0 W("1")',
      '90000 W("1")',
      '330000 W("2")',
      '420000 W("2")',
    ]);
  });

  it('of a custom length counts', async () => {
    const { clock, server } = start([page([], '1'), []], { ...listing, idleTimeout: 10_000 });
    await clock.advance(10_000);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("1")', '10000 W("1")']);
  });
});

describe('a watch that is closed early', () => {
  it.each([
    ['at once (TestReflectorHandleWatchResultChanClosedBefore)', ['end']],
    ['after 10 ms (TestReflectorHandleWatchResultChanClosedAfter)', [10, 'end']],
    ['after an event', [[added('a', '1')], 'end']],
    ['after 4.9 s', [4_900, 'end']],
  ] as const)('%s is resumed after a delay, closed, and reported', async (_, script) => {
    const { clock, server, failures } = start([page([], '1'), script], listing);
    await clock.advance(7_000);
    const lived = script.find((step) => typeof step === 'number') ?? 0;
    expect(server.log).toEqual(['0 L("0",500)', '0 W("1")', `${lived + 1_200} W("1")`]);
    expect(failures.map(({ error }) => error.code)).toEqual(['StreamClosedEarly']);
    expect(server.streams[0]?.closed).toBe(true);
  });

  it('is not one that ran for half of its time', async () => {
    const { clock, server, failures } = start([page([], '1'), [1_000, 'end']], { ...listing, watchTimeout: 1 });
    await clock.advance(1_000);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("1")', '1000 W("1")']);
    expect(failures).toEqual([]);
  });

  it('right after the mark of a stream is resumed after a delay', async () => {
    const { clock, server } = start([[[added('a', '1'), mark('2')], 'end']]);
    await clock.advance(2_000);
    expect(server.log).toEqual(['0 WL("")', '1200 W("2")']);
  });
});

describe('no fault makes a hot loop', () => {
  type Fault = (request: SentRequest) => Answer;
  const by =
    (stream: Answer, list: Answer, watch: Answer): Fault =>
    ({ verb }) =>
      verb === 'list' ? list : verb === 'stream' ? stream : watch;
  const codes = [400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 502, 503, 504];
  const aPage = page([widget('a', '1')], '1');
  const synced = [[mark('1')], 'end'] as const;
  const endings: [string, Answer][] = [
    ['closes at once', ['end']],
    ['closes after an event', [[added('a', '2')], 'end']],
    ['closes after a bookmark', [[bookmark('2')], 'end']],
    ['closes after 1 s', [1_000, 'end']],
    ['closes after 4.9 s', [4_900, 'end']],
    ['closes after 5 s', [5_000, 'end']],
    ['breaks after an event', [[added('a', '2')], broken]],
    ['is silent', []],
    ['says 410', [[{ type: 'ERROR', object: status(410, 'Expired') }]]],
    ['says 410 after an event', [[added('a', '2'), { type: 'ERROR', object: status(410, 'Expired') }]]],
    ['says 500 after a bookmark', [[bookmark('2'), { type: 'ERROR', object: status(500, 'InternalError') }]]],
    ['marks and closes', synced],
    ['marks and says 410', [[mark('1'), { type: 'ERROR', object: status(410, 'Expired') }]]],
  ];
  const faults: [string, Fault][] = [
    ...codes.map((code): [string, Fault] => [`everything is ${code}`, () => statusError(code)]),
    ...codes.map((code): [string, Fault] => [
      `streams and watches are ${code}`,
      by(statusError(code), aPage, statusError(code)),
    ]),
    ...codes.map((code): [string, Fault] => [`watches are ${code}`, by([...synced], aPage, statusError(code))]),
    ['nothing connects', () => broken],
    ...endings.map(([name, ending]): [string, Fault] => [`every watch ${name}`, by(ending, aPage, ending)]),
    ...endings.map(([name, ending]): [string, Fault] => [
      `every list has no version, every watch ${name}`,
      by(statusError(422), page([], ''), ending),
    ]),
    [
      'every second page is expired',
      ({ verb, options }) => (verb === 'list' && !options.continue ? page([], '1', 't') : statusError(410, 'Expired')),
    ],
    ['every list goes on for ever', ({ verb }) => (verb === 'list' ? page([], '1', 't') : statusError(422))],
  ];

  it('for an hour of each', async () => {
    let most = 0;
    let worst = '';
    const rows: string[] = [];
    for (const [name, fault] of faults) {
      const clock = new FakeClock();
      const server = new ScriptedListerWatcher(clock, [], fault);
      const controller = new AbortController();
      const reflector = new Reflector({ listerWatcher: server, store: new RecordingStore(), clock, random: () => 0.5 });
      const done = reflector.run(controller.signal);
      await settle();
      for (let minute = 0; minute < 60 && server.sent.length < 5_000; minute++) await clock.advance(60_000);
      controller.abort();
      await done;
      expect(clock.pendingTimers, name).toBe(0);
      const sent = server.sent.length;
      rows.push(`${sent} ${name}`);
      if (sent > most) {
        most = sent;
        worst = name;
      }
    }
    console.log(
      `requests an hour under ${faults.length} constant faults: at most ${most} (${worst})\n${rows.join('\n')}`,
    );
    expect(most).toBeLessThanOrEqual(1_500);
  }, 60_000);

  it('nor does a healthy, idle hour: renewals only', async () => {
    const hour = Array.from({ length: 8 }, () => [55_000, [bookmark('7')]]).flat();
    const { clock, server, failures } = start([[[mark('1')], ...hour]], {}, { otherwise: hour });
    await clock.advance(3_600_000);
    expect(server.sent.filter(({ verb }) => verb !== 'watch')).toHaveLength(1);
    expect(server.sent.length).toBeLessThanOrEqual(12);
    expect(failures).toEqual([]);
  });

  it('nor a day with a cut every five minutes: one list', async () => {
    const cut: Answer = [...Array.from({ length: 5 }, () => [55_000, [bookmark('7')]]).flat(), 25_000, 'end'];
    const { clock, server } = start([page([], '1')], listing, { otherwise: cut });
    await clock.advance(86_400_000);
    expect(server.sent.filter(({ verb }) => verb !== 'watch')).toHaveLength(1);
    expect(server.sent.length).toBeLessThanOrEqual(290);
  });
});

describe('an abort', () => {
  const situations: [string, readonly Answer[], number, object?][] = [
    ['before the answer to a streaming list', ['never'], 0],
    ['while initial events come', [[[added('a', '1')]]], 1_000],
    ['while live, after a stream (TestRunUntil)', [[[mark('1')]]], 1_000],
    ['before the answer to a list', ['never'], 0, listing],
    ['between pages', [page([], '1', 't'), 'never'], 0, listing],
    ['before the answer to a watch', [page([], '1'), 'never'], 0, listing],
    [
      'during a silent watch (TestReflectorWatchStoppedAfter, TestReflectorHandleWatchStoppedAfter)',
      [page([], '1'), []],
      1_000,
      listing,
    ],
    ['during a delay', [broken], 500],
    ['during a long delay', [statusError(403)], 500, listing],
    ['while waiting for its turn', [], 500, { admit: () => new Promise<never>(() => undefined) }],
  ];

  it.each(situations)('%s ends it and leaves nothing', async (_, script, after, options = {}) => {
    const { clock, server, states, stop, done } = start(script, options);
    await clock.advance(after);
    stop();
    await done;
    const sent = server.sent.length;
    expect(clock.pendingTimers).toBe(0);
    expect(server.openStreams).toBe(0);
    expect(states.at(-1)).toBe('stopped');
    await clock.advance(quarterHour);
    expect(server.sent.length).toBe(sent);
  });

  it('before the start: no request at all (TestReflectorWatchStoppedBefore, TestReflectorHandleWatchStoppedBefore, TestReflectorStopWatch)', async () => {
    const clock = new FakeClock();
    const server = new ScriptedListerWatcher(clock);
    const store = new RecordingStore();
    const reflector = new Reflector({ listerWatcher: server, store, clock });
    await reflector.run(AbortSignal.abort());
    expect(server.sent).toEqual([]);
    expect(store.calls).toEqual([]);
  });

  it('closes a watch that the server grants too late', async () => {
    const clock = new FakeClock();
    const server = new ScriptedListerWatcher(clock, [page([], '1')]);
    let closed = false;
    const granted = Promise.withResolvers<never>();
    server.watch = () => granted.promise;
    const controller = new AbortController();
    const reflector = new Reflector({
      listerWatcher: server,
      store: new RecordingStore(),
      clock,
      streamInitialState: false,
    });
    const done = reflector.run(controller.signal);
    await settle();
    controller.abort();
    await done;
    granted.resolve({ close: () => (closed = true) } as never);
    await settle();
    expect(closed).toBe(true);
  });

  it('ends it although neither list nor watch listens to the signal', async () => {
    const clock = new FakeClock();
    const server = new ScriptedListerWatcher(clock);
    server.list = () => new Promise(() => undefined);
    const controller = new AbortController();
    const store = new RecordingStore();
    const done = new Reflector({ listerWatcher: server, store, clock, streamInitialState: false }).run(
      controller.signal,
    );
    await settle();
    controller.abort();
    await done;
  });

  it.each(Array.from({ length: 16 }, (_, at) => at))(
    '%s microtasks after an event lets nothing more through',
    async (microtasks) => {
      const { server, store, stop, done } = start([page([], '1'), []], listing);
      await settle();
      server.streams[0]?.send(added('a', '2'));
      for (let at = 0; at < microtasks; at++) await Promise.resolve();
      stop();
      const calls = store.calls.length;
      await done;
      await settle();
      expect(store.calls).toHaveLength(calls);
    },
  );

  it('inside a call of the store lets no further batch through', async () => {
    const { clock, store, stop, done } = start([page([], '1'), [[added('a', '2')], [added('b', '3')]]], listing);
    const { add } = store;
    store.add = (object) => {
      add(object);
      stop();
    };
    await clock.advance(0);
    await done;
    expect(store.calls).toEqual(['replace []@1', 'add a@2']);
  });
});

describe('reconnect', () => {
  it('gives up the open watch and watches on from the last version, at once if it was open for long', async () => {
    const { clock, server, reflector, failures, store } = start(
      [page([], '1'), [[bookmark('5')]], [[bookmark('6')]]],
      listing,
    );
    await clock.advance(10_000);
    reflector.reconnect();
    await clock.advance(0);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("1")', '10000 W("5")']);
    expect(server.streams.map(({ closed }) => closed)).toEqual([true, false]);
    expect(failures.map(({ error }) => error.code)).toEqual(['StreamStalled']);
    expect(store.calls.filter((call) => call.startsWith('replace'))).toHaveLength(1);
  });

  it('does nothing while no watch is open', async () => {
    const { clock, server, reflector } = start([broken, page([], '1')], listing);
    reflector.reconnect();
    await clock.advance(100);
    reflector.reconnect();
    await clock.advance(0);
    expect(server.log).toEqual(['0 L("0",500)']);
  });
});

describe('a list that is answered with 404', () => {
  const gone = statusError(404, 'NotFound');
  const script = [page([widget('a', '1')], '1'), [gone], gone, page([widget('b', '9')], '9'), []] as const;

  it('empties the store with whenNotServed: clear, and what comes next is the most recent state', async () => {
    const { clock, server, store } = start([...script], { ...listing, whenNotServed: 'clear' });
    await clock.advance(60_000);
    expect(store.calls).toEqual(['replace [a]@1', 'replace []@', 'replace [b]@9']);
    expect(server.sequence).toBe('L("0",500) W("1") L("1") L("",500) W("9")');
  });

  it('leaves the store alone else', async () => {
    const { clock, store } = start([...script], listing);
    await clock.advance(60_000);
    expect(store.calls).toEqual(['replace [a]@1', 'replace [b]@9']);
  });

  it('empties nothing that was never there', async () => {
    const { clock, store } = start([gone, gone, page([], '3')], { ...listing, whenNotServed: 'clear' });
    await clock.advance(60_000);
    expect(store.calls).toEqual(['replace []@3']);
  });
});

describe('relist', () => {
  it('gives the open watch up for a whole state, the most recent one, at once; it is no failure', async () => {
    const { clock, server, reflector } = start([page([], '1'), [], page([], '5'), []], listing);
    await clock.advance(0);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("1")']);
    reflector.relist();
    await settle();
    expect(server.log.slice(2)).toEqual(['0 L("",500)', '0 W("5")']);
    expect(reflector.status).toMatchObject({ state: { phase: 'live' }, consecutiveFailures: 0, lastError: undefined });
  });
});

describe('retryNow', () => {
  it('cuts the wait after a failure short, and does nothing at any other time', async () => {
    const { clock, server, reflector } = start([broken, broken, page([], '1'), []], listing);
    await clock.advance(0);
    expect(server.log).toHaveLength(1);
    reflector.retryNow();
    await settle();
    expect(server.log).toHaveLength(2);
    reflector.retryNow();
    await settle();
    expect(server.log).toEqual(['0 L("0",500)', '0 L("0",500)', '0 L("0",500)', '0 W("1")']);
    reflector.retryNow();
    await settle();
    expect(server.log).toHaveLength(4);
  });

  it('keeps a wait that the server asked for', async () => {
    const { clock, server, reflector } = start(
      [statusError(429, 'TooManyRequests', {}, 5_000), page([], '1')],
      listing,
    );
    await clock.advance(0);
    reflector.retryNow();
    await clock.advance(4_999);
    expect(server.log).toHaveLength(1);
    await clock.advance(1);
    expect(server.log[1]).toBe('5000 L("0",500)');
  });

  it('is what contact that was lost waits for, if it is not to come back by itself (reconnects)', async () => {
    const { clock, server, reflector } = start(
      [broken, page([], '1'), broken, statusError(429, 'TooManyRequests', {}, 5_000), []],
      { ...listing, reconnects: 'onRequest' },
    );
    // Until there was a state it is sought as ever.
    await clock.advance(2_000);
    expect(server.log.slice(1)).toEqual(['1200 L("0",500)', '1200 W("1")']);
    await clock.advance(quarterHour);
    expect(server.log).toHaveLength(3);
    expect(reflector.status.state).toMatchObject({ phase: 'waiting', until: Number.POSITIVE_INFINITY });
    reflector.retryNow();
    await settle();
    expect(server.log).toHaveLength(4);
    // What the server asks for is kept, and then it waits on.
    reflector.retryNow();
    await clock.advance(quarterHour);
    expect(server.log).toHaveLength(4);
    reflector.retryNow();
    await settle();
    expect(server.log).toHaveLength(5);
  });
});
