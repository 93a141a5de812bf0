import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Delta, DeltaFIFO } from '../../../src/queue/index.ts';
import { settle } from '../../../src/testing/index.ts';

type Item = string;

function drained(queue: DeltaFIFO<Item>): string[] {
  const seen: string[] = [];
  for (let delta = queue.take(); delta; delta = queue.take()) seen.push(text(delta));
  return seen;
}

function text(delta: Delta<Item>): string {
  if ('object' in delta) return `${delta.type} ${delta.object}`;
  if (delta.type === 'Forgotten') return `Forgotten ${delta.key}`;
  if (delta.type === 'Replaced') return `Replaced [${delta.objects.join(' ')}]@${delta.resourceVersion}`;
  return delta.type === 'Bookmark' ? `Bookmark @${delta.resourceVersion}` : delta.type;
}

describe('order', () => {
  it('holds over all keys, and nothing is collapsed (TestRealFIFO_addUpdate, TestRealFIFO_detectLineJumpers)', () => {
    const queue = new DeltaFIFO<Item>();
    queue.add('a1');
    queue.add('b1');
    queue.update('a2');
    queue.delete('b1');
    queue.add('b2');
    queue.delete('a2');
    expect(queue.length).toBe(6);
    expect(drained(queue)).toEqual(['Added a1', 'Added b1', 'Updated a2', 'Deleted b1', 'Added b2', 'Deleted a2']);
  });

  it('holds for each of two producers, and nothing is lost (TestRealFIFO_basic)', async () => {
    const queue = new DeltaFIFO<Item>();
    const produce = async (name: string) => {
      for (let at = 0; at < 500; at++) {
        queue.add(`${name}${at}`);
        if (at % 7 === 0) await settle(1);
      }
    };
    const producing = Promise.all([produce('a'), produce('b')]).then(() => queue.close());
    const seen: string[] = [];
    for await (const delta of queue) seen.push(text(delta).slice('Added '.length));
    await producing;
    for (const name of ['a', 'b']) {
      const own = seen.filter((entry) => entry.startsWith(name));
      expect(own).toEqual(Array.from({ length: 500 }, (_, at) => `${name}${at}`));
    }
  });

  it.each([
    ['TestRealFIFO_addReplace', (queue: DeltaFIFO<Item>) => queue.add('a1'), 'Added a1'],
    ['TestRealFIFO_replaceWithDeleteDeltaIn', (queue: DeltaFIFO<Item>) => queue.delete('a1'), 'Deleted a1'],
    ['TestRealFIFO_enqueueingNoLister', (queue: DeltaFIFO<Item>) => queue.forget('x'), 'Forgotten x'],
  ])('keeps what came before a list (%s)', (_, before, first) => {
    const queue = new DeltaFIFO<Item>();
    before(queue);
    queue.replace(['a2'], '9');
    expect(drained(queue)).toEqual([first, 'Replaced [a2]@9']);
  });

  it('has a list, a resync and a bookmark as one delta each (TestRealFIFO_ReplaceAtomic, TestRealFIFO_ReplaceAtomicPop, TestRealFIFO_ResyncAtomic)', () => {
    const queue = new DeltaFIFO<Item>();
    queue.add('a');
    queue.replace(['a', 'b'], '5');
    queue.bookmark('6');
    queue.resync();
    queue.replace([], '7');
    expect(drained(queue)).toEqual(['Added a', 'Replaced [a b]@5', 'Bookmark @6', 'Sync', 'Replaced []@7']);
  });
});

