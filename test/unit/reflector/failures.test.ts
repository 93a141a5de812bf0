import { describe, expect, it } from 'vitest';
import { KubeInformerError } from '../../../src/runtime/index.ts';
import { settle } from '../../../src/testing/index.ts';
import { start } from './fixture.ts';
import { added, bookmark, mark, page, status, statusError, widget } from './scripted-lister-watcher.ts';

const coded = (code: ConstructorParameters<typeof KubeInformerError>[0]) =>
  new KubeInformerError(code, code, { hint: '' });

const tooLargeByCause = statusError(504, 'Timeout', { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } });
const tooLargeByCauseMessage = statusError(504, 'Timeout', {
  details: { causes: [{ message: 'Too large resource version' }] },
});
const tooLargeByMessage = statusError(504, 'Timeout', { message: 'Too large resource version: 9, current: 1' });

/** The second request that follows on a failed first one, and when it is sent (milliseconds). */
const afterStream = {
  again: '1200 WL("")',
  fresh: '0 WL("")',
  list: '0 L("0",500)',
  fail: undefined,
} as const;
const afterList = {
  again: '1200 L("0",500)',
  fresh: '0 L("",500)',
  slowly: '6250 L("0",500)',
  fail: undefined,
} as const;
const afterWatch = { again: '1200 L("10")', resume: '1200 W("10")', slowly: '6250 L("10")', fail: undefined } as const;

const table: readonly [
  string,
  KubeInformerError,
  keyof typeof afterStream,
  keyof typeof afterList,
  keyof typeof afterWatch,
][] = [
  ['410 Expired', statusError(410, 'Expired'), 'fresh', 'fresh', 'again'],
  ['410 Gone', statusError(410, 'Gone'), 'fresh', 'fresh', 'again'],
  ['410 without reason', statusError(410), 'fresh', 'fresh', 'again'],
  ['version too large, by cause', tooLargeByCause, 'fresh', 'fresh', 'again'],
  ['version too large, by message of a cause', tooLargeByCauseMessage, 'fresh', 'fresh', 'again'],
  ['version too large, by message', tooLargeByMessage, 'fresh', 'fresh', 'again'],
  ['429', statusError(429, 'TooManyRequests'), 'again', 'again', 'resume'],
  ['401', statusError(401, 'Unauthorized'), 'again', 'again', 'resume'],
  ['403', statusError(403, 'Forbidden'), 'list', 'slowly', 'slowly'],
  ['404', statusError(404, 'NotFound'), 'list', 'slowly', 'slowly'],
  ['405', statusError(405, 'MethodNotAllowed'), 'list', 'slowly', 'slowly'],
  ['400', statusError(400, 'BadRequest'), 'list', 'slowly', 'slowly'],
  ['422', statusError(422, 'Invalid'), 'list', 'slowly', 'slowly'],
  ['504', statusError(504, 'Timeout'), 'list', 'again', 'resume'],
  ['500', statusError(500, 'InternalError'), 'list', 'again', 'resume'],
  ['502 without reason', statusError(502), 'list', 'again', 'resume'],
  ['503', statusError(503, 'ServiceUnavailable'), 'list', 'again', 'resume'],
  ['500 StorageReadError', statusError(500, 'StorageReadError'), 'list', 'again', 'again'],
  ['409', statusError(409, 'Conflict'), 'list', 'again', 'resume'],
  ['no connection', coded('ConnectionFailed'), 'again', 'again', 'resume'],
  ['no credentials', coded('AuthenticationFailed'), 'again', 'again', 'resume'],
  ['no JSON', coded('DecodeFailed'), 'list', 'again', 'resume'],
  ['a Table', coded('UnexpectedKind'), 'list', 'slowly', 'slowly'],
  ['an unknown code', coded('Internal'), 'list', 'again', 'resume'],
  ['a kubeconfig without cluster', coded('InvalidKubeConfig'), 'fail', 'fail', 'fail'],
  ['a client that was closed', coded('AlreadyStopped'), 'fail', 'fail', 'fail'],
];

describe.each(table)('%s', (_, error, onStream, onList, onWatch) => {
  const ended = async ({ done }: { done: Promise<void> }) => expect(done).rejects.toBe(error);

  async function expectNext(running: ReturnType<typeof start>, requests: number, next: string | undefined) {
    await running.clock.advance(60_000);
    expect(running.server.log[requests]).toBe(next);
    expect(running.failures[0]?.error).toBe(error);
    if (next === undefined) {
      await ended(running);
      expect(running.reflector.status.state).toEqual({ phase: 'failed', error });
    } else {
      expect(running.failures[0]?.delay).toBe(Number.parseInt(next, 10));
    }
  }

  it('when a streaming list is opened', async () => {
    await expectNext(start([error]), 1, afterStream[onStream]);
  });

  it('inside a streaming list', async () => {
    const running = start([[[added('a', '1')], error]]);
    await running.clock.advance(0);
    expect(running.server.streams[0]?.closed).toBe(true);
    await expectNext(running, 1, afterStream[onStream]);
    expect(running.store.calls).toEqual([]);
  });

  it('when listing', async () => {
    await expectNext(start([error], { streamInitialState: false }), 1, afterList[onList]);
  });

  it('when a watch is opened', async () => {
    await expectNext(start([page([], '10'), error], { streamInitialState: false }), 2, afterWatch[onWatch]);
  });

  it('inside a watch', async () => {
    const script = [page([], '10'), [error]];
    const running = start(script, { streamInitialState: false });
    await running.clock.advance(0);
    expect(running.server.streams[0]?.closed).toBe(true);
    await expectNext(running, 2, afterWatch[onWatch]);
  });
});

