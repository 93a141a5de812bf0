import { describe, expect, it } from 'vitest';
import { KubeInformerError } from '../../../src/runtime/index.ts';
import { settle } from '../../../src/testing/index.ts';
import { start } from './fixture.ts';
import {
  added,
  bookmark,
  deleted,
  mark,
  modified,
  page,
  ScriptedStream,
  status,
  statusError,
  type Widget,
  widget,
} from './scripted-lister-watcher.ts';

const listing = { streamInitialState: false } as const;
const gone = statusError(410, 'Expired');
const broken = new KubeInformerError('ConnectionFailed', 'reset', { hint: '' });
const [a, b, c, _d] = ['a', 'b', 'c', 'd'].map((name, index) => widget(name, String(index + 1))) as [
  Widget,
  Widget,
  Widget,
  Widget,
];

describe('streaming the initial state', () => {
  it('loses nothing that comes in the same batch as the mark', async () => {
    const { clock, store } = start([
      [[added('a', '1'), mark('5'), added('b', '6'), deleted('a', '7')], [added('c', '8')]],
    ]);
    await clock.advance(0);
    expect(store.calls).toEqual(['replace [a]@5', 'add b@6', 'delete a@7', 'add c@8']);
  });

  it('goes by what is true at the mark (TestWatchList: modified and deleted before it)', async () => {
    const { clock, store } = start([
      [[added('a', '1'), added('b', '2'), modified('a', '3'), deleted('b', '4'), added('c', '5'), mark('5')]],
    ]);
    await clock.advance(0);
    expect(store.calls).toEqual(['replace [a c]@5']);
    expect(store.content.get('a')?.metadata.resourceVersion).toBe('3');
  });

  it('shows nothing before the mark, and starts over when it is cut off (TestWatchList, TestWatchListResourceVersion)', async () => {
    const { clock, server, store, reflector } = start([
      [[added('a', '1')], 10_000, 'end'],
      [[added('b', '2'), mark('3')]],
    ]);
    await clock.advance(10_000);
    expect(store.calls).toEqual([]);
    expect(reflector.status.resourceVersion).toBe('');
    await clock.advance(2_000);
    expect(server.log).toEqual(['0 WL("")', '11200 WL("")']);
    expect(store.calls).toEqual(['replace [b]@3']);
  });

  it('is given up for a list after three tries that came to nothing', async () => {
    const { clock, server, store } = start(
      [],
      {},
      {
        otherwise: ({ verb }) => (verb === 'list' ? page([a], '9') : [[added('a', '1')], 'end']),
      },
    );
    await clock.advance(8_400);
    expect(server.log).toEqual(['0 WL("")', '1200 WL("")', '3600 WL("")', '8400 L("0",500)', '8400 W("9")']);
    expect(store.calls).toEqual(['replace [a]@9', 'add a@1']);
  });

  it('repeats the same request while the server is busy (TestWatchList: 429 twice)', async () => {
    const busy = statusError(429, 'TooManyRequests');
    const { clock, server, store } = start([busy, busy, [[added('a', '1'), mark('2')]]]);
    await clock.advance(5_000);
    expect(server.log).toEqual(['0 WL("")', '1200 WL("")', '3600 WL("")']);
    expect(new Set(server.sent.map(({ options }) => JSON.stringify(options))).size).toBe(1);
    expect(store.calls).toEqual(['replace [a]@2']);
  });

  it.each([
    ['422', statusError(422, 'Invalid'), 'L("10")'],
    ['500', statusError(500, 'InternalError'), 'WL("10")'],
  ])('is tried again with the next state, unless the server does not know it: %s', async (_, error, later) => {
    const { clock, server } = start([error, page([], '10'), gone]);
    await clock.advance(2_000);
    expect(server.sequence).toBe(`WL("") L("0",500) W("10") ${later}`);
  });

  it.each([
    ['does not know it', statusError(422, 'Invalid')],
    ['sends no mark', [[bookmark('2')]]],
  ])('is tried again an hour after the server showed that it %s, and not before', async (_, failure) => {
    const answers = { stream: failure, list: page([a], '10'), watch: gone };
    const { clock, server } = start([], {}, { otherwise: ({ verb }) => answers[verb] });
    await clock.advance(7_400_000);
    const [first, second, third] = server.sent.filter(({ verb }) => verb === 'stream').map(({ at }) => at);
    expect(first).toBe(0);
    for (const pause of [second! - first!, third! - second!]) {
      expect(pause).toBeGreaterThanOrEqual(3_600_000);
      // And the longest delay of the backoff.
      expect(pause).toBeLessThan(3_660_000);
    }
  });

  it.each([
    ['silence after the objects', [[added('a', '1')]], 30_000],
    ['silence from the start', [], 30_000],
    [
      'changes without new objects',
      [[added('a', '1')], 20_000, [modified('a', '2')], 20_000, [modified('a', '3')]],
      30_000,
    ],
    ['an ordinary bookmark', [[added('a', '1')], 1_000, [bookmark('2')]], 1_000],
    ['a mark that says false', [1_000, [bookmark('2', { 'k8s.io/initial-events-end': 'false' })]], 1_000],
  ])('lists for an hour when the mark is missing: %s', async (_, script, at) => {
    const { clock, server, failures } = start([script as never, page([a], '10'), gone]);
    await clock.advance(60_000);
    expect(failures[0]?.error.code).toBe('InitialEventsTimeout');
    expect(server.log.slice(0, 4)).toEqual(['0 WL("")', `${at} L("0",500)`, `${at} W("10")`, `${at + 1_200} L("10")`]);
    expect(server.streams[0]?.closed).toBe(true);
  });

  it('has as long as new objects keep coming', async () => {
    const script = Array.from({ length: 10 }, (_, at) => [[added(`w${at}`, `${at}`)], 29_000]).flat();
    const { clock, server, store } = start([[...script, [mark('99')]]]);
    await clock.advance(290_000);
    expect(server.sequence).toBe('WL("")');
    expect(store.content.size).toBe(10);
  });
});