describe('hasSynced (TestRealFIFO_HasSynced, TestRealFIFO_HasSyncedCorrectOnDeletion)', () => {
  const cases: [string, (queue: DeltaFIFO<Item>) => void, boolean][] = [
    ['nothing happened', () => undefined, false],
    ['something came before any list', (queue) => queue.add('a'), true],
    ['a list is queued', (queue) => queue.replace([], '1'), false],
    [
      'the list was handed out',
      (queue) => {
        queue.replace(['a'], '1');
        queue.take();
      },
      false,
    ],
    [
      'the list was processed',
      (queue) => {
        queue.replace(['a'], '1');
        queue.take();
        queue.take();
      },
      true,
    ],
    [
      'a bookmark stood before the list and only that was processed',
      (queue) => {
        queue.bookmark('1');
        queue.replace(['a'], '1');
        queue.take();
        queue.take();
      },
      false,
    ],
    [
      'the list came while a bookmark was being processed',
      (queue) => {
        queue.bookmark('1');
        queue.take();
        queue.replace(['a'], '1');
        queue.take();
      },
      false,
    ],
    [
      'a second list waits',
      (queue) => {
        queue.replace(['a'], '1');
        queue.take();
        queue.take();
        queue.replace(['b'], '2');
      },
      true,
    ],
    ['only a bookmark came', (queue) => queue.bookmark('1'), false],
    ['only a resync was asked for', (queue) => queue.resync(), false],
  ];

  it.each(cases)('when %s', (_, act, expected) => {
    const queue = new DeltaFIFO<Item>();
    act(queue);
    expect(queue.hasSynced).toBe(expected);
  });

  it('is right for a consumer that takes the list inside onAvailable', () => {
    const queue: DeltaFIFO<Item> = new DeltaFIFO<Item>({ onAvailable: () => void drained(queue) });
    queue.replace(['a'], '1');
    expect(queue.hasSynced).toBe(true);
  });
});

describe('pop', () => {
  it('waits for a delta', async () => {
    const queue = new DeltaFIFO<Item>();
    const popped = queue.pop();
    queue.add('a');
    expect(text((await popped)!)).toBe('Added a');
  });

  it('returns to all who wait when the queue is closed (TestRealFIFO_PopShouldUnblockWhenClosed)', async () => {
    const queue = new DeltaFIFO<Item>();
    const popped = Array.from({ length: 10 }, () => queue.pop());
    queue.close();
    expect(await Promise.all(popped)).toEqual(Array.from({ length: 10 }, () => undefined));
  });

  it('gives each of several waiting ones a delta of its own', async () => {
    const queue = new DeltaFIFO<Item>();
    const popped = [queue.pop(), queue.pop(), queue.pop()];
    queue.add('a');
    queue.add('b');
    await settle();
    queue.add('c');
    expect((await Promise.all(popped)).map((delta) => text(delta!))).toEqual(['Added a', 'Added b', 'Added c']);
  });

  it('lets an abort end one wait and not the others', async () => {
    const queue = new DeltaFIFO<Item>();
    const controller = new AbortController();
    const [first, second] = [queue.pop(controller.signal), queue.pop()];
    controller.abort();
    expect(await first).toBeUndefined();
    queue.add('a');
    expect(text((await second)!)).toBe('Added a');
    queue.add('b');
    expect(await queue.pop(controller.signal)).toBeUndefined();
    expect(queue.length).toBe(1);
  });
});

it('hands out what is in after close, and lets nothing in', async () => {
  const queue = new DeltaFIFO<Item>();
  queue.replace(['a'], '1');
  queue.close();
  queue.close();
  queue.add('b');
  queue.replace(['c'], '2');
  queue.bookmark('3');
  queue.resync();
  expect(text((await queue.pop())!)).toBe('Replaced [a]@1');
  expect(await queue.pop()).toBeUndefined();
  expect(queue.hasSynced).toBe(true);
});

it('calls onAvailable once for each time that it was empty', () => {
  let calls = 0;
  const queue = new DeltaFIFO<Item>({ onAvailable: () => calls++ });
  queue.add('a');
  queue.add('b');
  drained(queue);
  queue.bookmark('1');
  expect(calls).toBe(2);
});

describe('back-pressure', () => {
  it('holds from the mark on until half is left', async () => {
    const queue = new DeltaFIFO<Item>({ highWaterMark: 4 });
    for (const item of ['a', 'b', 'c']) queue.add(item);
    expect(queue.ready()).toBeUndefined();
    queue.add('d');
    let free = false;
    void queue.ready()?.then(() => (free = true));
    queue.take();
    await settle(1);
    expect(free).toBe(false);
    queue.take();
    await settle(1);
    expect(free).toBe(true);
    expect(queue.ready()).toBeUndefined();
  });

  it('ends with close', async () => {
    const queue = new DeltaFIFO<Item>({ highWaterMark: 1 });
    queue.add('a');
    const held = queue.ready();
    queue.close();
    await held;
    expect(queue.ready()).toBeUndefined();
  });

  it.each([0, -1, Number.NaN])('has no mark of %s', (highWaterMark) => {
    expect(() => new DeltaFIFO({ highWaterMark })).toThrow(/highWaterMark/);
  });
});