describe('errors inside a watch', () => {
  it('arrive as events of their own as well (TestCloseWatchChannelOnError, TestReflectorWatchHandler)', async () => {
    const { clock, server, store, failures } = start(
      [page([], '10'), [[added('a', '12'), { type: 'ERROR', object: status(410, 'Expired') }, added('b', '13')]]],
      { streamInitialState: false },
    );
    await clock.advance(10_000);
    expect(store.calls).toEqual(['replace []@10', 'add a@12']);
    expect(server.log).toEqual(['0 L("0",500)', '0 W("10")', '1200 L("12")']);
    expect(server.streams[0]?.closed).toBe(true);
    expect(failures[0]?.error).toMatchObject({ class: 'expired' });
  });

  it('of storage relist and drop what vanished (TestReflectorReplacesStoreOnUnsafeDelete)', async () => {
    const { clock, store, reflector } = start([
      [[added('a', '1'), added('b', '2'), mark('10')], statusError(500, 'StorageReadError')],
      [[added('a', '1'), mark('20')]],
    ]);
    await clock.advance(10_000);
    expect(store.calls).toEqual(['replace [a b]@10', 'replace [a]@20']);
    expect(reflector.status.resourceVersion).toBe('20');
  });

  it('are resumed from three times, then the state is fetched anew (TestRetryInternalError)', async () => {
    const { clock, server } = start(
      [page([], '10')],
      { streamInitialState: false },
      { otherwise: ({ verb }) => (verb === 'list' ? page([], '10') : [statusError(500, 'InternalError')]) },
    );
    await clock.advance(60_000);
    expect(server.log).toEqual([
      '0 L("0",500)',
      '0 W("10")',
      '1200 W("10")',
      '3600 W("10")',
      '8400 L("10")',
      '8400 W("10")',
      '18000 W("10")',
      '37200 W("10")',
    ]);
  });

  it('count anew after each event that came through', async () => {
    let version = 10;
    const otherwise = () => [[added('a', `${++version}`)], statusError(500, 'InternalError')];
    const { clock, server } = start([page([], '10')], { streamInitialState: false }, { otherwise });
    await clock.advance(600_000);
    expect(server.sent.filter(({ verb }) => verb === 'list')).toHaveLength(1);
    expect(server.sequence).toContain('W("10") W("11") W("12") W("13") W("14")');
  });
});

