/**
 * What client-go tests of its tools for watching. There is no watch here that reopens itself: a reflector does that, an informer offers its
 * events as a stream, and `waitFor` waits for one of them. The scenarios are shown by these.
 */
import { describe, expect, test } from 'vitest';
import { type InformerEvent, waitFor } from '../../src/informer/index.ts';
import { watch } from '../../src/reflector/index.ts';
import { KubeInformerError } from '../../src/runtime/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import { line, rig, synced } from '../unit/informer/rig.ts';
import { type Thing, thing, until } from '../unit/informer/source.ts';
import { start } from '../unit/reflector/fixture.ts';
import {
  type Answer,
  added,
  bookmark,
  type Event,
  page,
  ScriptedListerWatcher,
  status,
  statusError,
  widget,
} from '../unit/reflector/scripted-lister-watcher.ts';

const listing = { streamInitialState: false } as const;
const lived = 6_000;
const broken = new KubeInformerError('ConnectionFailed', 'reset', { hint: '' });

/** A watch that brings these objects, lives for a while and is ended by the server. */
const brings = (...versions: string[]): Answer => [
  versions.map((version) => added(`w${version}`, version)),
  lived,
  'end',
];
const errorEvent = (object: Extract<Event, { type: 'ERROR' }>['object']): Answer => [[{ type: 'ERROR', object }]];

describe('a watch that goes on', () => {
  const works = brings('2', '3');
  const matrix: [letter: string, what: string, watches: readonly Answer[], adds: string, requests: string][] = [
    ['(a)', 'it is refused once', [broken, works], '2 3', 'W(1) W(1) W(3)'],
    [
      '(b)',
      'it is expired at once (adapted: the state is fetched anew)',
      [statusError(410, 'Gone'), page([], '1'), works],
      '2 3',
      'W(1) L(1) W(1) W(3)',
    ],
    ['(c)', 'it is granted and ends without a word', [['end'], works], '2 3', 'W(1) W(1) W(3)'],
    ['(d)', 'all is well', [works], '2 3', 'W(1) W(3)'],
    ['(e)', 'only what is newer is sent', [brings('2')], '2', 'W(1) W(2)'],
    ['(f)', 'nothing newer is there', [[lived, 'end']], '', 'W(1) W(1)'],
    [
      '(g)',
      'it says Gone (adapted: the state is fetched anew)',
      [errorEvent(status(410, 'Gone')), page([], '5'), brings('6')],
      '6',
      'W(1) L(1) W(5) W(6)',
    ],
    [
      '(h)',
      'it is forbidden (adapted: tried again, slowly)',
      [statusError(403, 'Forbidden'), page([], '1'), works],
      '2 3',
      'W(1) L(1) W(1) W(3)',
    ],
    [
      '(i)',
      'it is unauthorized (adapted: tried again)',
      [statusError(401, 'Unauthorized'), works],
      '2 3',
      'W(1) W(1) W(3)',
    ],
    ['(j)', 'it says timeout', [errorEvent(status(504, 'Timeout')), works], '2 3', 'W(1) W(1) W(3)'],
    ['(k)', 'it says internal error', [errorEvent(status(500, 'InternalError')), works], '2 3', 'W(1) W(1) W(3)'],
    ['(l)', 'it says something with an unknown code', [errorEvent(status(666)), works], '2 3', 'W(1) W(1) W(3)'],
    ['(m)', 'it brings an error that is none', [errorEvent({} as never), works], '2 3', 'W(1) W(1) W(3)'],
    ['(n)', 'it ends after one object', [brings('2'), brings('3')], '2 3', 'W(1) W(2) W(3)'],
    ['(o)', 'it ends twice', [brings('2'), brings('3'), brings('4')], '2 3 4', 'W(1) W(2) W(3) W(4)'],
    ['(p)', 'versions leave gaps', [brings('5'), brings('9'), brings('17')], '5 9 17', 'W(1) W(5) W(9) W(17)'],
    [
      '(q)',
      'versions leave gaps in one stream',
      [brings('5', '9'), brings('17'), brings('33', '65')],
      '5 9 17 33 65',
      'W(1) W(9) W(17) W(65)',
    ],
    [
      '(r)',
      'it ends four times',
      [brings('5'), brings('6'), brings('10'), brings('20'), brings('40')],
      '5 6 10 20 40',
      'W(1) W(5) W(6) W(10) W(20) W(40)',
    ],
    [
      '(s)',
      'bookmarks alone come in between',
      [brings('5'), [[bookmark('8')], lived, 'end'], brings('9')],
      '5 9',
      'W(1) W(5) W(8) W(9)',
    ],
    [
      '(t)',
      'it brings two, two and one',
      [brings('2', '3'), brings('4', '5'), brings('6')],
      '2 3 4 5 6',
      'W(1) W(3) W(5) W(6)',
    ],
  ];

  test.each(matrix)('TestRetryWatcher %s: when %s', async (_, _what, watches, adds, requests) => {
    const { clock, server, store } = start([page([], '1'), ...watches], listing);
    await clock.advance(60_000);
    const calls = store.calls.filter((call) => call.startsWith('add')).map((call) => call.replace(/.*@/, ''));
    expect(calls.join(' ')).toBe(adds);
    expect(server.sequence.replaceAll('"', '').replace('L(0,500) ', '')).toBe(requests);
  });

  test.each(['', '0'])(
    'TestNewRetryWatcher: is never resumed from %j, which names no state (adapted: a list follows)',
    async (version) => {
      const { clock, server } = start([page([widget('a', '1')], version), broken, page([], '5')], listing);
      await clock.advance(5_000);
      expect(server.sequence.split(' ').slice(2)).toEqual([version === '' ? 'L("",500)' : 'L("0",500)', 'W("5")']);
    },
  );

  test('TestRetryWatcherToFinishWithUnreadEvents: stopped twice with events nobody read, it ends, closed', async () => {
    const server = new ScriptedListerWatcher(new FakeClock(), [[[added('a', '2'), added('b', '3')]]]);
    const opened = watch(server, { resourceVersion: '1' });
    expect((await opened.next()).value).toMatchObject({ type: 'ADDED' });
    opened.stop();
    opened.stop();
    expect(await opened.next()).toEqual({ done: true, value: undefined });
    expect(server.openStreams).toBe(0);
  });
});

