/** The cases of client-go's test of streaming lists, and those that it lacks. */
import { describe, expect, it } from 'vitest';
import { KubeInformerError } from '../../src/runtime/index.ts';
import { start } from '../unit/reflector/fixture.ts';
import {
  added,
  bookmark,
  deleted,
  mark,
  modified,
  page,
  statusError,
  widget,
} from '../unit/reflector/scripted-lister-watcher.ts';

const broken = new KubeInformerError('ConnectionFailed', 'reset', { hint: '' });
const expired = statusError(410, 'Expired');
const tooLarge = statusError(504, 'Timeout', { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } });

describe('a streaming list', () => {
  it('TestWatchList (a): without its mark, then aborted: nothing is synced, one request', async () => {
    const { clock, server, store, stop, done, reflector } = start([[[added('a', '1')]]]);
    await clock.advance(1_000);
    stop();
    await done;
    expect(store.calls).toEqual([]);
    expect(server.sequence).toBe('WL("")');
    expect(reflector.status).toMatchObject({ resourceVersion: '', lastSyncAt: undefined });
  });

  it('TestWatchList (b): switched off, it is a list and a watch', async () => {
    const { clock, server, store } = start([page([widget('a', '1')], '1')], { streamInitialState: false });
    await clock.advance(0);
    expect(server.sequence).toBe('L("0",500) W("1")');
    expect(store.calls).toEqual(['replace [a]@1']);
  });

  it.each([
    ['(c)', 'any error of the server', statusError(500, 'InternalError')],
    ['(d)', 'that it is invalid', statusError(422, 'Invalid')],
  ])('TestWatchList %s: answered by %s, a list takes its place at once', async (_, _what, error) => {
    const { clock, server, store } = start([error, page([widget('a', '1')], '1')]);
    await clock.advance(0);
    expect(server.log).toEqual(['0 WL("")', '0 L("0",500)', '0 W("1")']);
    expect(store.calls).toEqual(['replace [a]@1']);
  });

  it('TestWatchList (e): two objects and the mark: both are synced by one request', async () => {
    const { clock, server, store, reflector } = start([[[added('a', '1')], [added('b', '2')], [mark('2')]]]);
    await clock.advance(0);
    expect(store.calls).toEqual(['replace [a b]@2']);
    expect(server.sequence).toBe('WL("")');
    expect(reflector.status.resourceVersion).toBe('2');
  });

  it('TestWatchList (f): changes and deletions before the mark count', async () => {
    const script = [added('a', '1'), added('b', '2'), modified('a', '3'), deleted('b', '4'), mark('4')];
    const { clock, store } = start([script.map((event) => [event])]);
    await clock.advance(0);
    expect(store.calls).toEqual(['replace [a]@4']);
    expect(store.content.get('a')?.metadata.resourceVersion).toBe('3');
  });

  it('TestWatchList (g): refused twice by a busy server, the same request is sent again, each after a delay', async () => {
    const busy = statusError(429, 'TooManyRequests');
    const { clock, server, store } = start([busy, busy, [[added('a', '1'), mark('1')]]]);
    await clock.advance(3_600);
    expect(server.log).toEqual(['0 WL("")', '1200 WL("")', '3600 WL("")']);
    expect(store.calls).toEqual(['replace [a]@1']);
  });

  it('TestWatchList (h): ended before its mark it starts over from nothing (adapted: after a delay)', async () => {
    const { clock, server, store } = start([[[added('a', '1')], 8_000, 'end'], [[added('b', '2'), mark('2')]]]);
    await clock.advance(9_200);
    expect(server.log).toEqual(['0 WL("")', '9200 WL("")']);
    expect(store.calls).toEqual(['replace [b]@2']);
  });

  it('TestWatchList (i): ended after its mark, a plain watch goes on from the last version', async () => {
    const { clock, server, store } = start([
      [[added('a', '1'), mark('2'), added('b', '3')], 10_000, 'end'],
      [[added('c', '4')]],
    ]);
    await clock.advance(10_000);
    expect(server.log).toEqual(['0 WL("")', '10000 W("3")']);
    expect(Array.from(store.content.keys())).toEqual(['a', 'b', 'c']);
  });

  it('TestWatchList (j): a plain watch that finds its version expired is reported, and what is there is kept', async () => {
    const { clock, server, store, failures } = start([[[added('a', '1'), mark('2')], 10_000, 'end'], expired]);
    await clock.advance(11_199);
    expect(failures.map(({ error }) => error)).toEqual([expired]);
    expect(server.sequence).toBe('WL("") W("2")');
    expect(store.calls).toEqual(['replace [a]@2']);
    await clock.advance(1);
    expect(server.sequence).toBe('WL("") W("2") WL("2")');
  });

  it('TestWatchList (k): a mark that says "false" is none (adapted: a list follows, now and later)', async () => {
    const { clock, server, store } = start([
      [[added('a', '1'), bookmark('2', { 'k8s.io/initial-events-end': 'false' })]],
      page([widget('a', '1')], '2'),
      expired,
    ]);
    await clock.advance(1_200);
    expect(server.log).toEqual(['0 WL("")', '0 L("0",500)', '0 W("2")', '1200 L("2")']);
    expect(store.calls).toEqual(['replace [a]@2']);
  });
});

