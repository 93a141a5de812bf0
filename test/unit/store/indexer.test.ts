import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Indexer, type Indexers, NAMESPACE_INDEX } from '../../../src/store/index.ts';

interface Thing {
  metadata: { name: string; namespace?: string; resourceVersion?: string };
  values: string[];
}

const thing = (namespace: string, name: string, ...values: string[]): Thing => ({
  metadata: { name, ...(namespace && { namespace }) },
  values,
});

const byValue: Indexers<Thing, 'value'> = { value: (object) => object.values };
const names = (things: Iterable<{ readonly metadata: { readonly name: string } }>) =>
  Array.from(things, ({ metadata }) => metadata.name).sort();

describe('objects', () => {
  it('are stored, found, replaced and removed by key (TestCache)', () => {
    const store = new Indexer<Thing>();
    const first = thing('shop', 'blue');
    const second = thing('shop', 'blue');
    expect(store.put(first)).toBeUndefined();
    expect(store.put(second)).toBe(first);
    expect(store.get('shop/blue')).toBe(second);
    expect(store.has('shop/blue')).toBe(true);
    expect(store.size).toBe(1);
    expect([...store.keys()]).toEqual(['shop/blue']);
    expect([...store.entries()]).toEqual([['shop/blue', second]]);
    expect(store.delete('shop/blue')).toBe(second);
    expect(store.delete('shop/blue')).toBeUndefined();
    expect(store.list()).toEqual([]);
  });

  it('are replaced all at once; of two under one key the last stays', () => {
    const store = new Indexer<Thing, 'value'>({ indexers: byValue });
    store.put(thing('', 'old', 'x'));
    store.replace([thing('', 'a', 'x'), thing('', 'a', 'y'), thing('', 'b', 'y')], '7');
    expect(names(store.values())).toEqual(['a', 'b']);
    expect(names(store.byIndex('value', 'y'))).toEqual(['a', 'b']);
    expect([...store.indexValues('value')]).toEqual(['y']);
    expect(store.resourceVersion).toBe('7');
  });

  it('stay if one of the new ones has no key', () => {
    const store = new Indexer<Thing>();
    store.replace([thing('', 'a')], '7');
    expect(() => store.replace([thing('', 'b'), thing('', '')], '8')).toThrow(/metadata.name/);
    expect(names(store.values())).toEqual(['a']);
    expect(store.resourceVersion).toBe('7');
  });

  it('have a version as a whole, which is moved by hand (TestThreadSafeStoreRV)', () => {
    const store = new Indexer<Thing>();
    expect(store.resourceVersion).toBe('');
    store.put(thing('', 'a'));
    expect(store.resourceVersion).toBe('');
    store.advance('5');
    store.delete('a');
    expect(store.resourceVersion).toBe('5');
  });

  it('come out as lists of their own', () => {
    const store = new Indexer<Thing>();
    store.put(thing('', 'a'));
    store.list().pop();
    expect(store.size).toBe(1);
  });
});

