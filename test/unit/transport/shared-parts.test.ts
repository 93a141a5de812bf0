import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { seededRandom } from '../../../src/testing/index.ts';
import { type ObjectReader, objectReader } from '../../../src/transport/decode/object.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

const prune = ['metadata.managedFields', 'spec.secret'];

function reader(paths: readonly string[] = prune): ObjectReader {
  return objectReader({ prune: paths, share: true });
}

function read(by: ObjectReader, text: string): unknown {
  const bytes = Buffer.from(text);
  return by.read('', bytes, 0, bytes.length);
}

/** What a reader is to make of a text: what the parser does, without what is pruned. */
function plain(text: string, paths: readonly string[] = prune): unknown {
  const object = JSON.parse(text);
  for (const path of paths) {
    const [first, second] = path.split('.') as [string, string];
    const parent = object[first];
    if (typeof parent === 'object' && parent !== null && !Array.isArray(parent)) delete parent[second];
  }
  return object;
}

const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10 };
const tolerations = [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 300 }];

interface Pod {
  readonly metadata: object;
  readonly spec: { readonly tolerations?: object; readonly containers: readonly { readonly probe?: object }[] };
}

function pod(index: number): Pod {
  return {
    metadata: { name: `pod-${index}`, managedFields: [{ manager: `"m]" ${index}` }], labels: { app: `a${index}` } },
    spec: { containers: [{ probe }, { probe }], tolerations },
  };
}

/** A reader that has seen enough pods to share. */
function taught(paths?: readonly string[]): ObjectReader {
  const by = reader(paths);
  for (let index = 0; index < 64; index++) read(by, JSON.stringify(pod(index)));
  return by;
}

