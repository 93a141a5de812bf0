import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createObjectDecoder, ListDecoder, objectReader, WatchDecoder } from '../../../src/transport/decode/index.ts';

type Steps = readonly (string | readonly [])[];

/** What the decoder has to equal: nothing but `kind`, `apiVersion`, `metadata` and what the paths name; what has another shape as it is. */
function parseAndSelect(text: string, wanted: readonly Steps[], unwanted: readonly (readonly string[])[]): unknown {
  const object = JSON.parse(text);
  const always: Steps[] = [['kind'], ['apiVersion'], ['metadata']];
  const selected = pick(object, [...always, ...wanted]);
  for (const path of unwanted) {
    let at: unknown = selected;
    for (const key of path.slice(0, -1)) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    if (isObject(at)) delete at[path.at(-1)!];
  }
  return selected;
}

function pick(value: unknown, paths: readonly Steps[]): unknown {
  if (paths.some(({ length }) => length === 0)) return value;
  if (typeof paths[0]![0] !== 'string') {
    return Array.isArray(value)
      ? value.map((item) =>
          pick(
            item,
            paths.map((path) => path.slice(1)),
          ),
        )
      : value;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, content]) => {
    const inner = paths.filter(([first]) => first === key).map((path) => path.slice(1));
    return inner.length === 0 ? [] : [[key, pick(content, inner)]];
  });
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const project = [
  'spec.nodeName',
  'status.phase',
  'spec.containers[].image',
  'spec.grid[][].x',
  'data.a\\.b',
  'spec.ü',
  'all',
];
const wanted: readonly Steps[] = [
  ['spec', 'nodeName'],
  ['status', 'phase'],
  ['spec', 'containers', [], 'image'],
  ['spec', 'grid', [], [], 'x'],
  ['data', 'a.b'],
  ['spec', 'ü'],
  ['all'],
];
const prune = ['metadata.managedFields', 'metadata.annotations.x', 'all.of.it'];
const unwanted = prune.map((path) => path.split('.'));

const key = fc.constantFrom(
  ...['kind', 'metadata', 'managedFields', 'annotations', 'x', 'spec', 'nodeName', 'containers', 'image', 'grid'],
  ...['status', 'phase', 'data', 'a.b', 'ü', 'all', 'of', 'it', '', '"', '{', '}],', '__proto__', 'é\u2028', '1'],
);
const space = fc.constantFrom('', '', '', ' ', '\n ', '\t');
const quoted = fc.tuple(key, fc.integer({ min: 0, max: 15 })).map(([content, escapes]) => {
  if (escapes > 0) return JSON.stringify(content);
  return `"${Array.from(content, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
});

/** JSON with every liberty that the grammar allows: duplicates, spaces, escapes; any shape at any place. */
const json: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>((tie) => ({
  object: fc
    .array(fc.tuple(quoted, tie('value'), space), { maxLength: 6 })
    .map((members) => `{${members.map(([name, value, gap]) => `${gap}${name}${gap}:${gap}${value}${gap}`).join(',')}}`),
  value: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(
      quoted,
      fc.string({ unit: 'binary', maxLength: 5 }).map((text) => JSON.stringify(text)),
    ),
    fc.constantFrom('null', 'true', '-1.5e3', '[]', '{}', '0', '"\\\\"', '"\\""'),
    tie('object'),
    fc
      .array(fc.tuple(space, tie('value')), { maxLength: 4 })
      .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
  ),
})).object;

const seed = Date.now() % 2 ** 31;
const runs = { seed, numRuns: 4000 };

const pod = (name: string) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {
    name,
    labels: { größe: '€' },
    managedFields: [{ manager: `${name}],"` }],
    annotations: { x: '1', y: '2' },
  },
  spec: {
    volumes: [{ name: '{"' }],
    nodeName: 'n1',
    containers: [{ name: 'a', image: 'i:1' }, { image: 'i:2', env: [] }, null],
  },
  status: { conditions: [[]], phase: 'Running' },
  other: { spec: { nodeName: 'no' } },
});
const brief = (name: string) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name, labels: { größe: '€' }, annotations: { y: '2' } },
  spec: { nodeName: 'n1', containers: [{ image: 'i:1' }, { image: 'i:2' }, null] },
  status: { phase: 'Running' },
});
const options = { description: 'pods', prune, project, confidential: false };

