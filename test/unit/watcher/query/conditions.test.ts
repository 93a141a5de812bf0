import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CachedObject } from '../../../../src/watcher/cache/index.ts';
import { parseAnnotationSelector } from '../../../../src/watcher/query/annotations.ts';
import { fieldMatches, type Json } from '../../../../src/watcher/query/field-matches.ts';
import { parseFields } from '../../../../src/watcher/query/fields.ts';
import { parseOrder } from '../../../../src/watcher/query/order.ts';
import { matchesSelection, parseSelection } from '../../../../src/watcher/query/selection.ts';

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const objectOf = (rest: object, metadata: object = {}): CachedObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', ...metadata }, ...rest }) as CachedObject;

describe('annotation selectors', () => {
  const key = some('team', 'example.com/note', 'constructor');
  const value = some('a', 'b', '', 'two words', 'x=y');
  const annotations = fc.option(fc.dictionary(key, value, { noNullPrototype: true }), { nil: undefined });
  const quoted = (text: string) => `"${text}"`;
  type Has = Readonly<Record<string, string>> | undefined;
  const read = (has: Has, name: string) => (has && Object.hasOwn(has, name) ? has[name] : undefined);
  const term = fc.oneof(
    key.map((name) => ({ text: name, holds: (has: Has) => read(has, name) !== undefined })),
    key.map((name) => ({ text: `!${name}`, holds: (has: Has) => read(has, name) === undefined })),
    fc.tuple(key, some('=', '=='), value).map(([name, sign, wanted]) => ({
      text: `${name}${sign}${quoted(wanted)}`,
      holds: (has: Has) => read(has, name) === wanted,
    })),
    fc.tuple(key, value).map(([name, wanted]) => ({
      text: `${name} != ${quoted(wanted)}`,
      holds: (has: Has) => read(has, name) !== wanted,
    })),
    fc.tuple(key, some('in', 'notin'), fc.array(value, { minLength: 1 })).map(([name, operator, values]) => ({
      text: `${name} ${operator} (${values.map(quoted).join(', ')})`,
      holds: (has: Has) => {
        const found = read(has, name);
        return (found !== undefined && values.includes(found)) === (operator === 'in');
      },
    })),
  );

  test('S003-33: select what each of their terms does, whatever the annotations are', () => {
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 4 }), fc.array(annotations), (terms, objects) => {
        const tests = parseAnnotationSelector(terms.map(({ text }) => text).join(','));
        const selects = (has: Has) => tests.every((each) => each(has));
        for (const each of objects) expect(selects(each)).toBe(terms.every(({ holds }) => holds(each)));
      }),
    );
  });

  test.each(['a=b=(', 'a b', '', 'a in b', '=x'])('S003-33: %j is refused, with the term', (text) => {
    if (text === 'a=b=(') return expect(parseAnnotationSelector(text)[0]!({ a: 'b=(' })).toBe(true);
    expect(() => parseAnnotationSelector(text)).toThrow(/x-annotationSelector: .* is no condition/);
  });
});