describe('objects that cannot be used', () => {
  const transform = (object: Widget) => {
    if (object.metadata.name === 'bad') throw new Error('cannot');
    return { ...object, color: 'red' };
  };

  it('are reported and kept out, and what the store has under their keys stays', async () => {
    const { clock, store, skips, reflector } = start(
      [
        page([a, widget('bad', '2'), null as unknown as Widget], '10'),
        [[added('bad', '11'), deleted('bad', '12'), added('', '13')]],
      ],
      { ...listing, transform },
    );
    await clock.advance(0);
    expect(store.calls).toEqual(['replace [a]@10 keeping bad', 'forget bad']);
    expect(skips).toEqual(['TransformFailed', 'InvalidObject', 'TransformFailed', 'TransformFailed', 'InvalidObject']);
    expect(reflector.status).toMatchObject({ skipped: 5, resourceVersion: '12' });
  });

  it('are kept out of a stream likewise, the last usable state stays', async () => {
    const flaky = (object: Widget) => {
      if (object.metadata.resourceVersion === '3') throw new Error('cannot');
      return object;
    };
    const script = [
      added('a', '1'),
      modified('a', '3'),
      added('b', '3'),
      added('c', '3'),
      deleted('c', '4'),
      mark('5'),
    ];
    const { clock, store } = start([[script]], { transform: flaky });
    await clock.advance(0);
    expect(store.calls).toEqual(['replace [a]@5 keeping b']);
    expect(store.content.get('a')?.metadata.resourceVersion).toBe('1');
  });

  it('are transformed once each (TestReflectorRespectStoreTransformer)', async () => {
    let calls = 0;
    const count = (object: Widget) => {
      calls++;
      return object;
    };
    const { clock } = start([[[added('a', '1'), added('b', '2'), mark('3'), added('c', '4')]]], { transform: count });
    await clock.advance(0);
    expect(calls).toBe(3);
  });

  it.each([
    ['nothing', () => undefined as unknown as Widget],
    ['a promise', (async (object: Widget) => object) as unknown as (object: Widget) => Widget],
    ['an object of another name', () => b],
  ])('include those of which the transform makes %s', async (_, wrong) => {
    const { clock, store, skips } = start([page([a], '10')], { ...listing, transform: wrong });
    await clock.advance(0);
    expect(store.calls).toEqual(['replace []@10 keeping a']);
    expect(skips).toEqual(['TransformFailed']);
  });
});