describe(`S004-09 projecting before parsing (seed ${seed})`, () => {
  test('equals parsing and selecting, for any JSON', () => {
    const decode = createObjectDecoder<unknown>({ project, prune });
    fc.assert(
      fc.property(json, (source) => {
        const bytes = Buffer.from(`xx${source}yy`);
        const decoded = decode(bytes, 2, bytes.length - 2);
        const expected = JSON.stringify(parseAndSelect(source, wanted, unwanted));
        expect(JSON.stringify(decoded)).toBe(expected);
        expect(bytes.toString()).toBe(`xx${Buffer.from(source)}yy`);
      }),
      runs,
    );
  });

  test.each([
    ['selected', project],
    ['whole', undefined],
  ])('equals it for items of a list, too, of which nobody knows yet where they end: %s', (_name, named) => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(json, { minLength: 2, maxLength: 4 }), (sources) => {
        const reader = objectReader({ project: named, prune });
        const items = sources.map((source) => source.replace(/^\s*\{(\s*")/, '{"metadata":{"name":"a"},$1'));
        const bytes = Buffer.from(items.join());
        const selected = (item: string) => JSON.stringify(parseAndSelect(item, named ? wanted : [[]], unwanted));
        let at = 0;
        for (const item of items) {
          const end = at + Buffer.byteLength(item);
          const stop = reader.next('', bytes, at, bytes.length);
          if (stop === -1) expect(JSON.stringify(reader.read('', bytes, at, end))).toBe(selected(item));
          else {
            found++;
            expect([stop, JSON.stringify(reader.object)]).toEqual([end, selected(item)]);
          }
          at = end + 1;
        }
      }),
      runs,
    );
    expect(found).toBeGreaterThan(1_000);
  });

  test('after any damage to the bytes, what still is JSON is read right, and what is not never looks like another object', () => {
    const decode = createObjectDecoder<unknown>({ project, prune });
    const source = Buffer.from(JSON.stringify(pod('a')));
    const damage = fc.tuple(
      fc.nat(source.length - 1),
      fc.constantFrom(...'"\\{}[],:0 n\n\u0001'),
      fc.constantFrom('put', 'add', 'cut'),
    );
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        let bytes = Buffer.from(source);
        for (const [at, byte, how] of damages) {
          const rest = bytes.subarray(how === 'add' ? at : at + 1);
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(how === 'cut' ? '' : byte), rest]);
        }
        let expected: string;
        try {
          expected = JSON.stringify(parseAndSelect(bytes.toString(), wanted, unwanted));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(SyntaxError);
          try {
            decode(bytes, 0, bytes.length);
          } catch (refused) {
            expect(refused).toBeInstanceOf(SyntaxError);
          }
          return;
        }
        expect(JSON.stringify(decode(bytes, 0, bytes.length))).toBe(expected);
      }),
      runs,
    );
  });

  test.each([
    '{"spec":{"nodeName":1},"spec":5}',
    '{"spec":{"nodeName":1},"spec":{"x":1}}',
    '{"spec":5,"spec":{"nodeName":1,"volumes":2}}',
    '{"sp\\u0065c":{"node\\u004eame":1,"x":2}}',
    '{"spec":{"containers":{"image":1}},"status":[{"phase":1}]}',
    '{"spec":{"containers":[[{"image":1,"b":2}],null,3,{"image":{"x":1}},{}],"nodeName":null}}',
    '{"metadata":{"managedFields":[1],"managedFields":[2]},"metadata":null}',
    '{"metadata":{"managedFields":[]}}',
    '{"metadata":{"a":1,"managedFields":[],"b":2,"annotations":{"x":1},"c":3}}',
    ' { } ',
    '[{"spec":1}]',
    'null',
    '"spec"',
  ])('is exact for %s', (source) => {
    const bytes = Buffer.from(source);
    const decode = createObjectDecoder<unknown>({ project, prune });
    expect(decode(bytes, 0, bytes.length)).toEqual(parseAndSelect(source, wanted, unwanted));
  });

  test.each([
    '{"spec":{"nodeName":tru}}',
    '{"spec":{"nodeName":1}',
    '{"spec":{"nodeName":1}}}',
    '{"spec":{"nodeName":1,}}',
    '{"other":{"a":"}',
    '{"a":1 "b":2}',
    '{"a" 1}',
    '{"spec":{"containers":[{"image":1},]}}',
    '',
  ])('refuses %s', (source) => {
    const decode = createObjectDecoder<unknown>({ project, prune });
    expect(() => decode(Buffer.from(source), 0, source.length)).toThrow(SyntaxError);
  });

  test('in a watch, wherever its bytes are cut', () => {
    const frames = [
      { type: 'ADDED', object: pod('a') },
      { object: pod('b'), type: 'MODIFIED' },
      { type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '12', annotations: { x: 'true' } } } },
      { type: 'DELETED', object: pod('c') },
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', spec: { nodeName: 1, x: 1 } } },
    ];
    const body = Buffer.from(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(''));
    const expected = [
      { type: 'ADDED', object: brief('a') },
      { type: 'MODIFIED', object: brief('b') },
      frames[2],
      { type: 'DELETED', object: brief('c') },
      frames[4],
    ];
    for (let at = 0; at <= body.length; at++) {
      const decoder = new WatchDecoder<unknown>(options);
      expect([...decoder.push(body.subarray(0, at)), ...decoder.push(body.subarray(at))]).toEqual(expected);
    }
  });

  test('in a list, wherever its bytes are cut, with the kinds that its items lack', () => {
    const names = ['a', 'b', 'c'];
    const items = names.map((name) => {
      const { kind: _, apiVersion: _a, ...item } = pod(name);
      return item;
    });
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '7' }, items };
    for (const source of [JSON.stringify(list), JSON.stringify(list, null, 2)]) {
      const bytes = Buffer.from(source);
      for (let at = 0; at <= bytes.length; at++) {
        const decoder = new ListDecoder<object>(options);
        decoder.push(bytes.subarray(0, at));
        decoder.push(bytes.subarray(at));
        const page = decoder.finish();
        expect(page).toEqual({ items: names.map(brief), resourceVersion: '7', continue: '' });
        expect(Object.keys(page.items[0]!)).toEqual(['kind', 'apiVersion', 'metadata', 'spec', 'status']);
      }
    }
  });

  test('the mark that ends initial events is read whatever is pruned', () => {
    const mark = {
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } } },
    };
    const decoder = new WatchDecoder<unknown>({
      description: 'pods',
      prune: ['metadata.annotations'],
      confidential: false,
    });
    expect(decoder.push(Buffer.from(`${JSON.stringify(mark)}\n`))).toEqual([mark]);
  });

  test.each([
    [[], /no path/],
    [['spec..x'], /empty part/],
    [['metadata.name'], /always/],
    [['spec.a[].b', 'spec.a.c'], /contradicts/],
    [['spec.a.c', 'spec.a[].b'], /contradicts/],
  ])('the paths %j are refused', (paths, why) => {
    expect(() => createObjectDecoder({ project: paths, prune: [] })).toThrow(why);
  });
});
