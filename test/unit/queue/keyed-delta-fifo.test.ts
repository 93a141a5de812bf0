import { describe, expect, it } from 'vitest';
import { type KeyedDelta, KeyedDeltaFIFO, type KeyedDeltas, type KnownObjects } from '../../../src/queue/index.ts';
import { settle } from '../../../src/testing/index.ts';

interface Item {
  metadata: { name: string };
  value: number;
}

const item = (name: string, value = 0): Item => ({ metadata: { name }, value });

function known(...items: Item[]): KnownObjects<Item> {
  return new Map(items.map((each) => [each.metadata.name, each]));
}

function deltaText(delta: KeyedDelta<Item>): string {
  const unknown = delta.type === 'Deleted' && delta.finalStateUnknown ? '?' : '';
  return `${delta.type}${unknown} ${delta.object?.value ?? 'nothing'}`;
}

const text = ({ key, deltas }: KeyedDeltas<Item>) => `${key}: ${deltas.map(deltaText).join(', ')}`;

function drained(queue: KeyedDeltaFIFO<Item>): string[] {
  const seen: string[] = [];
  for (let deltas = queue.take(); deltas; deltas = queue.take()) seen.push(text(deltas));
  return seen;
}

describe('accumulation', () => {
  it('gathers the deltas of a key in its place in line (TestDeltaFIFO_addUpdate, TestDeltaFIFO_detectLineJumpers)', () => {
    const queue = new KeyedDeltaFIFO<Item>();
    queue.add(item('a', 1));
    queue.add(item('b', 2));
    queue.update(item('a', 3));
    queue.delete(item('a', 4));
    expect(queue.length).toBe(2);
    expect(text(queue.take()!)).toBe('a: Added 1, Updated 3, Deleted 4');
    queue.add(item('a', 5));
    expect(drained(queue)).toEqual(['b: Added 2', 'a: Added 5']);
  });

  it('collapses a list into what is queued (TestDeltaFIFO_addReplace, TestDeltaFIFO_replaceWithDeleteDeltaIn)', () => {
    const queue = new KeyedDeltaFIFO<Item>({ knownObjects: known(item('b', 1)) });
    queue.add(item('a', 1));
    queue.delete(item('b', 2));
    queue.replace([item('a', 3), item('b', 4)]);
    expect(drained(queue)).toEqual(['a: Added 1, Replaced 3', 'b: Deleted 2, Replaced 4']);
  });

  it('keeps the order of each of two producers (TestDeltaFIFO_basic)', async () => {
    const queue = new KeyedDeltaFIFO<Item>();
    const produce = async (name: string) => {
      for (let at = 1; at <= 500; at++) {
        queue.update(item(name, at));
        if (at % 11 === 0) await settle(1);
      }
    };
    const producing = Promise.all([produce('a'), produce('b')]).then(() => queue.close());
    const seen: Record<string, number[]> = { a: [], b: [] };
    for await (const { key, deltas } of queue) for (const { object } of deltas) seen[key]!.push(object!.value);
    await producing;
    const all = Array.from({ length: 500 }, (_, at) => at + 1);
    expect(seen).toEqual({ a: all, b: all });
  });

  it('refuses an object without name and changes nothing (KEY-2)', () => {
    const queue = new KeyedDeltaFIFO<Item>();
    expect(() => queue.replace([item('a'), item('')])).toThrow(/metadata.name/);
    expect(() => queue.add(item(''))).toThrow(/metadata.name/);
    expect(queue.length).toBe(0);
    expect(queue.hasSynced).toBe(false);
  });
});

