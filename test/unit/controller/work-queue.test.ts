import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { FifoStorage, type QueueEntry, WorkQueue } from '../../../src/controller/index.ts';
import { FakeClock, settle } from '../../../src/testing/index.ts';
import { isCollected } from './fixtures.ts';

/** Whether `promise` has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await settle();
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

/** A storage that tells how often it was touched. */
class TouchedStorage extends FifoStorage<string> {
  readonly touched: string[] = [];

  override touch(entry?: QueueEntry<string>): void {
    if (entry) this.touched.push(entry.key);
  }
}

describe('a work queue', () => {
  test.each(['shutDown', 'shutDownWithDrain'] as const)(
    'TestBasic (%s): many producers and workers; nothing is processed twice at once; additions after the end are ignored',
    async (end) => {
      const queue = new WorkQueue();
      const processing = new Set<string>();
      const processed = new Set<string>();
      const workers = Array.from({ length: 10 }, async () => {
        for (let item = await queue.get(); item !== undefined; item = await queue.get()) {
          expect(item).not.toBe('late');
          expect(processing.has(item)).toBe(false);
          processing.add(item);
          await settle(1);
          processing.delete(item);
          processed.add(item);
          queue.done(item);
        }
      });
      const producers = Array.from({ length: 50 }, async (_, producer) => {
        for (let time = 0; time < 50; time++) {
          queue.add(`item ${producer}`);
          await Promise.resolve();
        }
      });
      await Promise.all(producers);
      await queue[end]();
      queue.add('late');
      await Promise.all(workers);
      expect(processed.size).toBe(50);
      expect(queue.length).toBe(0);
    },
  );

  it('TestAddWhileProcessing: an item added by its own worker comes once more, and the queue ends empty', async () => {
    const queue = new WorkQueue();
    const runs = new Map<string, number>();
    const workers = Array.from({ length: 10 }, async () => {
      for (let item = await queue.get(); item !== undefined; item = await queue.get()) {
        const run = (runs.get(item) ?? 0) + 1;
        runs.set(item, run);
        if (run === 1) queue.add(item);
        queue.done(item);
      }
    });
    for (let producer = 0; producer < 50; producer++) queue.add(`item ${producer}`);
    await settle();
    queue.shutDown();
    await Promise.all(workers);
    expect([...runs.values()]).toEqual(Array.from({ length: 50 }, () => 2));
    expect(queue.length).toBe(0);
  });

  it('TestLen: an item that is there already does not make it longer', () => {
    const queue = new WorkQueue();
    queue.add('foo');
    expect(queue.length).toBe(1);
    queue.add('bar');
    expect(queue.length).toBe(2);
    queue.add('foo');
    expect(queue.length).toBe(2);
  });

  it('TestReinsert: an item added while it is processed is back after done', async () => {
    const queue = new WorkQueue();
    queue.add('foo');
    expect(await queue.get()).toBe('foo');
    queue.add('foo');
    expect(queue.length).toBe(0);
    queue.done('foo');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('foo');
    queue.done('foo');
    expect(queue.length).toBe(0);
  });

  it('TestCollapse: two additions are one item, and the storage hears of the second', async () => {
    const storage = new TouchedStorage();
    const queue = new WorkQueue({ storage });
    queue.add('bar');
    queue.add('bar');
    expect(storage.touched).toEqual(['bar']);
    expect(await queue.get()).toBe('bar');
    queue.done('bar');
    expect(queue.length).toBe(0);
  });

  it('TestCollapseWhileProcessing: two additions during a run are one more run, after done', async () => {
    const storage = new TouchedStorage();
    const queue = new WorkQueue({ storage });
    queue.add('foo');
    await queue.get();
    queue.add('foo');
    queue.add('foo');
    expect(storage.touched).toEqual([]);
    const next = queue.get();
    expect(await isSettled(next)).toBe(false);
    queue.done('foo');
    expect(await next).toBe('foo');
    queue.done('foo');
    expect(queue.length).toBe(0);
  });

  it('TestQueueDrainageUsingShutDownWithDrain: waits for both items in processing', async () => {
    const queue = new WorkQueue();
    queue.add('foo');
    queue.add('bar');
    await queue.get();
    await queue.get();
    const drained = queue.shutDownWithDrain();
    queue.done('foo');
    expect(await isSettled(drained)).toBe(false);
    queue.done('bar');
    expect(await isSettled(drained)).toBe(true);
  });

  it('TestNoQueueDrainageUsingShutDown: shutDown waits for nobody', async () => {
    const queue = new WorkQueue();
    queue.add('foo');
    await queue.get();
    queue.shutDown();
    expect(await queue.get()).toBeUndefined();
  });

  it('TestForceQueueShutdownUsingShutDown: shutDown releases a drain that waits', async () => {
    const queue = new WorkQueue();
    queue.add('foo');
    await queue.get();
    const drained = queue.shutDownWithDrain();
    expect(await isSettled(drained)).toBe(false);
    queue.shutDown();
    expect(await isSettled(drained)).toBe(true);
  });

  it('TestQueueDrainageUsingShutDownWithDrainWithDirtyItem: also waits for the item added again while processed', async () => {
    const queue = new WorkQueue();
    queue.add('foo');
    await queue.get();
    queue.add('foo');
    const drained = queue.shutDownWithDrain();
    queue.done('foo');
    expect(await isSettled(drained)).toBe(false);
    expect(await queue.get()).toBe('foo');
    queue.done('foo');
    expect(await isSettled(drained)).toBe(true);
    expect(await queue.get()).toBeUndefined();
  });

  it('drains also what is only queued, unless told otherwise', async () => {
    const queue = new WorkQueue();
    queue.add('foo');
    await queue.shutDownWithDrain({ until: 'processing' });
    const all = queue.shutDownWithDrain();
    expect(await isSettled(all)).toBe(false);
    expect(await queue.get()).toBe('foo');
    queue.done('foo');
    await all;
  });

  it('TestGarbageCollection: keeps nothing of an item that is done', async () => {
    const queue = new WorkQueue<{ key: string }>({ keyOf: ({ key }) => key });
    const reference = await (async () => {
      const item = { key: 'foo' };
      queue.add(item);
      // Enough behind it that its place in the queue is not tidied up on the way.
      for (let index = 0; index < 10; index++) queue.add({ key: `neighbour ${index}` });
      queue.done((await queue.get()) ?? expect.fail());
      return new WeakRef(item);
    })();
    expect(await isCollected(reference)).toBe(true);
  });
});

