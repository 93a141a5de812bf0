import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgeingStorage, type Reason, WorkQueue } from '../../../src/controller/index.ts';
import { FakeClock } from '../../../src/testing/index.ts';
import { isCollected } from './fixtures.ts';

const initial: Reason = { type: 'initial' };
const update: Reason = { type: 'update' };

function setUp(ageing?: number) {
  const clock = new FakeClock();
  const storage = new AgeingStorage<string>({ clock, ...(ageing !== undefined && { ageing }) });
  return { clock, queue: new WorkQueue({ storage, clock }) };
}

async function take(queue: WorkQueue, count: number): Promise<string[]> {
  const items: string[] = [];
  for (let taken = 0; taken < count; taken++) {
    const item = (await queue.get()) ?? expect.fail();
    items.push(item);
    queue.done(item);
  }
  return items;
}

describe('a queue with priorities', () => {
  it('lets a change overtake what was there at the start', async () => {
    const { queue } = setUp();
    for (let index = 0; index < 1_000; index++) queue.add(`old ${index}`, initial);
    queue.add('edit', update);
    queue.add('by hand');
    expect(queue.length).toBe(1_002);
    expect(await take(queue, 3)).toEqual(['edit', 'by hand', 'old 0']);
  });

  it('hands out higher numbers first, and equal ones in the order of their coming', async () => {
    const { queue } = setUp();
    for (const item of ['a', 'b', 'c']) queue.add(item, { type: 'resync' });
    for (const item of ['x', 'y', 'z']) queue.add(item, update);
    queue.add('urgent', update, 7.5);
    queue.add('least', update, -1_000);
    expect(await take(queue, 8)).toEqual(['urgent', 'x', 'y', 'z', 'a', 'b', 'c', 'least']);
  });

  it('raises an item that is added with a higher priority, behind those that have it already, and hands it out once', async () => {
    const { queue } = setUp();
    for (const item of ['a', 'b', 'c']) queue.add(item, initial);
    queue.add('x', update);
    queue.add('b', update);
    queue.add('b', update);
    queue.add('y', update);
    expect(queue.length).toBe(5);
    expect(await take(queue, 5)).toEqual(['x', 'b', 'y', 'a', 'c']);
    queue.add('b', initial);
    queue.add('z', update);
    expect(await take(queue, 2)).toEqual(['z', 'b']);
  });

  it('never lowers one, nor does adding it again cost it its place', async () => {
    const { queue, clock } = setUp();
    for (const item of ['a', 'b', 'c']) queue.add(item, update);
    await clock.advance(10);
    queue.add('d', update);
    await clock.advance(10);
    queue.add('c', update);
    queue.add('b', initial);
    expect(await take(queue, 1)).toEqual(['a']);
    const item = (await queue.get()) ?? expect.fail();
    expect(item).toBe('b');
    expect(queue.priorityOf(item)).toBe(0);
    queue.done(item);
    expect(await take(queue, 2)).toEqual(['c', 'd']);
  });

  it('raises also what is added again while it is being processed', async () => {
    const { queue } = setUp();
    queue.add('a', initial);
    await take(queue, 0);
    const item = (await queue.get()) ?? expect.fail();
    queue.add('a', initial);
    queue.add('a', update);
    queue.add('b', initial);
    queue.done(item);
    expect(await take(queue, 2)).toEqual(['a', 'b']);
  });

  it('starves nobody: after 100 seconds the background gives way to nothing that comes later', async () => {
    const { queue, clock } = setUp();
    queue.add('old', initial);
    const order: string[] = [];
    for (let second = 0; second < 103; second++) {
      // Twice as much comes as is taken.
      queue.add(`${second}.0`, update);
      queue.add(`${second}.1`, update);
      order.push(...(await take(queue, 1)));
      await clock.advance(1_000);
    }
    order.push(...(await take(queue, queue.length)));
    // Up to second 100 they overtake it; of equal rank, the one that came first is first.
    expect(order.slice(0, order.indexOf('old')).at(-1)).toBe('99.1');
    expect(order[order.indexOf('old') + 1]).toBe('100.0');
  });

  it('refuses priorities and paces that are no numbers', () => {
    const { queue } = setUp();
    expect(() => queue.add('a', update, Number.NaN)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
    expect(() => setUp(-1)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
    expect(queue.length).toBe(0);
  });

  it('keeps nothing of an item that was raised and is done', async () => {
    const queue = new WorkQueue<{ key: string }>({ keyOf: ({ key }) => key, storage: new AgeingStorage() });
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

type Step =
  | { readonly do: 'add'; readonly key: number; readonly priority: number }
  | { readonly do: 'get' }
  | { readonly do: 'done'; readonly which: number }
  | { readonly do: 'wait'; readonly duration: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        key: fc.nat(12),
        priority: fc.integer({ min: -5, max: 5 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('done' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), duration: fc.nat(40) }) },
  ),
  { maxLength: 150 },
) as fc.Arbitrary<Step[]>;

/** What the storage is to be like, as plainly as it can be said: each item's priority now is what it had when it got it, plus its age. */
class Model {
  readonly #ageing: number;
  readonly waiting: { key: string; priority: number; since: number; order: number }[] = [];
  #order = 0;

  constructor(ageing: number) {
    this.#ageing = ageing;
  }

  #scaled({ priority, since }: { priority: number; since: number }, now: number): number {
    return priority * this.#ageing + (now - since);
  }

  add(key: string, priority: number, now: number): void {
    const known = this.waiting.find((item) => item.key === key);
    const fresh = { key, priority, since: now, order: this.#order++ };
    if (!known) this.waiting.push(fresh);
    else if (this.#scaled(fresh, now) > this.#scaled(known, now)) Object.assign(known, fresh);
  }

  take(now: number): string {
    this.waiting.sort((a, b) => this.#scaled(b, now) - this.#scaled(a, now) || a.order - b.order);
    return (this.waiting.shift() ?? expect.fail()).key;
  }
}

const ageing = 10;

describe('a queue with priorities, against a plain model', () => {
  it('hands out in the same order; no key twice at a time; every key that was added; nothing waits beyond its bound', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { queue, clock } = setUp(ageing);
        const model = new Model(ageing);
        const processing: string[] = [];
        const again = new Map<string, number>();
        /** Additions that no handing out has answered yet. */
        const owed = new Map<string, { readonly at: number; readonly priority: number }>();
        const get = async () => {
          if (queue.length === 0) return;
          const key = (await queue.get()) ?? expect.fail();
          expect(key).toBe(model.take(clock.monotonic()));
          expect(processing).not.toContain(key);
          const mine = owed.get(key) ?? expect.fail();
          owed.delete(key);
          for (const [other, { at, priority }] of owed) {
            if (processing.includes(other)) continue;
            // Whoever still waits has been overtaken only by what came before its bound, the spread of all priorities.
            if (mine.at > at + (5 - priority) * ageing)
              expect.fail(`${key} overtook ${other}, which is too old for that`);
          }
          processing.push(key);
        };
        const done = (which: number) => {
          const [key] = processing.splice(which % processing.length, 1);
          const priority = again.get(key!);
          if (priority !== undefined) model.add(key!, priority, clock.monotonic());
          if (priority !== undefined) owed.set(key!, { at: clock.monotonic(), priority });
          again.delete(key!);
          queue.done(key!);
        };
        for (const step of script) {
          if (step.do === 'add') {
            const key = `k${step.key}`;
            if (processing.includes(key)) again.set(key, Math.max(again.get(key) ?? -Infinity, step.priority));
            else {
              model.add(key, step.priority, clock.monotonic());
              if (!owed.has(key)) owed.set(key, { at: clock.monotonic(), priority: step.priority });
            }
            queue.add(key, undefined, step.priority);
          } else if (step.do === 'get') await get();
          else if (step.do === 'wait') await clock.advance(step.duration);
          else if (processing.length > 0) done(step.which);
          expect(queue.length).toBe(model.waiting.length);
        }
        while (processing.length > 0 || queue.length > 0) {
          if (processing.length > 0) done(0);
          await get();
        }
        expect(owed.size).toBe(0);
      }),
      { numRuns: Number(process.env.RUNS ?? 100), ...(process.env.SEED && { seed: Number(process.env.SEED) }) },
    );
  });
});
