/** What client-go tests of its controller, its shared informers and its handlers, and the unit tests of ours do not show under its names. */
import { describe, expect, test } from 'vitest';
import { pipeline, SharedIndexInformer } from '../../src/informer/index.ts';
import { keyOf } from '../../src/kubernetes/index.ts';
import { DeltaFIFO } from '../../src/queue/index.ts';
import { Reflector } from '../../src/reflector/index.ts';
import { FakeClock, settle } from '../../src/testing/index.ts';
import { line, record, rig, synced } from '../unit/informer/rig.ts';
import { Source, type Thing, thing, until } from '../unit/informer/source.ts';

describe('the examples', () => {
  test('Example: a queue and a reflector, wired by hand, that delete whatever they see', async () => {
    const source = new Source(
      'things',
      ['a', 'b', 'c'].map((name) => thing(name)),
    );
    const queue = new DeltaFIFO<Thing>();
    const stopper = new AbortController();
    const clock = new FakeClock();
    const running = new Reflector({ listerWatcher: source, store: queue, clock }).run(stopper.signal);
    const deleted: string[] = [];
    for await (const delta of queue) {
      if (delta.type === 'Replaced') for (const { metadata } of delta.objects) source.delete(metadata.name);
      if (delta.type === 'Deleted') deleted.push(keyOf(delta.object));
      if (deleted.length === 3) queue.close();
    }
    stopper.abort();
    await running;
    expect(deleted).toEqual(['shop/a', 'shop/b', 'shop/c']);
  });

  test('ExampleNewInformer: the same with an informer', async () => {
    await using r = rig(['a', 'b', 'c'].map((name) => thing(name)));
    const deleted: string[] = [];
    r.informer.addEventHandler({
      onAdd: ({ metadata }) => void r.source.delete(metadata.name),
      onDelete: (object) => void deleted.push(keyOf(object)),
    });
    r.informer.start();
    await until(() => deleted.length === 3);
    expect(deleted).toEqual(['shop/a', 'shop/b', 'shop/c']);
    expect(r.informer.indexer.size).toBe(0);
  });
});

describe('what goes wrong in code of the user', () => {
  test('TestPanicPropagated: what a handler throws is reported as it is (adapted: it does not end the informer)', async () => {
    await using r = await synced([thing('a')]);
    const thrown = new RangeError('mine');
    r.informer.addEventHandler(() => {
      throw thrown;
    });
    await until(() => r.errors.length === 1);
    expect(r.errors[0]).toMatchObject({ code: 'HandlerFailed' });
    expect(r.errors[0]!.cause).toBe(thrown);
    expect(r.informer.status().phase).toBe('live');
  });

  const batches: [string, string, number[], string[], number][] = [
    ['(a)', 'all succeed', [1, 2, 3], ['add t0 1', 'add t1 2', 'add t2 3'], 0],
    ['(b)', 'all fail', [13, 13, 13], [], 3],
    ['(c)', 'the one in the middle fails', [1, 13, 3], ['add t0 1', 'add t2 3'], 1],
    ['(d)', 'the first and the last fail', [13, 2, 13], ['add t1 2'], 2],
  ];
  test.each(batches)(
    'TestProcessDeltasInBatch %s: when %s the handler hears of what succeeded, in order (adapted: the transform fails)',
    async (_, _what, sizes, expected, failures) => {
      const transform = (object: Thing) => {
        if (object.spec.size === 13) throw new Error('odd');
        return object;
      };
      await using r = await synced([], { transform });
      const { lines } = record(r.informer);
      for (const [at, size] of sizes.entries()) r.source.put(thing(`t${at}`, size));
      await until(() => lines.length === expected.length && r.errors.length === failures);
      await settle();
      expect(lines).toEqual(expected);
      expect(r.errors.every(({ code }) => code === 'TransformFailed')).toBe(true);
      expect(r.informer.indexer.size).toBe(expected.length);
    },
  );

  test('TestStoreResourceVersionWithNonMetaTransform: what is no object does not get in; the version is that of the last list (adapted: it is reported)', async () => {
    const transform = ({ metadata }: Thing) => metadata.name as unknown as Thing;
    await using r = await synced([thing('a')], { transform });
    const listed = r.source.version;
    r.source.put(thing('a', 2));
    await until(() => r.errors.length === 2);
    expect(r.informer.indexer.size).toBe(0);
    expect(r.informer.status().resourceVersion).toBe(listed);
    r.source.disconnect();
    r.source.connect({ forget: true });
    await r.clock.advance(5_000);
    await until(() => r.informer.status().resourceVersion === r.source.version);
  });

  test('TestTransformingInformerRace: nothing is transformed twice, resyncs and relists included; readers see transformed objects only', async () => {
    const transform = (object: Thing) => {
      if (object.spec.size < 0) throw new Error('was transformed before');
      return { ...object, spec: { size: -1 - object.spec.size } };
    };
    await using r = await synced([thing('a'), thing('b')], { transform, resyncPeriod: 1_000 });
    const positive: string[] = [];
    const look = () => {
      for (const { metadata, spec } of r.informer.indexer.values()) if (spec.size >= 0) positive.push(metadata.name);
    };
    const { lines } = record(r.informer);
    r.informer.addEventHandler(look);
    for (let round = 1; round <= 20; round++) {
      r.source.put(thing('a', round));
      if (round % 5 === 0) {
        r.source.disconnect();
        r.source.connect({ forget: true });
      }
      await r.clock.advance(1_500);
      look();
    }
    expect(lines.some((text) => text.endsWith('resync'))).toBe(true);
    expect(r.errors.filter(({ code }) => code === 'TransformFailed')).toEqual([]);
    expect(positive).toEqual([]);
  });
});

