import { Indexer } from '../../src/index.ts';
import type { PodManifest } from '../../src/testing/index.ts';
import { assignment, report } from '../lib/meter.ts';
import { variedPods } from '../lib/pods.ts';

/** Reads of a store with so many objects: by key, by an index of so many objects for each value, and of all. */
const { options } = assignment();
const [objects, store] = [Number(options.objects), options.store as 'indexer' | 'map'];
const perValue = 100;
const groups = Math.max(1, Math.floor(objects / perValue));

const pods = [...variedPods(objects)];
const keys = pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
const groupOf = (pod: { readonly metadata: { readonly name?: string } }) =>
  `group-${Number(pod.metadata.name!.slice(4)) % groups}`;
const indexer = new Indexer<PodManifest & { metadata: { name: string } }, 'group'>({
  indexers: { group: (pod) => [groupOf(pod)] },
});
const map = new Map<string, PodManifest>();
for (const [index, pod] of pods.entries()) {
  if (store === 'indexer') indexer.put(pod);
  else map.set(keys[index]!, pod);
}
// In another order than they were put in, and as strings of their own, as keys from a queue or a request are.
const asked = keys.map((_, index) => Buffer.from(keys[(index * 7919) % objects]!).toString());
const values = Array.from({ length: 1_000 }, (_, index) => `group-${(index * 31) % groups}`);

/** Nanoseconds for each of `count` things that `work` does; the best of some, since only the machine can make one slower. */
function time(count: number, work: () => number): number {
  let best = Infinity;
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    const seen = work();
    best = Math.min(best, performance.now() - start);
    if (seen !== count) throw new Error(`${seen} instead of ${count}`);
  }
  return (best * 1e6) / count;
}

const get = store === 'indexer' ? (key: string) => indexer.get(key) : (key: string) => map.get(key);
const getNs = time(asked.length, () => {
  let found = 0;
  for (const key of asked) if (get(key) !== undefined) found++;
  return found;
});
const figures: Record<string, number> = { getNs, stored: objects };
if (store === 'indexer') {
  const inGroups = values.reduce((sum, value) => sum + [...indexer.byIndex('group', value)].length, 0);
  figures.indexResultNs = time(inGroups, () => {
    let found = 0;
    for (const value of values) for (const _ of indexer.byIndex('group', value)) found++;
    return found;
  });
  figures.indexMs = (figures.indexResultNs * (inGroups / values.length)) / 1e6;
  figures.scanMs =
    (time(objects, () => {
      let found = 0;
      for (const pod of indexer.values()) if (groupOf(pod) !== '') found++;
      return found;
    }) *
      objects) /
    1e6;
}
report(figures);