describe('waiting for an item', () => {
  it('ends when there is one; who came first is served first', async () => {
    const queue = new WorkQueue();
    const first = queue.get();
    const second = queue.get();
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
    expect(queue.length).toBe(0);
  });

  it('ends with nothing when it is aborted, and takes no item with it', async () => {
    const queue = new WorkQueue();
    const abort = new AbortController();
    const get = queue.get(abort.signal);
    abort.abort();
    expect(await get).toBeUndefined();
    queue.add('a');
    expect(queue.length).toBe(1);
    expect(await queue.get(abort.signal)).toBeUndefined();
    expect(await queue.get()).toBe('a');
  });

  it('ends with nothing at the shutdown, after all that was queued', async () => {
    const queue = new WorkQueue();
    const waiting = queue.get();
    queue.add('a');
    queue.add('b');
    queue.shutDown();
    expect(await waiting).toBe('a');
    expect(await queue.get()).toBe('b');
    expect(await queue.get()).toBeUndefined();
    expect(queue.isShuttingDown).toBe(true);
  });
});

describe('items of a work queue', () => {
  it('are the same when keyOf says so', async () => {
    const queue = new WorkQueue<{ name: string; at: number }>({ keyOf: ({ name }) => name });
    queue.add({ name: 'a', at: 1 });
    queue.add({ name: 'a', at: 2 });
    expect(queue.length).toBe(1);
    const item = (await queue.get()) ?? expect.fail();
    queue.add({ name: 'a', at: 3 });
    expect(queue.length).toBe(0);
    queue.done({ ...item });
    expect(queue.length).toBe(1);
  });

  it('must be strings without keyOf', () => {
    expect(() => new WorkQueue<number>().add(1)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  });

  it('remember the latest twenty reasons for which they were queued, until they are queued anew', async () => {
    const queue = new WorkQueue();
    for (let time = 1; time <= 25; time++) queue.add('a', { type: 'update', resourceVersion: String(time) });
    expect(queue.reasonsOf('a')).toEqual([]);
    await queue.get();
    queue.add('a', { type: 'delete' });
    expect(queue.reasonsOf('a').map(({ resourceVersion }) => resourceVersion)).toEqual(
      Array.from({ length: 20 }, (_, index) => String(index + 6)),
    );
    queue.done('a');
    await queue.get();
    expect(queue.reasonsOf('a')).toEqual([{ type: 'delete' }]);
  });

  it('whose done nobody asked for are left alone', () => {
    const queue = new WorkQueue();
    queue.add('a');
    queue.done('a');
    queue.done('b');
    expect(queue.length).toBe(1);
  });
});

/** A model without any cleverness: a list, and two sets. */
class Model {
  readonly list: string[] = [];
  readonly dirty = new Set<string>();
  readonly processing = new Set<string>();

  add(key: string): void {
    if (this.dirty.has(key)) return;
    this.dirty.add(key);
    if (!this.processing.has(key)) this.list.push(key);
  }

  get(): string | undefined {
    const key = this.list.shift();
    if (key === undefined) return undefined;
    this.dirty.delete(key);
    this.processing.add(key);
    return key;
  }

  done(key: string): void {
    if (!this.processing.delete(key)) return;
    if (this.dirty.has(key)) this.list.push(key);
  }
}

describe('whatever the order of calls', () => {
  it('it does what the plain model does', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      key.map((item) => ({ call: 'add' as const, item })),
      key.map((item) => ({ call: 'done' as const, item })),
      fc.constant({ call: 'get' as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const queue = new WorkQueue({ clock: new FakeClock() });
        const model = new Model();
        for (const one of steps) {
          if (one.call === 'get') {
            if (model.list.length > 0) expect(await queue.get()).toBe(model.get());
          } else {
            queue[one.call](one.item);
            model[one.call](one.item);
          }
          expect(queue.length).toBe(model.list.length);
        }
      }),
    );
  });
});
