import { describe, expect, test } from 'vitest';
import { coalesce } from '../../../src/informer/coalesce.ts';
import { type InformerEvent, NamespaceSet, SharedIndexInformer } from '../../../src/informer/index.ts';
import { keyOf } from '../../../src/kubernetes/index.ts';
import { Turns } from '../../../src/runtime/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { Source, status, type Thing, thing, until } from './source.ts';

interface World extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly set: NamespaceSet;
  readonly sources: Map<string, Source>;
  readonly informer: SharedIndexInformer<Thing, 'size'>;
  /** How often the index function was called. */
  readonly indexed: () => number;
  readonly lines: string[];
}

function line(event: InformerEvent<Thing>): string {
  const initial = event.type === 'add' && event.isInInitialList ? ' initial' : '';
  const left = event.type === 'delete' && event.leftScope ? ' left' : '';
  const unknown = event.type === 'delete' && event.finalStateUnknown ? ' unknown' : '';
  return `${event.type} ${keyOf(event.object as Thing)}${initial}${left}${unknown}`;
}

function world(counts: Readonly<Record<string, number>>, set = new NamespaceSet(Object.keys(counts))): World {
  const clock = new FakeClock();
  const sources = new Map<string, Source>();
  for (const [namespace, count] of Object.entries(counts)) {
    const things = Array.from({ length: count }, (_, index) => thing(`t${index}`, index, { namespace }));
    sources.set(namespace, new Source(`things in ${namespace}`, things));
  }
  let indexed = 0;
  const informer = new SharedIndexInformer<Thing, 'size'>({
    listerWatcher: { namespaces: set, source: (namespace) => sources.get(namespace)! },
    indexers: {
      size: ({ spec }) => {
        indexed++;
        return [String(spec.size)];
      },
    },
    clock,
    random: () => 0,
    turns: new Turns({ clock, slice: 0 }),
  });
  informer.on('error', () => undefined);
  const lines: string[] = [];
  informer.addEventHandler((event) => void lines.push(line(event)));
  return { clock, set, sources, informer, indexed: () => indexed, lines, [Symbol.asyncDispose]: () => informer.stop() };
}

const quiet = ({ informer }: World) => {
  const { connected, handlers } = informer.status();
  return informer.hasSynced() && connected && handlers.every(({ lag }) => lag === 0);
};

describe('a namespace that joins', () => {
  test('comes as initial adds; what is there is left alone; hasSynced does not go back', async () => {
    await using w = world({ red: 2, blue: 2 }, new NamespaceSet(['red']));
    w.informer.start();
    await until(() => quiet(w));
    expect(w.lines).toEqual(['add red/t0 initial', 'add red/t1 initial']);
    let hold = () => {};
    w.sources.get('blue')!.hold = new Promise((resolve) => {
      hold = resolve;
    });
    w.set.set(['red', 'blue']);
    await settle(20);
    expect(w.informer.hasSynced()).toBe(true);
    expect(w.informer.status()).toMatchObject({ phase: 'listing', connected: false, everSynced: true });
    w.sources.get('red')!.put(thing('t0', 5, { namespace: 'red' }));
    await until(() => w.lines.length === 3);
    hold();
    await until(() => w.lines.length === 5 && quiet(w));
    expect(w.lines.slice(2)).toEqual(['update red/t0', 'add blue/t0 initial', 'add blue/t1 initial']);
    expect(w.informer.status().phase).toBe('live');
    expect(w.sources.get('red')!.requests).toEqual(['list 0', 'watch 102']);
  });

  test('costs no more than its own objects, however many others there are', async () => {
    await using w = world({ big: 3_000, small: 20 }, new NamespaceSet(['big']));
    w.informer.start();
    await until(() => quiet(w));
    const before = w.indexed();
    w.set.set(['big', 'small']);
    await until(() => w.lines.length === 3_020);
    expect(w.indexed() - before).toBe(20);
    // Nor does a relist of it.
    const source = w.sources.get('small')!;
    source.disconnect();
    source.put(thing('t0', 7, { namespace: 'small' }));
    source.delete('t1', 'small');
    source.connect({ forget: true });
    await settle(10);
    await w.clock.advance(5_000);
    await until(() => w.lines.length === 3_022);
    expect(w.lines.slice(3_020)).toEqual(['delete small/t1 unknown', 'update small/t0']);
    // Of what changed and of what is gone, before and after.
    expect(w.indexed() - before).toBeLessThanOrEqual(24);
  });

  test('comes in slices if it has much, each object with its indexes; a handler that is added meanwhile misses nothing', async () => {
    await using w = world({ big: 3_000, more: 1_500 }, new NamespaceSet(['big']));
    w.informer.start();
    await until(() => quiet(w));
    w.set.set(['big', 'more']);
    await until(() => w.informer.indexer.size > 3_000);
    expect(w.informer.indexer.size).toBeLessThan(4_500);
    const late: string[] = [];
    w.informer.addEventHandler((event) => void late.push(line(event)));
    while (w.informer.indexer.size < 4_500) {
      let found = 0;
      for (const size of new Set(w.informer.indexer.indexValues('size')))
        found += [...w.informer.indexer.byIndex('size', size)].length;
      expect(found).toBe(w.informer.indexer.size);
      await settle(1);
    }
    await until(() => quiet(w) && late.length >= 4_500);
    expect(new Set(late).size).toBe(4_500);
    expect(late.every((each) => each.endsWith(' initial'))).toBe(true);
    expect(w.lines).toHaveLength(4_500);
  });

  test('of which a relist changes much becomes visible in one step', async () => {
    await using w = world({ big: 3_000, more: 1_500 });
    w.informer.start();
    await until(() => quiet(w));
    const source = w.sources.get('more')!;
    source.disconnect();
    for (let index = 0; index < 1_500; index++) source.put(thing(`t${index}`, 9_999, { namespace: 'more' }));
    source.connect({ forget: true });
    await settle(10);
    await w.clock.advance(5_000);
    const seen = new Set<number>();
    for (let turns = 0; turns < 400; turns++) {
      seen.add([...w.informer.indexer.byIndex('size', '9999')].length);
      await settle(1);
    }
    expect([...seen]).toEqual([0, 1_500]);
  });
});