describe('a relist', () => {
  const relists: [string, string, string[], string[], string[]][] = [
    ['(a)', 'onto an empty cache', [], ['a1', 'b1'], ['add a 1', 'add b 1']],
    ['(b)', 'of nothing', ['a1', 'b1'], [], ['delete a 1 unknown', 'delete b 1 unknown']],
    ['(c)', 'with all kinds of change', ['a1', 'b1'], ['b2', 'c1'], ['delete a 1 unknown', 'update b 1>2', 'add c 1']],
    ['(d)', 'tells of deletions first', ['z1', 'a1'], ['a2'], ['delete z 1 unknown', 'update a 1>2']],
    [
      '(e)',
      'is in the cache as a whole before the first call',
      ['a1', 'b1', 'c1'],
      ['c5'],
      ['delete a 1 unknown', 'delete b 1 unknown', 'update c 1>5'],
    ],
  ];
  const parse = (text: string) => thing(text[0]!, Number(text.slice(1)));

  test.each(relists)('TestReplaceEvents %s: %s', async (_, _what, before, after, expected) => {
    await using r = await synced(before.map(parse));
    const lines: string[] = [];
    const views = new Set<string>();
    const cached = () =>
      Array.from(r.informer.indexer.values(), ({ metadata, spec }) => `${metadata.name}${spec.size}`);
    const registration = r.informer.addEventHandler((event) => {
      lines.push(line(event));
      views.add(cached().sort().join(' '));
    });
    await registration.ready;
    lines.length = 0;
    views.clear();
    r.source.disconnect();
    for (const name of r.source.objects.keys()) r.source.objects.delete(name);
    for (const object of after.map(parse)) {
      const uid = r.informer.indexer.get(keyOf(object))?.metadata.uid;
      r.source.put({ ...object, metadata: { ...object.metadata, uid: uid ?? '' } });
    }
    r.source.connect({ forget: true });
    await r.clock.advance(5_000);
    await until(() => lines.length === expected.length);
    expect(lines).toEqual(expected);
    expect([...views]).toEqual([after.join(' ')]);
  });
});