describe('deletions', () => {
  it('of what nobody has are dropped (TestDeltaFIFO_enqueueingNoLister)', () => {
    const queue = new KeyedDeltaFIFO<Item>();
    queue.delete(item('a'));
    queue.forget('b');
    expect(queue.length).toBe(0);
    expect(queue.hasSynced).toBe(true);
  });

  it('of what is known are queued (TestDeltaFIFO_enqueueingWithLister)', () => {
    const queue = new KeyedDeltaFIFO<Item>({ knownObjects: known(item('a', 1), item('b', 2)) });
    queue.delete(item('a', 3));
    queue.forget('b');
    queue.delete(item('c', 4));
    expect(drained(queue)).toEqual(['a: Deleted 3', 'b: Deleted? 2']);
  });

  it('of what is only queued stay beside it (TestDeltaFIFO_DeleteExistingNonPropagated)', () => {
    const queue = new KeyedDeltaFIFO<Item>({ knownObjects: known() });
    queue.add(item('a', 1));
    queue.delete(item('a', 2));
    expect(drained(queue)).toEqual(['a: Added 1, Deleted 2']);
  });

  it.each([
    ['both seen: the first', ['delete', 'delete'], 'Deleted 1'],
    ['the second seen: the second', ['forget', 'delete'], 'Deleted 2'],
    ['the first seen: the first', ['delete', 'forget'], 'Deleted 1'],
    ['none seen: one', ['forget', 'forget'], 'Deleted? 0'],
  ])('in a row are one; %s', (_, verbs, expected) => {
    const queue = new KeyedDeltaFIFO<Item>({ knownObjects: known(item('a', 0)) });
    for (const [index, verb] of verbs.entries()) {
      if (verb === 'delete') queue.delete(item('a', index + 1));
      else queue.forget('a');
    }
    expect(drained(queue)).toEqual([`a: ${expected}`]);
  });
});

describe('a list makes up for missed deletions', () => {
  const scenarios: [string, (queue: KeyedDeltaFIFO<Item>) => void, string[]][] = [
    [
      'of what is known (TestDeltaFIFO_ReplaceMakesDeletions)',
      (queue) => {
        queue.delete(item('a', 9));
        queue.replace([item('c', 5)]);
      },
      ['a: Deleted 9', 'c: Replaced 5', 'b: Deleted? 2'],
    ],
    [
      'with the newest state that was queued (TestDeltaFIFO_ReplaceMakesDeletionsReplaced)',
      (queue) => {
        queue.add(item('a', 7));
        queue.replace([item('b', 6)]);
      },
      ['a: Added 7, Deleted? 7', 'b: Replaced 6'],
    ],
    [
      'of what is only queued (TestDeltaFIFOW_ReplaceMakesDeletionsForObjectsOnlyInQueue)',
      (queue) => {
        queue.add(item('x', 3));
        queue.replace([item('a', 1), item('b', 2)]);
      },
      ['x: Added 3, Deleted? 3', 'a: Replaced 1', 'b: Replaced 2'],
    ],
    [
      'once, however many lists lack it',
      (queue) => {
        queue.add(item('x', 3));
        queue.replace([item('a', 1), item('b', 2)]);
        queue.replace([item('a', 4), item('b', 5)]);
      },
      ['x: Added 3, Deleted? 3', 'a: Replaced 1, Replaced 4', 'b: Replaced 2, Replaced 5'],
    ],
    [
      'again if it came back in between',
      (queue) => {
        queue.add(item('x', 3));
        queue.delete(item('x', 4));
        queue.add(item('x', 5));
        queue.replace([item('a', 1), item('b', 2)]);
      },
      ['x: Added 3, Deleted 4, Added 5, Deleted? 5', 'a: Replaced 1', 'b: Replaced 2'],
    ],
    [
      'but not of what could not be read',
      (queue) => queue.replace([item('b', 5)], '1', new Set(['a'])),
      ['b: Replaced 5'],
    ],
  ];

  it.each(scenarios)('%s', (_, act, expected) => {
    const queue = new KeyedDeltaFIFO<Item>({ knownObjects: known(item('a', 1), item('b', 2)) });
    act(queue);
    expect(drained(queue)).toEqual(expected);
  });
});