describe('a namespace that leaves', () => {
  test('takes its objects with it, as deletes that say so; its watch is closed; others are not touched', async () => {
    await using w = world({ red: 2, blue: 1 });
    w.informer.start();
    await until(() => quiet(w));
    w.lines.length = 0;
    w.set.set(['blue']);
    await until(() => w.lines.length === 2);
    expect(w.lines).toEqual(['delete red/t0 left', 'delete red/t1 left']);
    expect([...w.informer.indexer.keys()]).toEqual(['blue/t0']);
    expect(w.sources.get('red')!.openWatches).toBe(0);
    expect(w.sources.get('blue')!.requests).toHaveLength(2);
    expect([...w.informer.status().reflectors.keys()]).toEqual(['blue']);
  });

  test('leaves nothing of what was on its way; a late handler hears of the others alone', async () => {
    await using w = world({ red: 1, blue: 1 });
    w.informer.start();
    await until(() => quiet(w));
    w.lines.length = 0;
    w.sources.get('red')!.put(thing('late', 1, { namespace: 'red' }));
    w.set.set(['blue']);
    const late: string[] = [];
    await until(() => w.lines.length > 0);
    w.informer.addEventHandler((event) => void late.push(line(event)));
    await settle(50);
    expect(w.lines).toEqual(['delete red/t0 left']);
    expect(late).toEqual(['add blue/t0 initial']);
  });

  test('and comes back in the same step is told to have left and joined', async () => {
    await using w = world({ red: 1 });
    w.informer.start();
    await until(() => quiet(w));
    w.set.set([]);
    w.set.set(['red']);
    await until(() => w.lines.length === 3 && quiet(w));
    expect(w.lines).toEqual(['add red/t0 initial', 'delete red/t0 left', 'add red/t0 initial']);
  });

  test('while the list of another is prepared does not come back with it', async () => {
    await using w = world({ red: 3_500, big: 3_000 }, new NamespaceSet(['red']));
    w.informer.start();
    await until(() => quiet(w));
    w.set.set(['red', 'big']);
    await until(() => w.lines.length === 6_500 && quiet(w));
    const source = w.sources.get('big')!;
    const before = w.indexed();
    source.disconnect();
    for (let index = 0; index < 3_000; index++) source.put(thing(`t${index}`, 9_999, { namespace: 'big' }));
    source.connect({ forget: true });
    let answer = () => {};
    source.hold = new Promise((resolve) => {
      answer = resolve;
    });
    await settle(10);
    await w.clock.advance(5_000);
    answer();
    // Each of them, and those that stay, have been put into the next state, which is not visible yet.
    await until(() => w.indexed() >= before + 6_500);
    expect([...w.informer.indexer.byIndex('size', '9999')]).toEqual([]);
    w.set.set(['big']);
    await until(() => [...w.informer.indexer.byIndex('size', '9999')].length === 3_000);
    expect(w.informer.indexer.size).toBe(3_000);
    await until(() => quiet(w));
    expect(w.lines.filter((each) => each.endsWith(' left'))).toHaveLength(3_500);
  });

  test('while its own list is prepared is dropped with it', async () => {
    await using w = world({ red: 1, big: 3_000 }, new NamespaceSet(['red']));
    w.informer.start();
    await until(() => quiet(w));
    w.set.set(['red', 'big']);
    const before = w.indexed();
    await until(() => w.indexed() > before + 500);
    w.set.set(['red']);
    await settle(400);
    expect([...w.informer.indexer.keys()]).toEqual(['red/t0']);
    expect(w.lines).toEqual(['add red/t0 initial']);
  });

  test('before it was listed is not waited for', async () => {
    await using w = world({ red: 1, blue: 1 });
    w.sources.get('blue')!.hold = new Promise(() => undefined);
    const { ready } = w.informer.addEventHandler(() => undefined);
    w.informer.start();
    await until(() => w.informer.indexer.size === 1);
    expect(w.informer.hasSynced()).toBe(false);
    w.set.set(['red']);
    expect(w.informer.hasSynced()).toBe(true);
    await ready;
    await w.informer.waitForSync();
  });

  test('for which there are no rights no longer counts', async () => {
    await using w = world({ red: 1, blue: 1 });
    w.sources.get('blue')!.failures.push(status(403));
    w.informer.start();
    await until(() => w.informer.status().phase === 'suspended');
    w.set.set(['red']);
    await until(() => quiet(w));
    expect(w.informer.status()).toMatchObject({ phase: 'live', lastError: undefined });
    expect(w.clock.pendingTimers).toBeLessThan(6);
  });
});

