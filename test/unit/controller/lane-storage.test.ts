import { describe, expect, it } from 'vitest';
import { LaneStorage, type Reason, WorkQueue } from '../../../src/controller/index.ts';
import { isCollected } from './fixtures.ts';

const initial: Reason = { type: 'initial' };
const update: Reason = { type: 'update' };

async function take(queue: WorkQueue, count: number): Promise<string[]> {
  const items: string[] = [];
  for (let taken = 0; taken < count; taken++) {
    const item = (await queue.get()) ?? expect.fail();
    items.push(item);
    queue.done(item);
  }
  return items;
}

describe('a queue with lanes', () => {
  it('lets a change overtake what was there at the start', async () => {
    const queue = new WorkQueue({ storage: new LaneStorage<string>() });
    for (let index = 0; index < 1_000; index++) queue.add(`old ${index}`, initial);
    queue.add('edit', update);
    queue.add('by hand');
    expect(queue.length).toBe(1_002);
    expect(await take(queue, 3)).toEqual(['edit', 'by hand', 'old 0']);
  });

  it('keeps the order within each lane', async () => {
    const queue = new WorkQueue({ storage: new LaneStorage<string>() });
    for (const item of ['a', 'b', 'c']) queue.add(item, { type: 'resync' });
    for (const item of ['x', 'y', 'z']) queue.add(item, update);
    expect(await take(queue, 6)).toEqual(['x', 'y', 'z', 'a', 'b', 'c']);
  });

  it('moves an item to the end of the fast lane when it changes while it waits, and hands it out once', async () => {
    const queue = new WorkQueue({ storage: new LaneStorage<string>() });
    for (const item of ['a', 'b', 'c']) queue.add(item, initial);
    queue.add('x', update);
    queue.add('b', { type: 'resync' });
    queue.add('b', update);
    queue.add('b', update);
    expect(queue.length).toBe(4);
    expect(await take(queue, 4)).toEqual(['x', 'b', 'a', 'c']);
    expect(queue.length).toBe(0);
    queue.add('b', initial);
    expect(await take(queue, 1)).toEqual(['b']);
  });

  it('never starves the background: each eighth item is from there, however many changes come', async () => {
    const queue = new WorkQueue({ storage: new LaneStorage<string>() });
    for (let index = 0; index < 4; index++) queue.add(`old ${index}`, initial);
    for (let index = 0; index < 100; index++) queue.add(`new ${index}`, update);
    const taken = await take(queue, 32);
    expect(taken.filter((item) => item.startsWith('old'))).toEqual(['old 0', 'old 1', 'old 2', 'old 3']);
    expect(taken.indexOf('old 0')).toBe(7);
    expect(await take(queue, 72)).toHaveLength(72);
    expect(queue.length).toBe(0);
  });

  it('keeps nothing of an item that changed lanes and is done', async () => {
    const queue = new WorkQueue<{ key: string }>({ keyOf: ({ key }) => key, storage: new LaneStorage() });
    const reference = await (async () => {
      const item = { key: 'foo' };
      queue.add(item, initial);
      queue.add(item, update);
      queue.done((await queue.get()) ?? expect.fail());
      return new WeakRef(item);
    })();
    expect(await isCollected(reference)).toBe(true);
    expect(queue.length).toBe(0);
  });
});