describe('maxObjects', () => {
  const fails = async ({ done }: { done: Promise<void> }) =>
    expect(done).rejects.toMatchObject({ code: 'CacheLimitExceeded' });

  it('ends a list', async () => {
    const running = start([page([a, b], '10', 't'), page([c], '10')], { ...listing, maxObjects: 2 });
    await fails(running);
    expect(running.store.calls).toEqual([]);
  });

  it('ends a stream', async () => {
    await fails(start([[[added('a', '1'), added('b', '2'), added('c', '3')]]], { maxObjects: 2 }));
  });

  it('ends a watch, counting what is there', async () => {
    const running = start(
      [page([a, b], '10'), [[modified('a', '11'), deleted('b', '12'), added('c', '13')], [added('d', '14')]]],
      { ...listing, maxObjects: 2 },
    );
    await fails(running);
    expect(running.store.calls).toEqual(['replace [a b]@10', 'update a@11', 'delete b@12', 'add c@13']);
  });

  it('lets through as many as it says', async () => {
    const { clock, store } = start([page([a], '10'), [[added('b', '11')]]], { ...listing, maxObjects: 2 });
    await clock.advance(0);
    expect(store.content.size).toBe(2);
  });
});

describe('the store', () => {
  it('that throws is tried again with the same event, which is not lost (TestReflectorResync)', async () => {
    const { clock, server, store, failures } = start(
      [page([], '10'), [[added('a', '11')]], [[added('a', '11')]]],
      listing,
    );
    const { add } = store;
    let failing = true;
    store.add = (object) => {
      if (failing) throw new Error('disk full');
      return add(object);
    };
    await clock.advance(0);
    failing = false;
    await clock.advance(1_200);
    expect(server.sequence).toBe('L("0",500) W("10") W("10")');
    expect(failures[0]?.error.cause).toMatchObject({ message: 'disk full' });
    expect(store.calls).toEqual(['replace []@10', 'add a@11']);
  });

  it('that has enough is not given more, and the silence of that time is not the fault of the server', async () => {
    const stream = new ScriptedStream({ now: () => 0, monotonic: () => 0, setTimer: () => ({ cancel() {} }) });
    const { clock, server, store } = start([page([], '10'), stream], listing);
    await clock.advance(0);
    const room = Promise.withResolvers<void>();
    store.full = room.promise;
    stream.send(added('a', '11'));
    await clock.advance(0);
    stream.send(added('b', '12'));
    await clock.advance(300_000);
    expect(store.calls).toEqual(['replace []@10', 'add a@11']);
    expect(stream.read).toBe(1);
    expect(server.sent).toHaveLength(2);
    store.full = undefined;
    room.resolve();
    await clock.advance(80_000);
    expect(store.calls).toEqual(['replace []@10', 'add a@11', 'add b@12']);
    expect(server.sent).toHaveLength(2);
    await clock.advance(15_000);
    expect(server.sent).toHaveLength(3);
  });

  it('may stay full for ever: an abort ends the wait', async () => {
    const { clock, store, stop, done } = start([page([], '10'), [[added('a', '11')]]], listing);
    store.full = new Promise(() => undefined);
    await clock.advance(0);
    stop();
    await done;
  });
});

it('ends with an error that a callback throws, loudly', async () => {
  const { done, reflector } = start([broken], {
    onFailure: () => {
      throw new Error('callback broke');
    },
  });
  await expect(done).rejects.toMatchObject({ code: 'Internal', cause: { message: 'callback broke' } });
  await settle();
  expect(reflector.status.state.phase).toBe('failed');
});

it('runs once', async () => {
  const { reflector } = start([]);
  await expect(reflector.run(new AbortController().signal)).rejects.toMatchObject({ code: 'AlreadyStarted' });
});

it('takes a status in the stream for what it says', async () => {
  const { clock, failures } = start(
    [page([], '1'), [[{ type: 'ERROR', object: status(429, undefined, { details: { retryAfterSeconds: 9 } }) }]]],
    listing,
  );
  await clock.advance(0);
  expect(failures[0]).toMatchObject({ action: 'resume', delay: 9_000 });
});
