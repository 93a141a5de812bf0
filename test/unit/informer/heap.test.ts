import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { SharedIndexInformer } from '../../../src/informer/index.ts';
import { INITIAL_EVENTS_END, keyOf, type ListerWatcher, type WatchEvent } from '../../../src/kubernetes/index.ts';
import { settle } from '../../../src/testing/index.ts';
import { type Thing, thing, until } from './source.ts';

/** A little less than a power of two, so that tables, which double, are about full. */
const count = 32_000;

/**
 * Bytes for each object, beside the object itself, on a 64-bit machine: 29 for the entry of the cache, 21 for that of each of the two indexes, 32 for
 * the key (16 letters), which they have in common. A place in one more array would be 8, an event 48, a second key 32.
 */
const most = 110;

const given = Array.from({ length: count }, (_, index) =>
  thing(`thing-${String(index).padStart(5, '0')}`, index, {
    uid: `uid-${index}`,
    resourceVersion: String(index + 1),
    labels: { app: index % 2 === 0 ? 'even' : 'odd' },
  }),
);

/** Gives the objects themselves, so that they count for nothing. */
class Giver implements ListerWatcher<Thing> {
  readonly description = 'things';
  readonly supportsInitialEvents: boolean;
  readonly #objects: readonly Thing[];
  /** The version of the state that was given last. */
  version = 0;

  constructor(objects: readonly Thing[], supportsInitialEvents: boolean) {
    this.#objects = objects;
    this.supportsInitialEvents = supportsInitialEvents;
  }

  async list() {
    return { items: Array.from(this.#objects), resourceVersion: String(++this.version), continue: '' };
  }

  async watch({ sendInitialEvents = false }: { sendInitialEvents?: boolean }) {
    const objects = sendInitialEvents ? this.#objects : [];
    const end = Promise.withResolvers<void>();
    const resourceVersion = String(sendInitialEvents ? ++this.version : this.version);
    async function* batches(): AsyncGenerator<WatchEvent<Thing>[], void, undefined> {
      for (let at = 0; at < objects.length; at += 100) {
        yield objects.slice(at, at + 100).map((object) => ({ type: 'ADDED' as const, object }));
      }
      const annotations = { [INITIAL_EVENTS_END]: 'true' };
      if (sendInitialEvents) yield [{ type: 'BOOKMARK', object: { metadata: { resourceVersion, annotations } } }];
      await end.promise;
    }
    return { [Symbol.asyncIterator]: batches, close: () => end.resolve() };
  }
}

async function follow(source: Giver) {
  const informer = new SharedIndexInformer<Thing, 'app'>({
    listerWatcher: source,
    indexers: { app: ({ metadata }) => [metadata.labels?.app ?? ''] },
  });
  let heard = 0;
  const handlers = [1, 2, 3].map(() => informer.addEventHandler(() => void heard++));
  informer.start();
  await Promise.all(handlers.map(({ ready }) => ready));
  return { informer, heard: () => heard };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of the whole process. Garbage may outlive a collection or two, so there are several; what is held outlives them all. */
async function heap(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    await settle();
    collectGarbage();
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  return least;
}

/** Bytes for each object since the heap had `before`. Asks again before it says that there are too many. */
async function grown(before: number): Promise<number> {
  let each = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 4 && each >= most; round++) each = ((await heap()) - before) / count;
  return each;
}

describe.each([
  ['a stream', true],
  ['a list', false],
])('an informer that synced by %s, with two indexes and three handlers', (_, streams) => {
  test('holds its objects, and nothing else that grows with them, however much it has been used', async () => {
    const warm = await follow(new Giver(given.slice(0, 2_000), streams));
    await warm.informer.stop();
    const before = await heap();

    const source = new Giver(given, streams);
    const { informer, heard } = await follow(source);
    expect(heard()).toBe(3 * count);
    expect(await grown(before), 'after the sync').toBeLessThan(most);

    expect(given.every((object) => informer.indexer.get(keyOf(object)) === object)).toBe(true);
    expect(await grown(before), 'after each object was looked up').toBeLessThan(most);

    informer.relist();
    await until(() => informer.indexer.resourceVersion === '2');
    expect(heard()).toBe(3 * count);
    expect(await grown(before), 'after a relist').toBeLessThan(most);
    await informer.stop();
  });
});
