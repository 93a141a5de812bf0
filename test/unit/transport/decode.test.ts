import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeInformerError } from '../../../src/runtime/index.ts';
import { createObjectDecoder, ListDecoder, WatchDecoder } from '../../../src/transport/decode/index.ts';

const prune = ['metadata.managedFields', 'metadata.annotations.a\\.b/c', 'spec', 'status.conditions'];
const paths = [['metadata', 'managedFields'], ['metadata', 'annotations', 'a.b/c'], ['spec'], ['status', 'conditions']];

/** What the decoder has to equal. */
function parseAndDelete(text: string, deleted: readonly (readonly string[])[]): unknown {
  const object = JSON.parse(text);
  for (const path of deleted) {
    let at = object;
    for (const key of path.slice(0, -1)) {
      at = typeof at === 'object' && at !== null && !Array.isArray(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    }
    if (typeof at === 'object' && at !== null && !Array.isArray(at)) delete at[path.at(-1)!];
  }
  return object;
}

const key = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('metadata', 'managedFields', 'annotations', 'a.b/c', 'spec', 'status', 'conditions'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"managedFields":[',
      '],',
      '}',
      '{',
      ']',
      '\\',
      '"',
      ':',
      'ü',
      '\u2028',
      '__proto__',
      '',
    ),
  },
);
const text = fc.oneof(
  key,
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('],"', '\\"],', 'x],"y":1', '"metadata":{'),
);
// In Node 24 JSON.parse itself may take an escaped key for one seen before that has a backslash where the escape begins.
const name = text.filter((content) => !content.includes('\\'));
const space = fc.constantFrom('', '', '', ' ', '\n  ', '\t', '\r');

/** JSON with every liberty that the grammar allows: duplicates, spaces, escapes. */
const json: fc.Arbitrary<string> = fc.letrec<{ value: string; quoted: string; object: string }>((tie) => ({
  quoted: fc.tuple(name, fc.integer({ min: 0, max: 9 })).map(([content, escapes]) => {
    const plain = JSON.stringify(content);
    if (escapes > 0 || content === '') return plain;
    return `"${[...content].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}${letter.length > 1 ? `\\u${letter.charCodeAt(1).toString(16)}` : ''}`).join('')}"`;
  }),
  object: fc
    .array(fc.tuple(tie('quoted'), tie('value'), space), { maxLength: 5 })
    .map((members) => `{${members.map(([name, value, gap]) => `${gap}${name}${gap}:${gap}${value}`).join(',')}}`),
  value: fc.oneof(
    { maxDepth: 4 },
    tie('quoted'),
    fc.constantFrom('null', 'true', '-1.5e3', '[]', '{}', '0'),
    tie('object'),
    fc
      .array(fc.tuple(space, tie('value')), { maxLength: 4 })
      .map((items) => `[${items.map(([gap, item]) => gap + item + gap).join(',')}]`),
  ),
})).object;

/** An object as servers write it, with the member at the end of its metadata, and strings that try to look like an end of it. */
const usual = fc
  .record({
    metadata: fc.record({ name: fc.constant('n'), labels: fc.dictionary(name, text, { maxKeys: 2 }) }),
    managed: fc.array(fc.dictionary(name, fc.oneof(text, fc.dictionary(name, text), fc.array(text)), { maxKeys: 3 })),
    rest: fc.dictionary(name, fc.oneof(text, fc.array(text)), { maxKeys: 3 }),
    after: fc.boolean(),
  })
  .map(({ metadata, managed, rest, after }) =>
    JSON.stringify({
      kind: 'Pod',
      metadata: { ...metadata, managedFields: managed, ...(after && { uid: 'u' }) },
      ...rest,
    }),
  );

const options = { description: 'pods', prune: ['metadata.managedFields'], confidential: false };

const pod = (name: string, more: object = {}) => ({
  metadata: { name, labels: { größe: '€' }, managedFields: [{ manager: `${name}],"` }], uid: '1' },
  spec: { template: { metadata: { managedFields: 'stays' } } },
  ...more,
});

const seed = Date.now() % 2 ** 31;
const runs = { seed, numRuns: 3000 };