describe('values by path', () => {
  const scalar = some<Json>('a', 1, true, '1');
  const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 2 },
      scalar,
      fc.array(tie('json'), { maxLength: 2 }),
      fc.dictionary(some('x', 'y', 'a.b'), tie('json'), { maxKeys: 2, noNullPrototype: true }),
    ),
  })).json;
  const contains = (found: Json | undefined, wanted: Json): boolean => {
    if (wanted === null) return found === undefined || found === null;
    if (typeof wanted !== 'object') return found === wanted;
    if (Array.isArray(wanted)) return JSON.stringify(sorted(found ?? null)) === JSON.stringify(sorted(wanted));
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return false;
    const has = found as Readonly<Record<string, Json>>;
    return Object.entries(wanted).every(([name, value]) => contains(has[name], value));
  };
  const sorted = (value: Json): Json => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(sorted);
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, inner]) => [name, sorted(inner)]),
    );
  };

  test('S003-33: select the objects that have them, and perhaps more', () => {
    fc.assert(
      fc.property(json, json, (found, wanted) => {
        const conditions = fieldMatches({ spec: wanted });
        expect(conditions.every((condition) => condition.matches(objectOf({ spec: found })))).toBe(
          contains(found, wanted),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('S003-33: a dotted path and an object say the same; a scalar can be looked up in an index', () => {
    const pod = objectOf({ spec: { nodeName: 'n1', replicas: 3 } });
    const dotted = fieldMatches({ 'spec.nodeName': 'n1', '.spec.replicas': 3 });
    const nested = fieldMatches({ spec: { nodeName: 'n1', replicas: 3 } });
    for (const conditions of [dotted, nested]) {
      expect(conditions.map(({ path, equals }) => [path, equals])).toEqual([
        ['spec.nodeName', 'n1'],
        ['spec.replicas', 3],
      ]);
      expect(conditions.every((condition) => condition.matches(pod))).toBe(true);
    }
    const gone = fieldMatches({ metadata: { deletionTimestamp: null } });
    expect(gone.every((condition) => condition.matches(pod))).toBe(true);
  });
});

describe('orders', () => {
  const value = some<unknown>(1, 2, 10, 'a', 'b', '10', true, false, undefined);
  const naive = (found: unknown) =>
    found === undefined ? 3 : typeof found === 'number' ? 0 : typeof found === 'string' ? 1 : 2;

  test('S003-33: put numbers before texts before booleans, and what is absent last in both directions', () => {
    fc.assert(
      fc.property(fc.array(value), some('asc', 'desc'), (values, direction) => {
        const order = parseOrder(`spec.x:${direction}`);
        const objects = values.map((x) => objectOf({ spec: { x } }));
        const result = objects.toSorted(order).map((object) => (object as { spec?: { x?: unknown } }).spec?.x);
        const there = values.filter((each) => each !== undefined);
        const ascending = there.toSorted(
          (a, b) => naive(a) - naive(b) || ((a as number) < (b as number) ? -1 : a === b ? 0 : 1),
        );
        const expected = direction === 'desc' ? ascending.toReversed() : ascending;
        expect(result).toEqual([...expected, ...values.filter((each) => each === undefined)]);
      }),
    );
  });

  test('S003-33: versions are compared as versions, later paths decide ties, and what has no order is refused', () => {
    const objects = ['9', '10', '8'].map((resourceVersion) => objectOf({}, { resourceVersion }));
    const versions = objects.toSorted(parseOrder('metadata.resourceVersion')).map(({ metadata }) => metadata);
    expect(versions.map(({ resourceVersion }) => resourceVersion)).toEqual(['8', '9', '10']);
    const order = parseOrder('spec.x, metadata.name:desc');
    expect(order(objectOf({ spec: { x: 1 } }, { name: 'a' }), objectOf({ spec: { x: 1 } }, { name: 'b' }))).toBe(1);
    expect(() => parseOrder('spec.x:up')).toThrow(/is no order/);
    expect(() => parseOrder('spec')(objectOf({ spec: {} }), objectOf({}))).toThrow(/an object at spec/);
  });
});

describe('fields', () => {
  test('S003-33: of an object are the paths that are asked for, its kind, and nothing else', () => {
    const pod = objectOf({ spec: { nodeName: 'n1', replicas: 1 } }, { labels: { 'example.com/a': 'x', b: 'y' } });
    const part = parseFields('metadata.name,.spec.nodeName,metadata.labels.example\\.com/a,status.phase')(pod);
    expect(part).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', labels: { 'example.com/a': 'x' } },
      spec: { nodeName: 'n1' },
    });
    expect(parseFields('spec,spec.nodeName')(pod)).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      spec: { nodeName: 'n1', replicas: 1 },
    });
    expect(() => parseFields('spec..x')).toThrow(/x-fields/);
  });
});

test('a hundred thousand fields are read in the time that they take, not in its square', { timeout: 20_000 }, () => {
  const names = Array.from({ length: 100_000 }, (_, at) => `f${at}`);
  const fields = parseFields(['metadata.name', 'metadata', 'f1.a.b', ...names].join(','));
  expect(fields(objectOf({ f1: { a: { b: 1 } }, other: 1 }))).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    f1: { a: { b: 1 } },
  });
});

test('an order has at most 16 terms', () => {
  const orderOf = (terms: number) => parseOrder(Array(terms).fill('metadata.name').join(','));
  expect(orderOf(16)(objectOf({}), objectOf({}))).toBe(0);
  expect(() => orderOf(17)).toThrowError(expect.objectContaining({ status: expect.objectContaining({ code: 400 }) }));
});

test.each(['labelSelector', 'fieldSelector', 'where', 'annotationSelector'])(
  'no more than 1,000 conditions of a %s are looked at with every object, however long it is',
  (name) => {
    const selectionOf = (conditions: number) =>
      parseSelection({ [name]: Array.from({ length: conditions }, (_, at) => `k${at}!=b`).join(',') });
    expect(matchesSelection(selectionOf(1_000), objectOf({}))).toBe(true);
    for (const conditions of [1_001, 150_000]) {
      expect(() => selectionOf(conditions)).toThrowError(
        expect.objectContaining({ status: expect.objectContaining({ code: 400 }) }),
      );
    }
  },
);

test('the conditions of a body count like those of a selector', () => {
  const wanted = Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`k${at}`, null]));
  expect(() => parseSelection({ fieldMatches: wanted })).toThrowError(/1001 conditions are more than 1000/);
});
