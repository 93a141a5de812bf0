import fc from 'fast-check';
import {
  type DeepReadonly,
  Indexer,
  type IndexFunction,
  type KeyedDelta,
  KeyedDeltaFIFO,
  type KubeObject,
  keyOf,
  NAMESPACE_INDEX,
} from 'kube-informer';
import { describe, expect, test } from 'vitest';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const settings = { seed, numRuns: 500 };

interface Item extends KubeObject {
  value: number;
}

function item(key: string, value: number): Item {
  const [namespace = '', name = ''] = key.split('/');
  const metadata = { name, namespace, uid: key, resourceVersion: String(value), creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Item', metadata, value };
}

const key = fc.constantFrom('a/1', 'a/2', 'b/1', 'b/2', 'c/1');
const keys = fc.uniqueArray(key);

/** What a queue of deltas has to do, in the simplest words: a list of keys in line, and the deltas of each. */
class Model {
  readonly known = new Map<string, Item>();
  readonly line: { key: string; deltas: string[] }[] = [];

  /** Of two deletions in a row one stays: the seen one, else the first. */
  append(key: string, delta: string): void {
    let entry = this.line.find((one) => one.key === key);
    if (!entry) {
      entry = { key, deltas: [] };
      this.line.push(entry);
    }
    const last = entry.deltas.at(-1);
    if (last?.startsWith('Deleted') && delta.startsWith('Deleted')) {
      if (last.startsWith('Deleted unseen')) entry.deltas[entry.deltas.length - 1] = delta;
      return;
    }
    entry.deltas.push(delta);
  }

  /** The state that would be shown for a key that is gone. */
  last(key: string): string | undefined {
    const entry = this.line.find((one) => one.key === key);
    if (entry) return entry.deltas.at(-1)?.split(' ').at(-1);
    return this.known.has(key) ? String(this.known.get(key)?.value) : undefined;
  }

  has(key: string): boolean {
    return this.known.has(key) || this.line.some((entry) => entry.key === key);
  }
}

function text(delta: KeyedDelta<Item>): string {
  const unseen = delta.type === 'Deleted' && delta.finalStateUnknown ? ' unseen' : '';
  return `${delta.type}${unseen} ${delta.object?.value}`;
}

type Operation =
  | { readonly do: 'add' | 'update' | 'delete' | 'forget'; readonly key: string }
  | { readonly do: 'replace'; readonly keys: readonly string[]; readonly kept: readonly string[] }
  | { readonly do: 'resync' | 'take' };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('add', 'update', 'delete', 'forget'), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace'), keys, kept: keys }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('resync', 'take', 'take', 'take') }) },
) as fc.Arbitrary<Operation>;