describe('a streaming list, where nobody looks', () => {
  it.each([
    ['expired', expired],
    ['too large', tooLarge],
  ])('of a version that is %s asks for the newest state, at once the first time (REF-33)', async (_, error) => {
    const { clock, server, store } = start([
      [[added('a', '1'), mark('5')], expired],
      error,
      error,
      [[added('b', '9'), mark('9')], expired],
    ]);
    await clock.advance(3_600);
    expect(server.log).toEqual(['0 WL("")', '1200 WL("5")', '1200 WL("")', '3600 WL("")']);
    expect(store.calls).toEqual(['replace [a]@5', 'replace [b]@9']);
    await clock.advance(60_000);
    // The flag is down again: the version of the last state is asked for.
    expect(server.sequence).toContain('WL("9")');
  });

  it('that ends cleanly again and again makes no hot loop, and is listed after three tries (REF-39)', async () => {
    const { clock, server } = start(
      [],
      {},
      {
        otherwise: ({ verb }) =>
          verb === 'list' ? page([], '9') : verb === 'stream' ? [[added('a', '1')], 'end'] : [],
      },
    );
    await clock.advance(60_000);
    expect(server.log).toEqual(['0 WL("")', '1200 WL("")', '3600 WL("")', '8400 L("0",500)', '8400 W("9")']);
  });

  it('without mark gives way to lists within 30 s, and that is remembered (REF-39)', async () => {
    const { clock, server } = start([[[added('a', '1')]], page([], '9'), expired, page([], '10'), expired]);
    await clock.advance(60_000);
    expect(server.sent.filter(({ verb }) => verb === 'stream')).toHaveLength(1);
    expect(server.sequence).toContain('L("9")');
  });

  it('whose state the store refuses closes its watch, and is fetched again (REF-35)', async () => {
    const { clock, server, store, failures } = start([[[added('a', '1'), mark('2')]], [[added('a', '1'), mark('2')]]]);
    const { replace } = store;
    let refusals = 1;
    store.replace = (...given) => {
      if (refusals-- > 0) throw new Error('disk full');
      replace(...given);
    };
    await clock.advance(0);
    expect(server.streams[0]?.closed).toBe(true);
    expect(failures[0]?.error.cause).toMatchObject({ message: 'disk full' });
    await clock.advance(1_200);
    expect(server.sequence).toBe('WL("") WL("")');
    expect(store.calls).toEqual(['replace [a]@2']);
  });

  it('waits interruptibly: an abort in a delay ends it at once (REF-33)', async () => {
    const { clock, stop, done, server } = start([broken]);
    await clock.advance(600);
    stop();
    await done;
    expect(server.sent).toHaveLength(1);
  });
});