describe('resync', () => {
  it('queues what is known and idle (TestDeltaFIFO_Resync, TestDeltaFIFO_UpdateResyncRace, TestDeltaFIFO_ResyncNonExisting)', () => {
    const queue = new KeyedDeltaFIFO<Item>({ knownObjects: known(item('a', 1), item('b', 2), item('c', 3)) });
    queue.update(item('a', 4));
    queue.delete(item('b', 5));
    queue.resync();
    queue.resync();
    expect(drained(queue)).toEqual(['a: Updated 4', 'b: Deleted 5', 'c: Sync 3']);
  });

  it('does nothing when nothing is known', () => {
    const queue = new KeyedDeltaFIFO<Item>();
    queue.resync();
    expect(queue.length).toBe(0);
  });
});

describe('hasSynced (TestDeltaFIFO_HasSynced, TestDeltaFIFO_HasSyncedCorrectOnDeletion)', () => {
  const twice = [item('a', 1), item('a', 2)];
  const cases: [string, (queue: KeyedDeltaFIFO<Item>) => void, boolean][] = [
    ['nothing happened', () => undefined, false],
    ['something came first', (queue) => queue.add(item('a')), true],
    ['an empty list came', (queue) => queue.replace([]), true],
    ['two objects wait', (queue) => queue.replace([item('a'), item('b')]), false],
    [
      'the last one is being processed',
      (queue) => {
        queue.replace([item('a'), item('b')]);
        queue.take();
        queue.take();
      },
      false,
    ],
    [
      'all are processed',
      (queue) => {
        queue.replace([item('a'), item('b')]);
        drained(queue);
      },
      true,
    ],
    [
      'an object was listed twice and is processed',
      (queue) => {
        queue.replace(twice);
        queue.take();
        queue.take();
      },
      true,
    ],
  ];

  it.each(cases)('when %s', (_, act, expected) => {
    const queue = new KeyedDeltaFIFO<Item>();
    act(queue);
    expect(queue.hasSynced).toBe(expected);
  });

  it('waits for the deletions of the first list too, and marks all as initial', () => {
    const queue = new KeyedDeltaFIFO<Item>({ knownObjects: known(item('old', 1)) });
    queue.replace([item('a')]);
    queue.add(item('later'));
    const flags: boolean[] = [];
    const synced: boolean[] = [];
    for (let deltas = queue.take(); deltas; deltas = queue.take()) {
      flags.push(deltas.isInInitialList);
      synced.push(queue.hasSynced);
    }
    expect(flags).toEqual([true, true, false]);
    expect(synced).toEqual([false, false, true]);
  });
});

describe('close', () => {
  it('lets all who wait go (TestDeltaFIFO_PopShouldUnblockWhenClosed)', async () => {
    const queue = new KeyedDeltaFIFO<Item>();
    const popped = Array.from({ length: 10 }, () => queue.pop());
    queue.close();
    expect(await Promise.all(popped)).toEqual(Array.from({ length: 10 }, () => undefined));
  });

  it('lets nothing in, and out what is in', async () => {
    const queue = new KeyedDeltaFIFO<Item>({ knownObjects: known(item('k')) });
    queue.add(item('a', 1));
    queue.close();
    queue.update(item('a', 2));
    queue.delete(item('k'));
    queue.forget('k');
    queue.replace([item('b')]);
    queue.resync();
    const seen: string[] = [];
    for await (const deltas of queue) seen.push(text(deltas));
    expect(seen).toEqual(['a: Added 1']);
  });
});

it('holds its producer back by the number of deltas', async () => {
  const queue = new KeyedDeltaFIFO<Item>({ highWaterMark: 4 });
  for (let at = 0; at < 4; at++) queue.update(item('hot', at));
  let free = false;
  void queue.ready()?.then(() => (free = true));
  await settle(1);
  expect(free).toBe(false);
  queue.take();
  await settle(1);
  expect(free).toBe(true);
});