describe('indexes', () => {
  it('find by several values an object (TestMultiIndexKeys, TestThreadSafeStoreIndexingFunctionsWithMultipleValues, TestIndex)', () => {
    const store = new Indexer<Thing, 'value'>({ indexers: byValue });
    store.put(thing('', 'a', 'x', 'y', 'x'));
    store.put(thing('', 'b', 'y', 'z'));
    expect(names(store.byIndex('value', 'y'))).toEqual(['a', 'b']);
    expect([...store.indexKeys('value', 'x')]).toEqual(['a']);
    expect(names(store.byIndex('value', 'nobody'))).toEqual([]);
    store.put(thing('', 'a', 'z'));
    expect(names(store.byIndex('value', 'x'))).toEqual([]);
    expect(names(store.byIndex('value', 'z'))).toEqual(['a', 'b']);
    store.delete('b');
    expect(names(store.byIndex('value', 'z'))).toEqual(['a']);
  });

  it('drop values that nothing has, and no others (TestThreadSafeStoreDeleteRemovesEmptySetsFromIndex, TestThreadSafeStoreAddKeepsNonEmptySetPostDeleteFromIndex, TestGetIndexFuncValues)', () => {
    const store = new Indexer<Thing, 'value'>({ indexers: byValue });
    store.put(thing('', 'a', 'x'));
    store.put(thing('', 'b', 'x', 'y'));
    store.delete('b');
    expect([...store.indexValues('value')]).toEqual(['x']);
    store.delete('a');
    expect([...store.indexValues('value')]).toEqual([]);
  });

  it('have one by namespace from the start; cluster-scoped objects are under ""', () => {
    const store = new Indexer<Thing>();
    store.put(thing('shop', 'a'));
    store.put(thing('', 'b'));
    expect(names(store.byIndex(NAMESPACE_INDEX, 'shop'))).toEqual(['a']);
    expect(names(store.byIndex(NAMESPACE_INDEX, ''))).toEqual(['b']);
  });

  it('may come late and cover what is there (TestIndexer, TestTypedIndexer)', () => {
    const store = new Indexer<Thing>();
    store.put(thing('', 'a', 'x'));
    const typed = store.addIndexers(byValue);
    expect(typed).toBe(store);
    expect(names(typed.byIndex('value', 'x'))).toEqual(['a']);
    typed.put(thing('', 'b', 'x'));
    expect(names(typed.byIndex('value', 'x'))).toEqual(['a', 'b']);
  });

  it('are added all or none', () => {
    const store = new Indexer<Thing, 'value'>({ indexers: byValue });
    expect(() => store.addIndexers({ other: () => [], value: () => [] })).toThrow(/value/);
    expect(store.hasIndex('other')).toBe(false);
    expect(() => new Indexer<Thing, string>({ indexers: { [NAMESPACE_INDEX]: () => [] } })).toThrow(/namespace/);
  });

  it('leave the object of options alone', () => {
    const given = { ...byValue };
    new Indexer<Thing, 'value'>({ indexers: given }).addIndexers({ other: () => [] });
    expect(Object.keys(given)).toEqual(['value']);
  });

  it('that do not exist are refused at the call, by all that ask for one', () => {
    const store = new Indexer<Thing, string>();
    expect(() => store.byIndex('nope', 'x')).toThrow(/nope.*|namespace/);
    expect(() => store.indexKeys('nope', 'x')).toThrow(/nope/);
    expect(() => store.indexValues('nope')).toThrow(/nope/);
    expect(store.removeIndexer('nope')).toBe(false);
  });

  it('give one state, also to who is still reading when it is replaced', () => {
    const store = new Indexer<Thing, 'value'>({ indexers: byValue });
    store.replace([thing('', 'a', 'x'), thing('', 'b', 'x')]);
    const reading = store.byIndex('value', 'x');
    expect(reading.next().value?.metadata.name).toBe('a');
    store.replace([thing('', 'c', 'x')]);
    expect(names(reading)).toEqual(['b']);
  });

  it('never give undefined, not even for objects that a reader has modified', () => {
    const store = new Indexer<Thing, 'value'>({ indexers: byValue });
    const object = thing('', 'a', 'x');
    store.put(object);
    object.values = ['y'];
    store.delete('a');
    expect([...store.byIndex('value', 'x')]).toEqual([]);
  });
});

describe('an index function that fails', () => {
  const failing: Indexers<Thing, 'bad' | 'value'> = {
    bad: (object) => {
      if (object.values.includes('!')) throw new Error('cannot');
      return object.values;
    },
    value: (object) => object.values,
  };

  it('is reported once for each object that comes in, after the change, and harms nothing else', () => {
    const reports: string[] = [];
    const store: Indexer<Thing, 'bad' | 'value'> = new Indexer<Thing, 'bad' | 'value'>({
      indexers: failing,
      onError: ({ code, message }) => reports.push(`${code} ${message} ${names(store.byIndex('value', '!'))}`),
    });
    store.put(thing('', 'a', 'x'));
    store.put(thing('', 'a', 'x', '!'));
    expect(reports).toEqual(['IndexFailed index function "bad" failed: cannot a']);
    expect(names(store.byIndex('bad', 'x'))).toEqual([]);
    expect(names(store.byIndex('value', 'x'))).toEqual(['a']);
    store.put(thing('', 'a', 'x'));
    store.delete('a');
    expect(reports).toHaveLength(1);
    expect([...store.indexValues('bad')]).toEqual([]);
  });

  it('is reported when the index comes late, and at the commit of a replacement', () => {
    const reports: string[] = [];
    const store = new Indexer<Thing>({ onError: ({ code }) => reports.push(code) });
    store.put(thing('', 'a', '!'));
    store.addIndexers(failing);
    expect(reports).toEqual(['IndexFailed']);
    const replacement = store.replacement();
    replacement.put('a', thing('', 'a', '!'));
    expect(reports).toHaveLength(1);
    replacement.commit('1');
    expect(reports).toHaveLength(2);
  });

  it.each([undefined, null, 'text', 7])('is one that returns %s as well', (result) => {
    const reports: string[] = [];
    const store = new Indexer<Thing, 'bad' | 'good'>({
      indexers: { bad: () => result as unknown as string[], good: () => ['x'] },
      onError: ({ code }) => reports.push(code),
    });
    store.put(thing('', 'a'));
    expect(reports).toEqual(['IndexFailed']);
    expect(names(store.byIndex('good', 'x'))).toEqual(['a']);
  });

  it('leaves the store whole even if the report throws', () => {
    const store = new Indexer<Thing, 'bad' | 'value'>({
      indexers: failing,
      onError: () => {
        throw new Error('no log');
      },
    });
    expect(() => store.put(thing('', 'a', '!'))).toThrow('no log');
    expect(names(store.byIndex('value', '!'))).toEqual(['a']);
  });
});