describe('an informer as a stream', () => {
  test.each([
    ['blocked because nothing comes', false],
    ['blocked because nobody reads', true],
  ])('TestEventProcessorExit: ends when it is %s', async (_, events) => {
    await using r = await synced(events ? [thing('a'), thing('b')] : []);
    const stream = r.informer.events();
    const first = stream.next();
    await settle();
    await stream.return();
    expect((await first).done ?? false).toBe(!events);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(r.informer.status().handlers).toEqual([]);
  });

  test('TestEventProcessorOrdersEvents: a thousand events keep their order', async () => {
    await using r = await synced();
    const stream = r.informer.events();
    const sizes: number[] = [];
    const reading = (async () => {
      for await (const { object } of stream) {
        sizes.push(object.spec.size);
        if (sizes.length === 1_000) break;
        if (sizes.length % 100 === 0) await settle(1);
      }
    })();
    for (let size = 0; size < 1_000; size++) r.source.put(thing('a', size));
    await reading;
    expect(sizes).toEqual(Array.from({ length: 1_000 }, (_, at) => at));
  });

  test('TestNewInformerWatcher: has the adds, the changes and the deletions; left with events unread it leaves nothing', async () => {
    await using r = await synced([thing('a', 1)]);
    const lines: string[] = [];
    const stream = r.informer.events();
    const reading = (async () => {
      for await (const event of stream) {
        lines.push(line(event));
        if (lines.length === 4) break;
      }
    })();
    await until(() => lines.length === 1);
    r.source.put(thing('b', 1));
    r.source.put(thing('b', 2));
    r.source.delete('a');
    r.source.put(thing('c', 1));
    await reading;
    expect(lines).toEqual(['add a 1 initial', 'add b 1', 'update b 1>2', 'delete a 1']);
    expect(r.informer.status().handlers).toEqual([]);
  });

  test('TestInformerWatcherDeletedFinalStateUnknown: what a list after 410 lacks is deleted, with its last state', async () => {
    await using r = await synced([thing('a', 1)]);
    const stream = r.informer.events();
    expect(line((await stream.next()).value!)).toBe('add a 1 initial');
    r.source.disconnect();
    r.source.delete('a');
    r.source.connect({ forget: true });
    const next = stream.next();
    await r.clock.advance(5_000);
    expect(line((await next).value!)).toBe('delete a 1 unknown');
    expect(r.source.requests.filter((request) => request.startsWith('list')).length).toBeGreaterThanOrEqual(2);
    await stream.return();
  });
});