describe(`the parts alone (seed ${seed})`, () => {
  test('S004-06 the queue does what a simple model of it does, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const model = new Model();
        const queue = new KeyedDeltaFIFO<Item>({ knownObjects: model.known });
        let value = 0;
        for (const step of operations) {
          value++;
          switch (step.do) {
            case 'add':
            case 'update':
              queue[step.do](item(step.key, value));
              model.append(step.key, `${step.do === 'add' ? 'Added' : 'Updated'} ${value}`);
              break;
            case 'delete':
              queue.delete(item(step.key, value));
              if (model.has(step.key)) model.append(step.key, `Deleted ${value}`);
              break;
            case 'forget':
              queue.forget(step.key);
              if (model.has(step.key)) model.append(step.key, `Deleted unseen ${model.last(step.key)}`);
              break;
            case 'replace': {
              queue.replace(
                step.keys.map((each) => item(each, value)),
                '',
                new Set(step.kept),
              );
              for (const each of step.keys) model.append(each, `Replaced ${value}`);
              for (const each of [...model.line.map((entry) => entry.key), ...model.known.keys()]) {
                if (!step.keys.includes(each) && !step.kept.includes(each)) {
                  model.append(each, `Deleted unseen ${model.last(each)}`);
                }
              }
              break;
            }
            case 'resync':
              queue.resync();
              for (const [each, { value: old }] of model.known) {
                if (!model.line.some((entry) => entry.key === each)) model.append(each, `Sync ${old}`);
              }
              break;
            case 'take': {
              const taken = queue.take();
              const expected = model.line.shift();
              expect(taken && { key: taken.key, deltas: taken.deltas.map(text) }).toEqual(expected);
              const newest = taken?.deltas.at(-1);
              if (newest?.type === 'Deleted') model.known.delete(taken!.key);
              else if (newest) model.known.set(taken!.key, newest.object);
            }
          }
          expect(queue.length).toBe(model.line.length);
        }
      }),
      settings,
    );
  });

  test('S004-06 the queue has synced when all of the first list has been processed, and for ever after', () => {
    fc.assert(
      fc.property(keys, fc.array(key), (listed, later) => {
        const queue = new KeyedDeltaFIFO<Item>();
        expect(queue.hasSynced).toBe(false);
        queue.replace(listed.map((each) => item(each, 1)));
        // What comes meanwhile does not hold it up.
        for (const each of later) queue.update(item(each, 2));
        for (let count = 0; count < listed.length; count++) {
          expect(queue.hasSynced).toBe(false);
          const taken = queue.take();
          expect(taken?.key).toBe(listed[count]);
          expect(taken?.isInInitialList).toBe(true);
          expect(taken?.deltas.length).toBe(1 + later.filter((each) => each === taken?.key).length);
        }
        const rest = queue.take();
        expect(queue.hasSynced).toBe(true);
        if (rest) expect(rest.isInInitialList).toBe(false);
        queue.replace([item('z/1', 3)]);
        expect(queue.hasSynced).toBe(true);
      }),
      settings,
    );
  });

  test('S004-06 the queue is read by iteration, waits when it is empty, and ends when it is closed', async () => {
    const queue = new KeyedDeltaFIFO<Item>();
    const read: string[] = [];
    const reader = (async () => {
      for await (const { key: each, deltas } of queue) read.push(`${each}: ${deltas.map(text).join(', ')}`);
      read.push('end');
    })();
    await Promise.resolve();
    queue.add(item('a/1', 1));
    queue.add(item('b/1', 2));
    queue.update(item('a/1', 3));
    queue.delete(item('b/1', 4));
    queue.delete(item('b/1', 5));
    queue.close();
    queue.add(item('c/1', 6));
    await reader;
    expect(read).toEqual(['a/1: Added 1, Updated 3', 'b/1: Added 2, Deleted 4', 'end']);
    expect(queue.closed).toBe(true);
  });

  const byParity: IndexFunction<DeepReadonly<Item>> = ({ value }) => [value % 2 === 0 ? 'even' : 'odd'];
  const byDigits: IndexFunction<DeepReadonly<Item>> = ({ value }) => String(value).split('');

  type Change =
    | { readonly do: 'put'; readonly key: string; readonly value: number }
    | { readonly do: 'delete'; readonly key: string }
    | { readonly do: 'replace'; readonly objects: readonly [string, number][] }
    | { readonly do: 'addIndexers' | 'removeIndexer' };
  const value = fc.nat(300);
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('put'), key, value }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('delete'), key }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('replace'), objects: fc.array(fc.tuple(key, value), { maxLength: 6 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('addIndexers', 'removeIndexer') }) },
  ) as fc.Arbitrary<Change>;

  test('S004-07 the indexes of an indexer equal those built anew, after whatever happened', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const indexer = new Indexer<Item, 'parity' | 'digits'>({ indexers: { parity: byParity, digits: byDigits } });
        const model = new Map<string, Item>();
        for (const step of changes) {
          switch (step.do) {
            case 'put': {
              const object = item(step.key, step.value);
              expect(indexer.put(object)).toBe(model.get(step.key));
              model.set(step.key, object);
              break;
            }
            case 'delete':
              expect(indexer.delete(step.key)).toBe(model.get(step.key));
              model.delete(step.key);
              break;
            case 'replace': {
              const objects = step.objects.map(([each, number]) => item(each, number));
              indexer.replace(objects, '7');
              model.clear();
              for (const object of objects) model.set(keyOf(object), object);
              break;
            }
            case 'addIndexers':
              if (!indexer.hasIndex('digits')) indexer.addIndexers({ digits: byDigits });
              break;
            case 'removeIndexer':
              indexer.removeIndexer('digits');
          }
          // Before anything else can happen.
          const indexes: [
            name: 'parity' | 'digits' | typeof NAMESPACE_INDEX,
            values: IndexFunction<DeepReadonly<Item>>,
          ][] = [
            ['parity', byParity],
            [NAMESPACE_INDEX, ({ metadata }) => [metadata.namespace ?? '']],
          ];
          if (indexer.hasIndex('digits')) indexes.push(['digits', byDigits]);
          for (const [name, values] of indexes) {
            const anew = new Map<string, Set<string>>();
            for (const [each, object] of model) {
              for (const found of values(object)) anew.set(found, (anew.get(found) ?? new Set()).add(each));
            }
            expect(new Set(indexer.indexValues(name))).toEqual(new Set(anew.keys()));
            for (const [found, expected] of anew) {
              expect(new Set(indexer.indexKeys(name, found))).toEqual(expected);
              expect(new Set(indexer.byIndex(name, found))).toEqual(
                new Set([...expected].map((each) => model.get(each))),
              );
            }
            expect([...indexer.byIndex(name, 'no such value')]).toEqual([]);
          }
          expect(new Map(indexer.entries())).toEqual(model);
          expect(indexer.size).toBe(model.size);
        }
      }),
      settings,
    );
  });
});