describe(`parts that repeat (seed ${seed})`, () => {
  test('are one and the same object', () => {
    const by = taught();
    const [first, second] = [65, 66].map((index) => read(by, JSON.stringify(pod(index))) as Pod);
    expect(first).toEqual(plain(JSON.stringify(pod(65))));
    expect(second!.spec.tolerations).toBe(first!.spec.tolerations);
    expect(second!.spec.containers).toBe(first!.spec.containers);
    expect(second!.metadata).not.toBe(first!.metadata);
  });

  test('are one and the same object in projections, too, however these are read', () => {
    const by = objectReader({ prune, project: ['spec.tolerations', 'spec.containers[].probe'], share: true });
    for (let index = 0; index < 64; index++) read(by, JSON.stringify(pod(index)));
    const items = Buffer.from([pod(66), pod(67)].map((item) => JSON.stringify(item)).join());
    expect(by.next('', items, 0, items.length)).toBe(-1);
    const first = read(by, JSON.stringify(pod(65))) as Pod;
    expect(by.next('', items, 0, items.length)).toBe(JSON.stringify(pod(66)).length);
    const second = by.object as Pod;
    expect(second).toEqual({ metadata: { name: 'pod-66', labels: { app: 'a66' } }, spec: pod(66).spec });
    expect(second.spec.tolerations).toBe(first.spec.tolerations);
    expect(second.spec.containers).toBe(first.spec.containers);
  });

  test('are those that were there first, whose bytes were parsed with the rest of their object', () => {
    const by = taught();
    const other = {
      ...pod(0),
      spec: { containers: [], tolerations: [{ key: 'other', operator: 'Exists', value: '' }] },
    };
    const all = Array.from({ length: 3 }, () => read(by, JSON.stringify(other)) as Pod);
    expect(new Set(all.map(({ spec }) => spec.tolerations))).toEqual(new Set([all[0]!.spec.tolerations]));
    expect(all[2]).toEqual(plain(JSON.stringify(other)));
  });

  test('are not shared where there are too many places, and what is pruned is left out all the same', () => {
    const by = reader();
    const names = Array.from({ length: 900 }, (_, index) => `a-name-that-is-long-enough-for-many-of-them-${index}`);
    const spec = Object.fromEntries(names.map((name) => [name, { text: 'the same for everybody' }]));
    const many = (index: number) => JSON.stringify({ ...pod(index), spec });
    for (let index = 0; index < 64; index++) read(by, many(index));
    const parse = vi.spyOn(JSON, 'parse');
    const object = read(by, many(64));
    const texts = parse.mock.calls.map(([text]) => text);
    parse.mockRestore();
    expect(object).toEqual(plain(many(64)));
    expect(texts).toEqual([expect.not.stringContaining('managedFields')]);
  });

  test('are nobody else’s without being asked for', () => {
    const by = objectReader({ prune });
    const all = Array.from({ length: 70 }, (_, index) => read(by, JSON.stringify(pod(index))) as Pod);
    expect(new Set(all.map(({ spec }) => spec.tolerations)).size).toBe(70);
  });

  test.each([
    [
      'a number where a part was',
      '{"metadata":{"name":"x"},"spec":{"containers":[{"probe":1},{"probe":0}],"tolerations":0}}',
    ],
    [
      'null, a text, a truth where a part was',
      '{"spec":{"containers":[{"probe":null},{"probe":"0"}],"tolerations":true}}',
    ],
    ['a number in the place of an array of parts', '{"spec":{"containers":-1,"tolerations":[0,1]}}'],
    ['a key with escapes', '{"spec":{"tolerations":[],"toler\\u0061tions":0,"containers":[]}}'],
    ['a pruned key with escapes', '{"metadata":{"managedFi\\u0065lds":[1],"name":"x"},"spec":{"containers":[]}}'],
    ['a key that comes twice', `{"spec":{"tolerations":${JSON.stringify(tolerations)},"tolerations":[]}}`],
    ['a way that comes twice', `{"spec":{"tolerations":${JSON.stringify(tolerations)}},"spec":{"containers":[]}}`],
    ['space everywhere', JSON.stringify(pod(7), null, 2)],
    ['pruned members only', '{"metadata":{"managedFields":[1]},"spec":{"secret":{}}}'],
    ['pruned first', '{"metadata":{"managedFields":[1],"name":"x"},"spec":{"secret":"s","containers":[]}}'],
    ['pruned in the middle', '{"metadata":{"a":1,"managedFields":[1],"b":2},"spec":{"a":1,"secret":"s","b":[]}}'],
    [
      'pruned twice at the end',
      '{"metadata":{"a":1,"managedFields":[1],"managedFields":[2]},"spec":{"secret":1,"secret":2}}',
    ],
    ['a pruned array with brackets in its texts', '{"metadata":{"managedFields":["]","["],"a":1},"spec":{}}'],
    ['nothing of what is known', '{"other":[{"probe":{}}],"spec":{},"metadata":{}}'],
  ])('may be missing or different: %s', (_name, text) => {
    expect(JSON.stringify(read(taught(), text))).toBe(JSON.stringify(plain(text)));
  });

  test('are no longer looked for where they have ceased to repeat', () => {
    const by = taught();
    const odd = (index: number) => ({
      ...pod(index),
      spec: { ...pod(index).spec, tolerations: [{ key: `${index}` }] },
    });
    for (let index = 0; index < 2_000; index++) {
      const text = JSON.stringify(odd(index));
      expect(JSON.stringify(read(by, text))).toBe(JSON.stringify(plain(text)));
    }
    const [first, second] = [1, 2].map((index) => read(by, JSON.stringify(pod(index))) as Pod);
    expect(second!.spec.tolerations).not.toBe(first!.spec.tolerations);
    expect(second!.spec.containers[0]!.probe).toBe(first!.spec.containers[0]!.probe);
  });

  test('are remembered in bounded memory, whatever comes', () => {
    const by = taught();
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const heap = () => {
      collectGarbage();
      collectGarbage();
      return process.memoryUsage().heapUsed + process.memoryUsage().external;
    };
    const before = heap();
    // Each comes twice, so that the place is not given up.
    for (let index = 0; index < 20_000; index++) {
      const unlike = [{ key: `${index >> 1} `.repeat(200) }];
      read(by, JSON.stringify({ ...pod(index), spec: { containers: [], tolerations: unlike } }));
    }
    // 512 of them at 1.4 KB, as bytes, as a key, and as an object.
    expect(heap() - before).toBeLessThan(8e6);
  });

  test('are learnt without keeping what is too long to be one', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const heap = () => {
      collectGarbage();
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const by = reader();
    const before = heap();
    for (let index = 0; index < 60; index++) {
      const more = { metadata: { annotations: { text: `${index} `.repeat(100_000) } } };
      read(by, JSON.stringify({ ...pod(index), ...more }));
    }
    expect(heap() - before).toBeLessThan(4e6);
  });

  test('are never what is pruned, nor what it is cut out of', () => {
    const by = reader(['spec.tolerations.secret', 'metadata.managedFields']);
    const text = JSON.stringify({
      metadata: {},
      spec: { tolerations: { secret: 'x'.repeat(30), more: 'y'.repeat(30) } },
    });
    const all = Array.from({ length: 70 }, () => read(by, text) as Pod);
    for (const { spec } of all) expect(spec.tolerations).toEqual({ more: 'y'.repeat(30) });
    expect(new Set(all.map(({ spec }) => spec.tolerations)).size).toBe(70);
  });

  test('are never what a Secret keeps', () => {
    const by = reader([]);
    const text = JSON.stringify({
      metadata: {},
      data: { password: 'x'.repeat(40) },
      spec: { data: { a: 'y'.repeat(40) } },
    });
    const all = Array.from({ length: 70 }, () => read(by, text) as { data: object; spec: { data: object } });
    expect(new Set(all.map(({ data }) => data)).size).toBe(70);
    expect(new Set(all.map(({ spec }) => spec.data)).size).toBe(70);
  });
});