describe(`decoding an object (seed ${seed})`, () => {
  test('equals parsing and deleting, for any JSON', () => {
    const decode = createObjectDecoder<unknown>({ prune });
    const one = createObjectDecoder<unknown>({ prune: ['metadata.managedFields'] });
    fc.assert(
      fc.property(json, (source) => {
        const bytes = Buffer.from(`xx${source}yy`);
        expect(JSON.stringify(decode(bytes, 2, bytes.length - 2))).toBe(JSON.stringify(parseAndDelete(source, paths)));
        expect(JSON.stringify(one(bytes, 2, bytes.length - 2))).toBe(
          JSON.stringify(parseAndDelete(source, [['metadata', 'managedFields']])),
        );
        expect(bytes.toString()).toBe(`xx${Buffer.from(source)}yy`);
      }),
      runs,
    );
  });

  test('equals parsing and deleting, for objects as servers write them, one after the other', () => {
    const decode = createObjectDecoder<unknown>({ prune: ['metadata.managedFields'] });
    fc.assert(
      fc.property(usual, (source) => {
        const bytes = Buffer.from(source);
        expect(JSON.stringify(decode(bytes, 0, bytes.length))).toBe(
          JSON.stringify(parseAndDelete(source, [['metadata', 'managedFields']])),
        );
      }),
      runs,
    );
  });

  test.each([
    '{"metadata":{"managedFields":[1],"managedFields":[2],"a":1}}',
    '{"metadata":{"a":1,"managedFields":[1]},"metadata":{"b":1,"managedFields":[2]}}',
    '{"metadata":{"managed\\u0046ields":[1],"a":"\\"managedFields\\":[]"}}',
    '{"metadata":{"a":1,"managedFields":["x],", ":0,"]},"spec":{}}',
    '{"metadata":{"a":1,"managedFields":[{"x":["]}"]}]},"b":[[{}]]}',
    '{"metadata":[{"managedFields":[1]}],"managedFields":[]}',
    '{ "metadata" : { "managedFields" : [ 1 ] , "a" : 2 , "managedFields":{} } }',
    '{"metadata":{"managedFields":{"a":"}"},"a":null}}',
    '{"metadata":{"a":1,"managedFields":null}}',
  ])('is exact for %s', (source) => {
    const decode = createObjectDecoder<unknown>({ prune: ['metadata.managedFields'] });
    const usualOne = Buffer.from('{"metadata":{"a":1,"managedFields":[]},"b":1}');
    decode(usualOne, 0, usualOne.length);
    const bytes = Buffer.from(source);
    for (let times = 0; times < 2; times++) {
      expect(decode(bytes, 0, bytes.length)).toEqual(parseAndDelete(source, [['metadata', 'managedFields']]));
    }
  });

  test('refuses what is no JSON, and a path with an empty part', () => {
    const decode = createObjectDecoder<unknown>({ prune: ['metadata.managedFields'] });
    for (const source of ['{"metadata":{"managedFields":[1],}}', '{"metadata":{"managedFields":[1]', '{"a":1}}', '']) {
      expect(() => decode(Buffer.from(source), 0, source.length)).toThrow(SyntaxError);
    }
    expect(() => createObjectDecoder({ prune: ['metadata..x'] })).toThrow(/empty part/);
  });
});

