/**
 * What client-go tests of its queues. Its ordered queue makes up missed deletions and resyncs by itself; ours hands on what it was given, and
 * the cache behind it does that. These scenarios are therefore shown by what a handler hears and the cache holds.
 */
import { describe, expect, it } from 'vitest';
import { createQueueInformer, DeltaFIFO, type KeyedDeltas } from '../../src/queue/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import {
  type Answer,
  added,
  bookmark,
  deleted,
  modified,
  page,
  ScriptedListerWatcher,
  statusError,
  type Widget,
  widget,
} from '../unit/reflector/scripted-lister-watcher.ts';
import { scripted } from './scripted-informer.ts';

const expired = statusError(410, 'Expired');
const list = (version: string, ...names: string[]) =>
  page(
    names.map((name) => widget(name, version)),
    version,
  );

describe('a list makes up for what was missed', () => {
  const onlySeen: [string, string, readonly Answer[], string[]][] = [
    [
      '(a)',
      'was added only',
      [list('1', 'a'), [[added('x', '2')], expired], list('3', 'a')],
      ['add x@2', 'delete x@2 unknown'],
    ],
    [
      '(b)',
      'is deleted already',
      [list('1', 'a'), [[added('x', '2'), deleted('x', '3')], expired], list('4', 'a')],
      ['add x@2', 'delete x@3'],
    ],
    [
      '(c)',
      'was in two lists and then in none',
      [list('1', 'x'), expired, list('2', 'x'), expired, list('3')],
      ['update x@1>2', 'delete x@2 unknown'],
    ],
    [
      '(d)',
      'is missing in two lists',
      [list('1', 'x'), expired, list('2'), expired, list('3')],
      ['delete x@1 unknown'],
    ],
    [
      '(e)',
      'came, went and came again',
      [list('1'), [[added('x', '2'), deleted('x', '3'), added('x', '4')], expired], list('5')],
      ['add x@2', 'delete x@3', 'add x@4', 'delete x@4 unknown'],
    ],
    ['(f)', 'was only ever in a list', [list('1', 'x'), expired, list('2')], ['delete x@1 unknown']],
    [
      '(g)',
      'was added before a bookmark',
      [list('1'), [[added('x', '2'), bookmark('3')], expired], list('4')],
      ['add x@2', 'delete x@2 unknown'],
    ],
  ];

  it.each(onlySeen)(
    'TestRealFIFOW_ReplaceMakesDeletionsForObjectsOnlyInQueue %s: an object that %s (adapted: by the cache)',
    async (_, _what, script, expected) => {
      const { clock, lines, informer } = scripted(script);
      await clock.advance(10_000);
      const ofX = lines.filter((text) => text.includes(' x@') && !text.endsWith('initial'));
      expect(ofX).toEqual(expected);
      expect(informer.indexer.has('x')).toBe(false);
    },
  );

  const replaced: [string, string, readonly Answer[], string[]][] = [
    [
      '(a)',
      'a deletion before it',
      [list('1', 'a', 'b', 'c'), [[deleted('a', '2')], expired], list('3', 'b')],
      ['delete a@2', 'delete c@1 unknown', 'update b@1>3'],
    ],
    [
      '(b)',
      'an addition before it',
      [list('1', 'a', 'b', 'c'), [[modified('a', '2')], expired], list('3', 'b')],
      ['update a@1>2', 'delete a@2 unknown', 'delete c@1 unknown', 'update b@1>3'],
    ],
    [
      '(c)',
      'a deletion and an addition before it',
      [list('1', 'b', 'c'), [[added('a', '2'), deleted('a', '3'), added('a', '4')], expired], list('5', 'b')],
      ['add a@2', 'delete a@3', 'add a@4', 'delete c@1 unknown', 'delete a@4 unknown', 'update b@1>5'],
    ],
    [
      '(d)',
      'another list before it',
      [list('1', 'a', 'b'), expired, list('2', 'b', 'c'), expired, list('3', 'b')],
      ['delete a@1 unknown', 'update b@1>2', 'add c@2', 'delete c@2 unknown', 'update b@2>3'],
    ],
    ['(e)', 'nothing before it', [list('1'), expired, list('3', 'b')], ['add b@3']],
  ];

  it.each(replaced)(
    'TestRealFIFO_ReplaceMakesDeletions %s: %s, deletions first, with the newest state (adapted: by the cache)',
    async (_, _what, script, expected) => {
      const { clock, lines, seen } = scripted(script);
      await clock.advance(10_000);
      const initial = lines.filter((text) => text.endsWith('initial')).length;
      expect(lines.slice(initial)).toEqual(expected);
      const last = /\d+$/.exec(expected.at(-1)!)![0];
      expect(seen.at(-1)).toBe(`b@${last}`);
    },
  );

  it('TestRealFIFO_ReplaceMakesDeletionsReplaced: what the list has in another state is an update to that (adapted: by the cache)', async () => {
    const { clock, lines } = scripted([list('1', 'a', 'b'), [[deleted('a', '2')], expired], list('3', 'b')]);
    await clock.advance(10_000);
    expect(lines.slice(2)).toEqual(['delete a@2', 'update b@1>3']);
  });
});