const name = fc.constantFrom('spec', 'metadata', 'secret', 'managedFields', 'items', '__proto__', 'constructor', 'é');
const part = fc.constantFrom<unknown>(
  probe,
  tolerations,
  { 'a"b': ['\\', ']'] },
  ['x'.repeat(30)],
  [probe, probe],
  7,
  null,
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    { weight: 4, arbitrary: part },
    { weight: 1, arbitrary: fc.constantFrom<unknown>('text "quoted"', -1, 0, true, '名前') },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 4, arbitrary: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map(Object.fromEntries) },
  ),
}));
/** JSON in which keys come twice at any place, and the same members over and over in different order: whatever is remembered of one meets the other. */
const { doubled } = fc.letrec<{ doubled: string; inner: string }>((tie) => ({
  doubled: fc
    .array(fc.tuple(fc.constantFrom('spec', 'metadata', 'é'), tie('inner')), { maxLength: 4 })
    .map((members) => `{${members.map(([key, content]) => `${JSON.stringify(key)}:${content}`).join(',')}}`),
  inner: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...[probe, tolerations, [probe, probe], 7, null, 'text', {}].map((each) => JSON.stringify(each))),
    fc.constant(JSON.stringify({ long: 'x'.repeat(9_000) })),
    { weight: 2, arbitrary: tie('doubled') },
    { weight: 1, arbitrary: fc.array(tie('inner'), { maxLength: 2 }).map((items) => `[${items.join()}]`) },
  ),
}));
const objects = fc.array(fc.dictionary(name, value, { maxKeys: 5 }), { minLength: 1, maxLength: 8 });

describe(`reading with shared parts (seed ${seed})`, () => {
  test('gives what parsing and deleting gives, whatever was read before', () => {
    fc.assert(
      fc.property(objects, objects, fc.constantFrom(undefined, 1), (first, later, space) => {
        const by = reader();
        const many = Array.from({ length: 70 }, (_, index) => first[index % first.length]!);
        for (const object of [...many, ...later, ...first]) {
          const text = JSON.stringify(object, null, space);
          expect(JSON.stringify(read(by, text))).toBe(JSON.stringify(plain(text)));
        }
        expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(namesOfPrototype);
      }),
      { seed, numRuns: 150 },
    );
  });

  test('gives what parsing gives where keys come twice', () => {
    fc.assert(
      fc.property(
        fc.array(doubled, { minLength: 1, maxLength: 8 }),
        fc.array(doubled, { maxLength: 8 }),
        (first, later) => {
          const by = reader([]);
          const many = Array.from({ length: 70 }, (_, index) => first[index % first.length]!);
          for (const text of [...many, ...later, ...first, ...later]) {
            expect(JSON.stringify(read(by, text))).toBe(JSON.stringify(plain(text, [])));
          }
        },
      ),
      { seed, numRuns: 200 },
    );
  });

  test('gives for a projection what it gives without sharing', () => {
    const options = { prune, project: ['spec', 'items.secret', 'constructor[].items'] };
    fc.assert(
      fc.property(objects, objects, fc.constantFrom(undefined, 1), (first, later, space) => {
        const by = objectReader({ ...options, share: true });
        const alone = objectReader(options);
        const many = Array.from({ length: 70 }, (_, index) => first[index % first.length]!);
        for (const object of [...many, ...later, ...first]) {
          const bytes = Buffer.from(JSON.stringify(object, null, space));
          const expected = JSON.stringify(alone.read('', bytes, 0, bytes.length));
          expect(JSON.stringify(by.read('', bytes, 0, bytes.length))).toBe(expected);
        }
      }),
      { seed, numRuns: 100 },
    );
  });

  test('gives the same value or the same refusal for bytes that were damaged', () => {
    const random = seededRandom(seed);
    const by = taught();
    let refused = 0;
    for (let index = 0; index < 20_000; index++) {
      const bytes = Buffer.from(JSON.stringify(pod(index % 10)));
      for (let damage = 0; damage <= random() * 2; damage++) {
        const at = Math.floor(random() * bytes.length);
        const common = Buffer.from('{}[],:"\\0-e nu1');
        bytes[at] = common[Math.floor(random() * common.length)]!;
      }
      const text = bytes.toString();
      const expected = attempt(() => plain(text));
      const outcome = attempt(() => read(by, text));
      if (expected === undefined) refused++;
      // A flaw inside of what is pruned may go unnoticed.
      if (expected === undefined && outcome !== undefined) expect(text).toContain('managedFields');
      else expect(outcome).toBe(expected);
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});

/** As text, or `undefined` if it is refused. */
function attempt(run: () => unknown): string | undefined {
  try {
    return JSON.stringify(run());
  } catch {
    return undefined;
  }
}

const namesOfPrototype = Object.getOwnPropertyNames(Object.prototype);