describe('deleted objects', () => {
  test.each(['seen', 'unseen'])(
    'TestDeletionHandlingObjectToName, TestDeletedObjectGetObjectName, TestDeletedObjectGetKey: have their name and key, %s or not (adapted: there is always an object)',
    async (how) => {
      await using r = await synced([
        thing('a', 1),
        { ...thing('b', 1), metadata: { ...thing('b').metadata, namespace: '' } },
      ]);
      const keys: string[] = [];
      r.informer.addEventHandler({
        onDelete: (object, { finalStateUnknown }) =>
          void keys.push(`${keyOf(object)} ${object.metadata.namespace}/${object.metadata.name} ${finalStateUnknown}`),
      });
      if (how === 'unseen') r.source.disconnect();
      r.source.delete('a');
      r.source.objects.delete('b');
      r.source.connect({ forget: how === 'unseen' });
      await r.clock.advance(5_000);
      await until(() => keys.length >= 1);
      expect(keys).toEqual(how === 'unseen' ? ['shop/a shop/a true', 'b /b true'] : ['shop/a shop/a false']);
    },
  );
});

describe('handlers', () => {
  test('TestReflectorResyncChan: a resync timer fires after its period, again and again (adapted: each handler has its own)', async () => {
    await using r = await synced([thing('a')]);
    const { lines } = record(r.informer, { resyncPeriod: 1_000 });
    await until(() => lines.length === 1);
    await r.clock.advance(999);
    expect(lines).toHaveLength(1);
    await r.clock.advance(1);
    expect(lines).toHaveLength(2);
    await r.clock.advance(1_000);
    expect(lines).toHaveLength(3);
  });

  test('TestListenerResyncPeriodsDelayed: periods count from the start, however late that is', async () => {
    await using r = rig([thing('a')]);
    const all = [0, 2_000, 3_000].map((resyncPeriod) => record(r.informer, { resyncPeriod }));
    const counts = () => all.map(({ lines }) => lines.length);
    await r.clock.advance(1_000);
    expect(counts()).toEqual([0, 0, 0]);
    r.informer.start();
    await until(() => counts().every((count) => count === 1));
    await r.clock.advance(2_000);
    expect(counts()).toEqual([1, 2, 1]);
    await r.clock.advance(1_000);
    expect(counts()).toEqual([1, 2, 2]);
  });

  test('TestSharedInformerRemoveForeignHandler: whoever removes a handler of one informer touches no other', async () => {
    await using one = await synced([thing('a')]);
    await using other = await synced([thing('a')]);
    const mine = record(one.informer);
    const foreign = record(other.informer);
    await Promise.all([mine.registration.ready, foreign.registration.ready]);
    await foreign.registration.remove();
    one.source.put(thing('b'));
    other.source.put(thing('b'));
    await until(() => mine.lines.length === 2 && other.informer.indexer.size === 2);
    expect(one.informer.status().handlers).toHaveLength(1);
    expect(foreign.lines).toHaveLength(1);
  });

  test('TestRemoveEventHandler_AsynchronousPanic: a resource may be closed when remove has resolved, and not before (adapted: it waits)', async () => {
    await using r = await synced([thing('a')]);
    let open = true;
    let release = () => {};
    const registration = r.informer.addEventHandler(async () => {
      await new Promise<void>((resolve) => (release = resolve));
      if (!open) throw new Error('the resource is closed');
    });
    await settle();
    const removed = registration.remove().then(() => {
      open = false;
    });
    await settle();
    expect(open).toBe(true);
    release();
    await removed;
    await settle();
    expect(open).toBe(false);
    expect(r.errors).toEqual([]);
  });

  test('TestTypedResourceEventHandlerFuncs: the functions that are there are called, the others are not missed', async () => {
    await using r = await synced([thing('a', 1)]);
    const calls: string[] = [];
    r.informer.addEventHandler({});
    r.informer.addEventHandler({ onAdd: (object) => void calls.push(`add ${object.spec.size}`) });
    r.informer.addEventHandler({
      onUpdate: (old, object) => void calls.push(`update ${old.spec.size}>${object.spec.size}`),
    });
    r.informer.addEventHandler({ onDelete: (object) => void calls.push(`delete ${object.spec.size}`) });
    await until(() => calls.length === 1);
    r.source.put(thing('a', 2));
    r.source.delete('a');
    await until(() => calls.length === 3);
    expect(calls).toEqual(['add 1', 'update 1>2', 'delete 2']);
    expect(r.errors).toEqual([]);
  });

  test('TestTypedResourceEventHandlerDetailedFuncs: adds say whether they are of the initial list', async () => {
    await using r = await synced([thing('a', 1)]);
    const calls: string[] = [];
    r.informer.addEventHandler({
      onAdd: ({ metadata }, { isInInitialList }) => void calls.push(`${metadata.name} ${isInInitialList}`),
    });
    r.source.put(thing('b', 1));
    await until(() => calls.length === 2);
    expect(calls).toEqual(['a true', 'b false']);
  });

  test('TestTypedFilteringResourceEventHandler: what passes the filter is there, what does not is not', async () => {
    await using r = await synced();
    const lines: string[] = [];
    const big = pipeline<Thing>().filter(({ spec }) => spec.size >= 10);
    r.informer.addEventHandler(big.to((event) => void lines.push(line(event))));
    for (const [name, ...sizes] of [
      ['in', 10, 11],
      ['comes', 1, 10],
      ['goes', 10, 1],
      ['out', 1, 2],
    ] as const) {
      for (const size of sizes) r.source.put(thing(name, size));
    }
    for (const name of ['in', 'comes', 'goes', 'out']) r.source.delete(name);
    await until(() => lines.length === 7);
    await settle();
    expect(lines).toEqual([
      'add in 10',
      'update in 10>11',
      'add comes 10',
      'add goes 10',
      'delete goes 10',
      'delete in 11',
      'delete comes 10',
    ]);
  });

  test('TestTypedResourceEventHandlerAdapter: each kind of event has its type, a tombstone its mark (adapted: there is one kind of handler)', async () => {
    await using r = await synced([thing('a', 1), thing('b', 1)]);
    const { lines } = record(r.informer);
    await until(() => lines.length === 2);
    r.source.put(thing('a', 2));
    r.source.delete('a');
    await until(() => lines.length === 4);
    r.source.disconnect();
    r.source.delete('b');
    r.source.connect({ forget: true });
    await r.clock.advance(5_000);
    await until(() => lines.length === 5);
    expect(lines.slice(2)).toEqual(['update a 1>2', 'delete a 2', 'delete b 1 unknown']);
  });

  test('TestTypedSharedIndexInformerAddTypedIndexers, TestTypedSharedIndexInformerGetTypedIndexer: names of indexes are types, and errors reach the caller', async () => {
    await using r = await synced<'size'>([thing('a', 1)], { indexers: { size: ({ spec }) => [String(spec.size)] } });
    const more = r.informer.addIndexers({ initial: ({ metadata }) => [metadata.name[0]!] });
    expect(more.indexer).toBe(r.informer.indexer);
    expect([...more.indexer.byIndex('initial', 'a')]).toEqual([...more.indexer.byIndex('size', '1')]);
    expect(() => r.informer.addIndexers({ size: () => [] })).toThrowError(
      expect.objectContaining({ code: 'InvalidOption' }),
    );
    // @ts-expect-error No such index was declared.
    expect(() => r.informer.indexer.byIndex('color', 'red')).toThrowError(/no index named "color"/);
  });
});

test('TestMain: an informer on the clock of the process leaves nothing that keeps the process alive (adapted: looked at here)', async () => {
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const informer = new SharedIndexInformer<Thing>({
    listerWatcher: new Source('things', [thing('a')]),
    resyncPeriod: 60_000,
  });
  const { registration } = record(informer);
  informer.start();
  await registration.ready;
  await until(() => informer.status().phase === 'live');
  expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBeGreaterThan(before);
  await informer.stop();
  expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')).toHaveLength(before);
});