describe('the ordered queue', () => {
  it('TestRealFIFO_enqueueingWithLister, TestRealFIFO_DeleteExistingNonPropagated: takes everything, whatever anybody has', () => {
    const queue = new DeltaFIFO<Widget>();
    queue.add(widget('a', '1'));
    queue.update(widget('a', '2'));
    queue.delete(widget('a', '3'));
    queue.delete(widget('nobody', '4'));
    const types: string[] = [];
    for (let delta = queue.take(); delta; delta = queue.take()) types.push(delta.type);
    expect(types).toEqual(['Added', 'Updated', 'Deleted', 'Deleted']);
  });

  it('TestRealFIFO_KeyOf, TestDeltaFIFO_KeyOf: what has a key and what has not (adapted: a delta says itself)', async () => {
    const clock = new FakeClock();
    const listerWatcher = new ScriptedListerWatcher(clock, [
      list('1', 'a', 'b'),
      [[modified('a', '2'), deleted('b', '3')], expired],
      list('4'),
    ]);
    const queue = createQueueInformer<Widget>({ listerWatcher, clock, streamInitialState: false, random: () => 0 });
    await clock.advance(5_000);
    const popped: KeyedDeltas<Widget>[] = [];
    while (queue.length > 0) popped.push((await queue.pop())!);
    // An object, a list of deltas, and a deletion that nobody saw: the key is the same.
    expect(popped.map(({ key, deltas }) => `${key}: ${deltas.map(({ type }) => type)}`)).toEqual([
      'a: Replaced,Updated,Deleted',
      'b: Replaced,Deleted',
    ]);
    await queue.stop();
  });

  it('TestRealFIFO_transformer, TestDeltaFIFO_transformer: each object is transformed once, tombstones never', async () => {
    const calls: string[] = [];
    const transform = (object: Widget) => {
      if (object.color) throw new Error(`${object.metadata.name} was transformed before`);
      calls.push(`${object.metadata.name}@${object.metadata.resourceVersion}`);
      return { ...object, color: 'red' };
    };
    const colors: (string | undefined)[] = [];
    const { clock, informer, lines, errors } = scripted(
      [list('1', 'a', 'b'), [[modified('a', '2')], expired], list('3', 'a'), [[added('b', '4')], expired], list('5')],
      { transform },
    );
    informer.addEventHandler({ onDelete: ({ color }) => void colors.push(color) });
    await clock.advance(20_000);
    expect(calls).toEqual(['a@1', 'b@1', 'a@2', 'a@3', 'b@4']);
    expect(errors.map(({ code }) => code)).toEqual(['ApiStatus', 'ApiStatus']);
    expect(lines.filter((text) => text.startsWith('delete'))).toEqual([
      'delete b@1 unknown',
      'delete a@3 unknown',
      'delete b@4 unknown',
    ]);
    expect(colors).toEqual(['red', 'red', 'red']);
  });
});