describe('a replacement', () => {
  it('is seen in one step', () => {
    const store = new Indexer<Thing, 'value'>({ indexers: byValue });
    store.replace([thing('', 'a', 'x')], '1');
    const replacement = store.replacement();
    replacement.put('b', thing('', 'b', 'x'));
    expect(replacement.get('b')?.metadata.name).toBe('b');
    expect(names(store.byIndex('value', 'x'))).toEqual(['a']);
    expect(store.get('b')).toBeUndefined();
    replacement.commit('2');
    expect(names(store.byIndex('value', 'x'))).toEqual(['b']);
    expect(store.resourceVersion).toBe('2');
  });

  it('has the indexes that were added while it was prepared, and lacks those that were removed', () => {
    const store = new Indexer<Thing, 'value'>({ indexers: byValue });
    store.put(thing('', 'a', 'x'));
    const replacement = store.replacement();
    replacement.put('b', thing('', 'b', 'x'));
    const typed = store.addIndexers({ late: ({ values }) => values.map((each) => each.toUpperCase()) });
    store.removeIndexer('value');
    replacement.put('c', thing('', 'c', 'x'));
    expect(names(typed.byIndex('late', 'X'))).toEqual(['a']);
    replacement.commit('2');
    expect(names(typed.byIndex('late', 'X'))).toEqual(['b', 'c']);
    expect(store.hasIndex('value')).toBe(false);
  });

  it('takes the function that an index has at the end, if it was exchanged meanwhile', () => {
    const store = new Indexer<Thing, 'value'>({ indexers: byValue });
    const replacement = store.replacement();
    replacement.put('a', thing('', 'a', 'x'));
    store.removeIndexer('value');
    store.addIndexers({ value: () => ['new'] });
    replacement.commit('1');
    expect([...store.indexValues('value')]).toEqual(['new']);
  });
});

describe('after any sequence of operations', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const values = fc.array(fc.constantFrom('x', 'y', 'z', '!'), { maxLength: 3 });
  const object = fc
    .tuple(fc.constantFrom('', 'n1', 'n2'), name, values)
    .map(([namespace, own, of]) => thing(namespace, own, ...of));
  const operation = fc.oneof(
    object.map((each) => ({ do: 'put' as const, objects: [each] })),
    object.map((each) => ({ do: 'delete' as const, objects: [each] })),
    fc.array(object, { maxLength: 6 }).map((objects) => ({ do: 'replace' as const, objects })),
    fc.array(object, { maxLength: 6 }).map((objects) => ({ do: 'prepare' as const, objects })),
    fc.constant({ do: 'reindex' as const, objects: [] as Thing[] }),
  );
  const flaky: Indexers<Thing, 'value'> = {
    value: (each) => {
      if (each.values.includes('!')) throw new Error('cannot');
      return each.values;
    },
  };
  const keyOf = ({ metadata }: Thing) =>
    metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;

  function content(store: Indexer<Thing, 'value'>) {
    const index = (of: 'value' | 'namespace') =>
      [...store.indexValues(of)].sort().map((value) => [value, [...store.indexKeys(of, value)].sort()]);
    return { objects: new Map([...store.entries()].sort()), value: index('value'), namespace: index('namespace') };
  }

  it('the indexes are those of a rebuild, and the objects those of a plain map', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const store = new Indexer<Thing, 'value'>({ indexers: flaky });
        let plain = new Map<string, Thing>();
        for (const { do: verb, objects } of operations) {
          const keyed = new Map(objects.map((each) => [keyOf(each), each]));
          switch (verb) {
            case 'put':
              store.put(objects[0]!);
              plain.set(keyOf(objects[0]!), objects[0]!);
              break;
            case 'delete':
              store.delete(keyOf(objects[0]!));
              plain.delete(keyOf(objects[0]!));
              break;
            case 'replace':
              store.replace(objects);
              plain = keyed;
              break;
            case 'prepare': {
              const replacement = store.replacement();
              for (const [at, each] of objects.entries()) {
                replacement.put(keyOf(each), each);
                if (at === 2) {
                  store.removeIndexer('value');
                  store.addIndexers(flaky);
                }
              }
              replacement.commit('');
              plain = keyed;
              break;
            }
            case 'reindex':
              store.removeIndexer('value');
              store.addIndexers(flaky);
          }
          const rebuilt = new Indexer<Thing, 'value'>({ indexers: flaky });
          for (const each of plain.values()) rebuilt.put(each);
          expect(content(store)).toEqual(content(rebuilt));
        }
      }),
      { numRuns: 300 },
    );
  });
});