describe('decoding a watch', () => {
  const frames = [
    { type: 'ADDED', object: { kind: 'Pod', apiVersion: 'v1', ...pod('a') } },
    { type: 'MODIFIED', object: { kind: 'Pod', apiVersion: 'v1', ...pod('b') } },
    { object: { kind: 'Pod', apiVersion: 'v1', ...pod('c') }, type: 'DELETED' },
    { type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '12' } } },
    { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
    { type: 'ADDED', object: { ...pod('d') }, more: [1] },
  ];
  const body = Buffer.from(`${frames.map((frame) => JSON.stringify(frame)).join('\n')}\r\n\n{"type":"ADD`);
  const expected = frames.map(({ type, object }) => ({
    type,
    object: parseAndDelete(JSON.stringify(object), [['metadata', 'managedFields']]),
  }));

  test('gives the same events wherever the chunks are cut; half a line at the end is dropped', () => {
    for (let at = 0; at <= body.length; at++) {
      const decoder = new WatchDecoder<unknown>(options);
      expect([...decoder.push(body.subarray(0, at)), ...decoder.push(body.subarray(at))]).toEqual(expected);
      expect(decoder.pendingBytes).toBe('{"type":"ADD'.length);
    }
    for (const size of [1, 2, 3, 7]) {
      const decoder = new WatchDecoder<unknown>(options);
      const events: unknown[] = [];
      for (let at = 0; at < body.length; at += size) events.push(...decoder.push(body.subarray(at, at + size)));
      expect(events).toEqual(expected);
    }
  });

  test('a frame of many megabytes in small chunks costs time in proportion', () => {
    const frame = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: pod('big', { data: 'x'.repeat(16e6) }) })}\n`);
    const decoder = new WatchDecoder<{ data: string }>(options);
    const events = [];
    // Copying all that came before with each chunk would move 128 GB.
    for (let at = 0; at < frame.length; at += 1000) events.push(...decoder.push(frame.subarray(at, at + 1000)));
    expect(events).toHaveLength(1);
    expect((events[0]!.object as { data: string }).data).toHaveLength(16e6);
  });

  test('a line that is no JSON fails with its size and beginning, but for secrets with the size only', () => {
    const line = Buffer.from('{"type":"ADDED","object":{"data":"hunter2"},,}\n');
    const fail = (confidential: boolean): KubeInformerError => {
      try {
        new WatchDecoder({ ...options, confidential }).push(Buffer.from(line));
      } catch (thrown) {
        return thrown as KubeInformerError;
      }
      throw new Error('it did not fail');
    };
    expect(fail(false)).toMatchObject({ code: 'DecodeFailed', message: expect.stringContaining('(46 bytes)') });
    expect(fail(false).message).toContain('hunter2');
    expect(fail(true)).toMatchObject({ code: 'DecodeFailed', message: expect.stringContaining('(46 bytes)') });
    expect(`${fail(true).message} ${String(fail(true).cause)}`).not.toContain('hunter2');
  });

  test('objects are handed on as they are, nameless ones too: whoever needs a name judges', () => {
    const decoder = new WatchDecoder<unknown>(options);
    const lines = ['{"type":"ADDED","object":null}', '{"type":"MODIFIED","object":{"metadata":{"name":""}}}'];
    expect(decoder.push(Buffer.from(`${lines.join('\n')}\n`))).toEqual([
      { type: 'ADDED', object: null },
      { type: 'MODIFIED', object: { metadata: { name: '' } } },
    ]);
  });

  test('bookmarks and errors stay whole, whatever is pruned: an annotation ends the initial events', () => {
    const decoder = new WatchDecoder<unknown>({ ...options, prune: ['metadata', 'message'] });
    const mark = { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } };
    const events = [
      { type: 'BOOKMARK', object: { kind: 'Pod', metadata: mark } },
      { object: { kind: 'Pod', metadata: mark }, type: 'BOOKMARK' },
      { type: 'ERROR', object: { kind: 'Status', metadata: {}, message: 'too old' } },
    ];
    const body = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    expect(decoder.push(Buffer.from(body))).toEqual(events);
  });

  test.each([
    ['{"type":"ADDED","object":{"kind":"Table","rows":[]}}', 'UnexpectedKind'],
    ['{"type":"RENAMED","object":{"metadata":{"name":"a"}}}', 'DecodeFailed'],
    ['{"type":"BOOKMARK","object":{}}', 'DecodeFailed'],
    ['null', 'DecodeFailed'],
  ])('%s is no event of a watch and ends it', (line, code) => {
    const decoder = new WatchDecoder<unknown>(options);
    expect(() => decoder.push(Buffer.from(`${line}\n`))).toThrow(expect.objectContaining({ code }));
  });
});

describe('decoding a list', () => {
  const decode = (source: string, size = source.length) => {
    const decoder = new ListDecoder<Record<string, unknown>>(options);
    const bytes = Buffer.from(source);
    for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size));
    return decoder.finish();
  };
  const cut = (object: object) => parseAndDelete(JSON.stringify(object), [['metadata', 'managedFields']]) as object;
  const names = ['a', 'b', 'c', 'd', 'e'];
  const builtIn = {
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '7', continue: 'more', remainingItemCount: 9 },
    items: names.map((name) => pod(name)),
  };
  const custom = {
    apiVersion: 'example.com/v1',
    items: names.map((name) => ({ apiVersion: 'example.com/v1', kind: 'Widget', ...pod(name) })),
    kind: 'WidgetList',
    metadata: { continue: '', resourceVersion: '8' },
  };

  test.each([
    ['compact', JSON.stringify(builtIn)],
    ['pretty-printed', JSON.stringify(builtIn, null, 2)],
    [
      'with its items first',
      JSON.stringify({ items: builtIn.items, metadata: builtIn.metadata, apiVersion: 'v1', kind: 'PodList' }),
    ],
  ])('a built-in list, %s, in chunks of any size', (_name, source) => {
    for (let size = 1; size < 400; size += size < 20 ? 1 : 13) {
      const page = decode(source, size);
      expect(page).toEqual({
        items: names.map((name) => ({ kind: 'Pod', apiVersion: 'v1', ...cut(pod(name)) })),
        resourceVersion: '7',
        continue: 'more',
        remainingItemCount: 9,
      });
      for (const item of page.items) expect(Object.keys(item)).toEqual(['kind', 'apiVersion', 'metadata', 'spec']);
    }
  });

  test('a list of custom resources keeps what its items say', () => {
    for (const source of [JSON.stringify(custom), JSON.stringify(custom, null, '\t')]) {
      for (let at = 1; at < source.length; at++) {
        const page = decode(source, at);
        expect(page.items).toEqual(custom.items.map(cut));
        expect(page).toMatchObject({ resourceVersion: '8', continue: '' });
        if (at > 40) at += 30;
      }
    }
  });

  test('items that contain what looks like the beginning of the next one stay whole', () => {
    const nested = { metadata: { name: 'x' }, list: [{ metadata: { name: 'y' } }, { metadata: { name: 'z' } }] };
    const source = JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [nested, nested, nested] });
    expect(decode(source).items).toEqual(
      [nested, nested, nested].map((item) => ({ kind: 'Pod', apiVersion: 'v1', ...item })),
    );
  });

  test('no items, no resource version', () => {
    const nothing = { items: [], resourceVersion: '', continue: '' };
    expect(decode('{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}')).toEqual(nothing);
    expect(decode(' {"items":[ ],"kind":"PodList","apiVersion":"v1","metadata":null}\n')).toEqual(nothing);
  });

  test('items are handed on as they are, with a kind where there is something to give it to', () => {
    const page = decode('{"kind":"PodList","apiVersion":"v1","items":[{},1,null,{"metadata":{"name":"a"}}]}', 5);
    expect(page.items).toHaveLength(4);
    expect(page.items[3]).toEqual({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' } });
  });

  test.each([
    ['{"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[]}', 'UnexpectedKind'],
    ['{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}', 'UnexpectedKind'],
    ['{"kind":"PodList","metadata":{}}', 'UnexpectedKind'],
    ['{"items":[]}', 'UnexpectedKind'],
    ['{"kind":"PodList","items":[{"metadata":{"name":"a"}}', 'DecodeFailed'],
    ['{"kind":"PodList","items":[{"metadata":{"name":"a"},}]}', 'DecodeFailed'],
    ['{"kind":"PodList","items":[{"metadata":{"name":"a"}} {}]}', 'DecodeFailed'],
    ['{"kind":"PodList","items":[{"metadata":{"name":"a"}},]}', 'DecodeFailed'],
    ['{"kind":"PodList","items":[],}', 'DecodeFailed'],
    ['{"kind":"PodList","items":[]}x', 'DecodeFailed'],
    ['<html>', 'DecodeFailed'],
    ['', 'DecodeFailed'],
  ])('%s is refused', (source, code) => {
    expect(() => decode(source, 3)).toThrow(expect.objectContaining({ code }));
  });
});