describe('a resync', () => {
  it('TestRealFIFO_Resync: is an update to itself of each object that is there', async () => {
    const { clock, lines } = scripted([list('1', 'a', 'b'), []], { resyncPeriod: 1_000 });
    await clock.advance(1_000);
    expect(lines.slice(2)).toEqual(['update a@1>1 resync', 'update b@1>1 resync']);
  });

  it('TestRealFIFO_ResyncNonExisting: is not of what is deleted, though the handler has not heard of that yet', async () => {
    const heldUp: string[] = [];
    const { clock, informer } = scripted([list('1', 'a', 'b'), [900, [deleted('a', '2')]]]);
    let release = () => {};
    informer.addEventHandler(
      (event) => {
        heldUp.push(event.type === 'update' ? `update ${event.object.metadata.name}` : event.type);
        if (heldUp.length === 2) return new Promise<void>((resolve) => (release = resolve));
      },
      { resyncPeriod: 1_000 },
    );
    await clock.advance(1_000);
    release();
    await settle();
    expect(heldUp).toEqual(['add', 'add', 'delete', 'update b']);
  });

  it('TestRealFIFO_UpdateResyncRace: replays the state after an update, never the one before', async () => {
    const { clock, lines } = scripted([list('1', 'a'), [1_000, [modified('a', '2')]]], { resyncPeriod: 1_000 });
    await clock.advance(2_000);
    const resyncs = lines.filter((text) => text.endsWith('resync'));
    const update = lines.indexOf('update a@1>2');
    expect(update).toBeGreaterThan(0);
    for (const [at, text] of lines.entries()) {
      if (text.endsWith('resync')) expect(text).toBe(at < update ? 'update a@1>1 resync' : 'update a@2>2 resync');
    }
    expect(resyncs).toHaveLength(2);
  });
});

describe('several changes at once', () => {
  const batches: [string, string, readonly Answer[], string[]][] = [
    [
      '(a)',
      'of different objects',
      [list('1'), [[added('a', '2'), added('b', '3'), added('c', '4')]]],
      ['add a@2', 'add b@3', 'add c@4'],
    ],
    [
      '(b)',
      'across the end of the initial list',
      [list('1', 'a'), [[added('b', '2')]]],
      ['add a@1 initial', 'add b@2'],
    ],
    [
      '(c)',
      'of one object',
      [list('1'), [[added('a', '2'), modified('a', '3'), added('b', '4'), modified('a', '5')]]],
      ['add a@2', 'update a@2>3', 'add b@4', 'update a@3>5'],
    ],
  ];

  it.each(batches)(
    'TestRealFIFO_PopMultipleDeltaInBatch %s: %s stay in order, each with the state before it (adapted: a turn has no size)',
    async (_, _what, script, expected) => {
      const { clock, lines } = scripted(script);
      await clock.advance(0);
      expect(lines).toEqual(expected);
    },
  );

  it('TestRealFIFO_PopMultipleDeltaInBatch (d): however many there are, none is lost and none comes early (adapted: a turn has no size)', async () => {
    const names = Array.from({ length: 2_500 }, (_, at) => `w${at}`);
    const { clock, lines, informer } = scripted([
      list('1', ...names),
      [names.map((name, at) => modified(name, String(2 + at)))],
    ]);
    for (let round = 0; lines.length < 5_000 && round < 1_000; round++) await clock.advance(0);
    expect(lines.slice(0, 2_500)).toEqual(names.map((name) => `add ${name}@1 initial`));
    expect(lines.slice(2_500)).toEqual(names.map((name, at) => `update ${name}@1>${2 + at}`));
    expect(informer.indexer.size).toBe(2_500);
  });

  const bad = (version: string) => added('', version);
  const brokenItems: [string, string, readonly ReturnType<typeof added>[], string[], number][] = [
    ['(a)', 'the first', [bad('2'), added('a', '3')], ['add a@3'], 1],
    ['(b)', 'one in the middle', [added('a', '2'), bad('3'), added('b', '4')], ['add a@2', 'add b@4'], 1],
    ['(c)', 'several in a row', [added('a', '2'), bad('3'), bad('4'), added('b', '5')], ['add a@2', 'add b@5'], 2],
    [
      '(d)',
      'every second one',
      [bad('2'), added('a', '3'), bad('4'), added('b', '5'), bad('6')],
      ['add a@3', 'add b@5'],
      3,
    ],
  ];

  it.each(brokenItems)(
    'TestRealFIFO_PopBrokenItemsInBatch %s: %s without a name is reported, the others come through (adapted: it stays outside)',
    async (_, _what, events, expected, count) => {
      const { clock, lines, errors } = scripted([list('1'), [events]]);
      await clock.advance(0);
      expect(lines).toEqual(expected);
      expect(errors.map(({ code }) => code)).toEqual(Array(count).fill('InvalidObject'));
    },
  );
});