describe('random use', () => {
  interface Model {
    line: string[];
    /** Deltas of the initial population that are not processed; `undefined` before anything came in. */
    initial: number | undefined;
    processing: boolean;
    closed: boolean;
  }

  type Command = fc.Command<Model, DeltaFIFO<Item>>;

  function command(
    name: string,
    enters: string,
    kind: 'change' | 'list' | 'neutral',
    run: (queue: DeltaFIFO<Item>) => void,
  ): Command {
    return {
      check: () => true,
      run(model, queue) {
        run(queue);
        if (model.closed) return;
        model.line.push(enters);
        if (model.initial === undefined && kind === 'change') model.initial = 0;
        if (model.initial === undefined && kind === 'list')
          model.initial = model.line.length + Number(model.processing);
        agree(model, queue);
      },
      toString: () => name,
    };
  }

  function agree(model: Model, queue: DeltaFIFO<Item>): void {
    expect(queue.length).toBe(model.line.length);
    expect(queue.hasSynced).toBe(model.initial === 0);
    expect(queue.ready() !== undefined).toBe(!model.closed && model.line.length >= 1_500);
  }

  const take: Command = {
    check: () => true,
    run(model, queue) {
      if (model.processing && model.initial) model.initial--;
      const expected = model.line.shift();
      model.processing = expected !== undefined;
      const delta = queue.take();
      expect(delta && text(delta)).toBe(expected);
      agree(model, queue);
    },
    toString: () => 'take',
  };
  const close: Command = {
    check: () => true,
    run(model, queue) {
      queue.close();
      model.closed = true;
      agree(model, queue);
    },
    toString: () => 'close',
  };
  const many: Command = {
    check: (model) => !model.closed,
    run(model, queue) {
      for (let at = 0; at < 1_100; at++) {
        queue.update(`m${at}`);
        model.line.push(`Updated m${at}`);
      }
      model.initial ??= 0;
      agree(model, queue);
    },
    toString: () => 'many',
  };
  const takeMany: Command = {
    check: () => true,
    run: (model, queue) => {
      for (let at = 0; at < 700; at++) void take.run(model, queue);
    },
    toString: () => 'takeMany',
  };
  const item = fc.constantFrom('a', 'b', 'c');
  const commands = [
    item.map((name) => command(`add(${name})`, `Added ${name}`, 'change', (queue) => queue.add(name))),
    item.map((name) => command(`update(${name})`, `Updated ${name}`, 'change', (queue) => queue.update(name))),
    item.map((name) => command(`delete(${name})`, `Deleted ${name}`, 'change', (queue) => queue.delete(name))),
    item.map((name) => command(`forget(${name})`, `Forgotten ${name}`, 'change', (queue) => queue.forget(name))),
    fc
      .array(item)
      .map((names) =>
        command(`replace(${names})`, `Replaced [${names.join(' ')}]@1`, 'list', (queue) => queue.replace(names, '1')),
      ),
    fc.constant(command('resync', 'Sync', 'neutral', (queue) => queue.resync())),
    fc.constant(command('bookmark', 'Bookmark @2', 'neutral', (queue) => queue.bookmark('2'))),
    fc.constant(take),
    fc.constant(take),
    fc.constant(takeMany),
    fc.constant(many),
    fc.constant(close),
  ];

  it('agrees with a plain list', () => {
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 60 }), (run) => {
        const model: Model = { line: [], initial: undefined, processing: false, closed: false };
        fc.modelRun(() => ({ model, real: new DeltaFIFO<Item>({ highWaterMark: 1_500 }) }), run);
      }),
      { numRuns: 300 },
    );
  });
});