describe('waiting for events', () => {
  const add = ({ type }: InformerEvent<Thing>) => type === 'add';
  const update = ({ type }: InformerEvent<Thing>) => type === 'update';

  /** Conditions one after the other, each first tried on the event that satisfied the one before. */
  function inSequence(...conditions: ((event: InformerEvent<Thing>) => boolean)[]) {
    const met: string[] = [];
    const predicate = (event: InformerEvent<Thing>) => {
      while (conditions[met.length]?.(event)) met.push(line(event));
      return met.length === conditions.length;
    };
    return { met, predicate };
  }

  test.each([
    ['TestUntil: two conditions are met one after the other; the last event is the result', 60_000],
    ['TestUntilTimeout: without a limit of time as well', undefined],
  ])('%s', async (_, timeout) => {
    await using r = await synced();
    const { predicate, met } = inSequence(add, update);
    const waiting = waitFor(r.informer, predicate, { clock: r.clock, ...(timeout !== undefined && { timeout }) });
    r.source.put(thing('a', 1));
    r.source.put(thing('a', 2));
    expect(line(await waiting)).toBe('update a 1>2');
    expect(met).toEqual(['add a 1', 'update a 1>2']);
  });

  test('TestUntilMultipleConditions: one event may meet two of them', async () => {
    await using r = await synced();
    const { predicate, met } = inSequence(add, add);
    const waiting = waitFor(r.informer, predicate);
    r.source.put(thing('a', 1));
    expect(line(await waiting)).toBe('add a 1');
    expect(met).toHaveLength(2);
  });

  test('TestUntilMultipleConditionsFail: a third one that is never met ends with the time, and the first two were', async () => {
    await using r = await synced();
    const { predicate, met } = inSequence(add, add, update);
    const waiting = waitFor(r.informer, predicate, { clock: r.clock, timeout: 1_000 });
    const failed = expect(waiting).rejects.toMatchObject({ code: 'SyncTimeout' });
    r.source.put(thing('a', 1));
    await until(() => met.length === 2);
    await r.clock.advance(1_000);
    await failed;
  });

  test('TestUntilErrorCondition: what a condition throws is the result', async () => {
    await using r = await synced([thing('a', 1)]);
    const thrown = new Error('mine');
    const waiting = waitFor(r.informer, () => {
      throw thrown;
    });
    await expect(waiting).rejects.toBe(thrown);
    await until(() => r.informer.status().handlers.length === 0);
  });

  test('TestUntilWithSync (a): without a wait for the sync it ends with its own time', async () => {
    await using r = rig();
    r.source.hold = new Promise(() => {});
    r.informer.start();
    const failed = expect(waitFor(r.informer, add, { clock: r.clock, timeout: 5_000 })).rejects.toMatchObject({
      code: 'SyncTimeout',
    });
    await r.clock.advance(5_000);
    await failed;
    expect(r.informer.hasSynced()).toBe(false);
  });

  test('TestUntilWithSync (b): a sync that never comes is an error of its own', async () => {
    await using r = rig();
    r.source.hold = new Promise(() => {});
    r.informer.start();
    const failed = expect(r.informer.waitForSync({ timeout: 5_000 })).rejects.toMatchObject({
      code: 'SyncTimeout',
      message: expect.stringContaining('has not synced'),
    });
    await r.clock.advance(5_000);
    await failed;
  });

  test('TestUntilWithSync (c): what holds when it has synced needs no event', async () => {
    await using r = rig([thing('a', 1)]);
    r.informer.start();
    await r.informer.waitForSync();
    expect(r.informer.lister.get('shop', 'a')).toMatchObject({ spec: { size: 1 } });
  });

  test('TestUntilWithSync (d): what does not hold yet is waited for, and what is there counts', async () => {
    await using r = rig([thing('a', 1)]);
    r.informer.start();
    await r.informer.waitForSync();
    expect(r.informer.lister.get('shop', 'b')).toBeUndefined();
    const waiting = waitFor(r.informer, ({ object }) => object.metadata.name === 'b');
    r.source.put(thing('b', 1));
    expect(line(await waiting)).toBe('add b 1');
    expect(line(await waitFor(r.informer, add))).toMatch(/^add a 1 initial$/);
  });
});