describe('a set', () => {
  test('of nothing has synced; one that is not known has not', async () => {
    await using none = world({}, new NamespaceSet([]));
    none.informer.start();
    expect(none.informer.hasSynced()).toBe(true);
    expect(none.informer.status()).toMatchObject({ phase: 'live', connected: true, lastContactAt: undefined });
    await using unknown = world({ red: 1 }, new NamespaceSet());
    expect(unknown.informer.status().phase).toBe('idle');
    unknown.informer.start();
    await settle(20);
    expect(unknown.informer.hasSynced()).toBe(false);
    expect(unknown.informer.status()).toMatchObject({ phase: 'listing', connected: false });
    unknown.set.set(['red']);
    await until(() => quiet(unknown));
    expect(unknown.lines).toEqual(['add red/t0 initial']);
  });

  test('that was changed before the start counts as it is then; one that is set to what it is changes nothing', async () => {
    await using w = world({ red: 1, blue: 1 });
    w.set.set(['blue']);
    w.informer.start();
    await until(() => quiet(w));
    w.set.set(['blue', 'blue']);
    await settle(20);
    expect(w.lines).toEqual(['add blue/t0 initial']);
    expect(w.sources.get('red')!.requests).toEqual([]);
  });

  test.each([['Red'], [''], ['*'], ['a/b'], ['x'.repeat(64)]])('refuses %j', (name) => {
    const set = new NamespaceSet(['red']);
    const invalid = expect.objectContaining({ code: 'InvalidOption' });
    expect(() => set.set(['blue', name])).toThrowError(invalid);
    expect(() => new NamespaceSet([name])).toThrowError(invalid);
    expect(set.current).toEqual(new Set(['red']));
  });

  test('is let go by an informer that has stopped, in the middle of a change', async () => {
    const w = world({ red: 1_000, blue: 1_000 });
    w.informer.start();
    await until(() => w.informer.indexer.size > 0);
    w.set.set(['blue']);
    await w.informer.stop();
    const requests = w.sources.get('red')!.requests.length;
    w.set.set(['red']);
    await settle(50);
    expect(w.sources.get('red')!.requests).toHaveLength(requests);
    expect(w.sources.get('red')!.openWatches + w.sources.get('blue')!.openWatches).toBe(0);
    expect(w.clock.pendingTimers).toBe(0);
  });
});

test('what left, came back and was deleted, all while the handler was busy, is deleted in earnest', () => {
  const object = thing('a', 1, { uid: '1' });
  const gone: InformerEvent<Thing> = { type: 'delete', object, finalStateUnknown: false };
  const left: InformerEvent<Thing> = { ...gone, leftScope: true };
  const back: InformerEvent<Thing> = { type: 'add', object, isInInitialList: true };
  const merged = (...events: InformerEvent<Thing>[]) => coalesce(events).next().value;
  expect(merged(left, back, gone)).toEqual([gone]);
  expect(merged(left, back)).toEqual([left, back]);
  expect(merged(gone, back, left)).toEqual([gone]);
  expect(merged(left)).toEqual([left]);
});