describe('delays', () => {
  it('double from 0.8 s to 30 s, and half as much again (TestReflectorListAndWatchInitConnBackoff)', async () => {
    const { clock, failures } = start([], { streamInitialState: false }, { otherwise: coded('ConnectionFailed') });
    await clock.advance(400_000);
    expect(failures.slice(0, 9).map(({ delay }) => delay)).toEqual([
      1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 45_000, 45_000, 45_000,
    ]);
  });

  it('follow a backoff of your own (TestNewReflectorWithCustomBackoff)', async () => {
    const backoff = { initial: 10, factor: 2, max: 100, jitter: 0, resetAfter: 120_000 };
    const script = Array.from({ length: 5 }, () => coded('ConnectionFailed'));
    const { clock, server } = start([page([], '1'), ...script], { streamInitialState: false, backoff });
    await clock.advance(10_000);
    expect(server.log).toEqual(['0 L("0",500)', ...['0', '10', '30', '70', '150', '250'].map((at) => `${at} W("1")`)]);
  });

  it('start over after 120 s without a failure, and not before', async () => {
    const broken = coded('ConnectionFailed');
    const { clock, failures } = start([
      [[mark('1')], 60_000, broken],
      [[bookmark('2')], 60_000, [bookmark('3')], 58_000, broken],
      [[bookmark('4')], 60_000, [bookmark('5')], 62_000, broken],
    ]);
    await clock.advance(600_000);
    expect(failures.map(({ delay }) => delay)).toEqual([1_200, 2_400, 1_200]);
  });

  it('are shared by listing and watching', async () => {
    const busy = statusError(429, 'TooManyRequests');
    const { clock, server } = start([busy, page([], '5'), busy, busy], { streamInitialState: false });
    await clock.advance(30_000);
    expect(server.log).toEqual(['0 L("0",500)', '1200 L("0",500)', '1200 W("5")', '3600 W("5")', '8400 W("5")']);
  });

  it('honour Retry-After when it is longer', async () => {
    const { clock, server } = start([
      statusError(429, 'TooManyRequests', {}, 7_000),
      statusError(503, 'ServiceUnavailable', { details: { retryAfterSeconds: 11 } }),
    ]);
    await clock.advance(60_000);
    // Without it the 503 would be followed by a list at once.
    expect(server.log).toEqual(['0 WL("")', '7000 WL("")', '18000 L("0",500)']);
  });

  it('honour Retry-After on a list as well, and no shorter one', async () => {
    const { clock, server } = start(
      [
        statusError(503, 'ServiceUnavailable', { details: { retryAfterSeconds: 11 } }),
        statusError(429, 'TooManyRequests', {}, 1),
      ],
      { streamInitialState: false },
    );
    await clock.advance(60_000);
    expect(server.log.map((line) => Number.parseInt(line, 10))).toEqual([0, 11_000, 13_400]);
  });

  it.each([
    ['for ever', Number.POSITIVE_INFINITY, 600_000],
    ['for years', 1e12, 600_000],
    ['nonsense', 'soon' as unknown as number, 1_200],
    ['no number', Number.NaN, 1_200],
    ['into the past', -5, 1_200],
  ])('do not believe a Retry-After %s', async (_, retryAfter, delay) => {
    const { clock, failures } = start([statusError(429, 'TooManyRequests', {}, retryAfter)]);
    await clock.advance(1_000);
    expect(failures[0]?.delay).toBe(delay);
  });

  it('do not depend on the wall clock', async () => {
    const { FakeClock } = await import('../../../src/testing/index.ts');
    class SteppedClock extends FakeClock {
      step = 0;
      override now() {
        return super.now() + this.step;
      }
    }
    const clock = new SteppedClock();
    const broken = coded('ConnectionFailed');
    const { server, reflector } = start([broken, broken, [[mark('1')], 30_000, [bookmark('2')]]], {}, { clock });
    await settle();
    clock.step = -365 * 86_400_000;
    await clock.advance(1_200);
    clock.step = 365 * 86_400_000;
    await clock.advance(2_400);
    clock.step = 0;
    await clock.advance(29_000);
    expect(server.log).toEqual(['0 WL("")', '1200 WL("")', '3600 WL("")']);
    expect(reflector.status.state.phase).toBe('live');
  });
});

describe('maxFailures', () => {
  it('ends the reflector with the last error', async () => {
    const { clock, done, server, reflector } = start([], { maxFailures: 3 }, { otherwise: coded('ConnectionFailed') });
    await clock.advance(60_000);
    await expect(done).rejects.toMatchObject({ code: 'ConnectionFailed' });
    expect(server.sent).toHaveLength(3);
    expect(reflector.status).toMatchObject({ state: { phase: 'failed' }, consecutiveFailures: 3 });
  });

  it('is reached although each watch opens, if none is worth it', async () => {
    const otherwise = () => [{ type: 'ERROR', object: status(500, 'InternalError') } as const].map((event) => [event]);
    const { clock, done } = start([[[mark('1')], 'end']], { maxFailures: 4 }, { otherwise });
    await clock.advance(120_000);
    await expect(done).rejects.toMatchObject({ code: 'ApiStatus' });
  });

  it('counts anew after a watch that lived', async () => {
    const broken = coded('ConnectionFailed');
    const { clock, reflector } = start(
      [broken, broken, [[mark('1')], 20_000, 'end'], broken, broken, [[bookmark('2')]]],
      { maxFailures: 3 },
    );
    await clock.advance(80_000);
    expect(reflector.status).toMatchObject({ state: { phase: 'live' }, consecutiveFailures: 0, lastError: broken });
  });
});

it('keeps the store through every failure (TestReflectorListAndWatchWithErrors)', async () => {
  const broken = coded('ConnectionFailed');
  const { clock, store } = start([page([widget('a', '1')], '10'), broken, [[added('b', '11')], broken], broken], {
    streamInitialState: false,
  });
  await clock.advance(300_000);
  expect(store.calls).toEqual(['replace [a]@10', 'add b@11']);
});

it('waits by the backoff on each 429 and never relists (TestBackoffOnTooManyRequests, TestNoRelistOnTooManyRequests)', async () => {
  const busy = statusError(429, 'TooManyRequests');
  const { clock, server } = start([page([], '1'), busy, [busy], busy, [busy], [[bookmark('2')]]], {
    streamInitialState: false,
  });
  await clock.advance(80_000);
  expect(server.log).toEqual(['0 L("0",500)', ...['0', '1200', '3600', '8400', '18000'].map((at) => `${at} W("1")`)]);
});

it('polls slowly what can be listed and not watched', async () => {
  const otherwise = ({ verb }: { verb: string }) =>
    verb === 'list' ? page([], '7') : statusError(405, 'MethodNotAllowed');
  const { clock, server, store } = start([], {}, { otherwise });
  await clock.advance(3_600_000);
  expect(store.calls.length).toBeGreaterThan(30);
  expect(store.calls.length).toBeLessThan(60);
  expect(server.sent.length).toBeLessThanOrEqual(3 * store.calls.length);
});
