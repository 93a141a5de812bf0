import { describe, expect, it } from 'vitest';
import { Indexer, Lister } from '../../../src/store/index.ts';

interface Thing {
  metadata: { name: string; namespace: string };
  node: string;
}

const objects = 100_000;
// As many as the largest clusters have.
const nodes = 5_000;

function filled(): Indexer<Thing, 'node'> {
  const indexer = new Indexer<Thing, 'node'>({ indexers: { node: ({ node }) => [node] } });
  for (let at = 0; at < objects; at++) {
    indexer.put({ metadata: { name: `pod-${at}`, namespace: `ns-${at % 50}` }, node: `node-${at % nodes}` });
  }
  return indexer;
}

/** Milliseconds that each of `times` runs takes, in ascending order. */
function timed(times: number, run: (at: number) => void): number[] {
  const durations: number[] = [];
  for (let at = 0; at < times; at++) {
    const start = performance.now();
    run(at);
    durations.push(performance.now() - start);
  }
  return durations.sort((a, b) => a - b);
}

describe('among 100,000 objects', () => {
  const indexer = filled();

  it('byIndex takes under 1 ms (p99) and is 100 times faster than a filter over list', () => {
    const node = (at: number) => `node-${(at * 7) % nodes}`;
    const look = (at: number) => Array.from(indexer.byIndex('node', node(at)));
    const filter = (at: number) => indexer.list().filter((object) => object.node === node(at));
    expect(look(3)).toEqual(filter(3));
    expect(look(3)).toHaveLength(objects / nodes);
    timed(200, look);
    timed(3, filter);
    const looking = timed(1_000, look);
    const filtering = timed(15, filter);
    const p99 = looking[989]!;
    const medians = [looking[500]!, filtering[7]!] as const;
    const ratio = medians[1] / medians[0];
    console.log(
      `byIndex: median ${(medians[0] * 1000).toFixed(1)} µs, p99 ${(p99 * 1000).toFixed(1)} µs; filter over list: median ${medians[1].toFixed(2)} ms; ${ratio.toFixed(0)} times`,
    );
    expect(p99).toBeLessThan(1);
    expect(ratio).toBeGreaterThan(100);
  });

  it('byIndex touches nothing but its result', () => {
    let looked = 0;
    const few = new Indexer<Thing, 'node'>({ indexers: { node: ({ node }) => [node] } });
    for (const object of indexer.values()) few.put(object);
    const { get } = Map.prototype;
    Map.prototype.get = function counted(this: Map<unknown, unknown>, key: unknown) {
      looked++;
      return get.call(this, key);
    };
    try {
      Array.from(few.byIndex('node', 'node-5'));
    } finally {
      Map.prototype.get = get;
    }
    expect(looked).toBeLessThan(objects / nodes + 10);
  });

  it('get by a lister takes microseconds', () => {
    const lister = new Lister<Thing>(indexer);
    const durations = timed(1_000, (at) => lister.get(`ns-${at % 50}`, `pod-${at}`));
    expect(lister.get('ns-7', 'pod-7')?.node).toBe('node-7');
    expect(durations[989]).toBeLessThan(1);
  });
});
