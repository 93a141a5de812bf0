import assert from 'node:assert';
import { inspect } from 'node:util';
import { deserialize, serialize, setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/testing/index.ts';
import { ListDecoder, unreadLength, WatchDecoder } from '../../../src/transport/decode/index.ts';
import { type ObjectReader, objectReader } from '../../../src/transport/decode/object.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const prune = ['metadata.managedFields'];

interface Pod {
  readonly metadata: { readonly name: string };
  spec: { readonly text: string; readonly containers: readonly { readonly probe: object }[] };
  status: object;
}

const probe = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10, failureThreshold: 3 };

function pod(index: number): Pod {
  const text = `${index} "größer" \\ 名前 🚀 `.repeat(8);
  return {
    metadata: { name: `pod-${index}` },
    spec: { text, containers: [{ probe }, { probe }] },
    status: { phase: 'Running', podIP: `10.0.0.${index}`, conditions: [{ type: 'Ready', note: text }] },
  };
}

function read(by: ObjectReader, text: string): unknown {
  const bytes = Buffer.from(text);
  return by.read('', bytes, 0, bytes.length);
}

/** A reader that has seen enough objects to know which members are large. */
function taught(example: (index: number) => object = pod): ObjectReader {
  const by = objectReader({ prune, share: true });
  for (let index = 0; index < 64; index++) read(by, JSON.stringify(example(index)));
  return by;
}

function unread(object: unknown): string[] {
  return Object.keys(object as object).filter((key) => unreadLength(object as object, key) !== undefined);
}

/** A pod of which nobody has read the large members yet. */
function fresh(index = 1): Pod {
  const found = read(taught(), JSON.stringify(pod(index))) as Pod;
  expect(unread(found)).toEqual(['spec', 'status']);
  return found;
}

describe(`large members (seed ${seed})`, () => {
  test('are parsed when they are first read, once, and by themselves', () => {
    const found = fresh();
    expect(unreadLength(found, 'spec')).toBe(Buffer.byteLength(JSON.stringify(pod(1).spec)));
    const { spec } = found;
    expect(spec).toEqual(pod(1).spec);
    expect(found.spec).toBe(spec);
    expect(unread(found)).toEqual(['status']);
    assert.deepStrictEqual(fresh(), pod(1));
  });

  test.each<[string, (object: Pod) => unknown]>([
    ['written as JSON', (object) => JSON.parse(JSON.stringify(object))],
    ['cloned', structuredClone],
    ['spread', (object) => ({ ...object })],
    ['assigned', (object) => Object.assign({}, object)],
    ['taken apart', (object) => Object.fromEntries(Object.entries(object))],
    ['gone through', (object) => Object.fromEntries(Object.keys(object).map((key) => [key, object[key as keyof Pod]]))],
    ['serialised', (object) => deserialize(serialize(object))],
    ['inherited from', (object) => ({ ...pod(1), spec: Object.create(object).spec })],
    ['behind a proxy', (object) => ({ ...new Proxy(object, {}) })],
    ['behind a proxy that hands itself on', (object) => ({ ...wrapped(object) })],
    ['frozen', (object) => Object.freeze(object)],
    ['frozen, symbols and all', frozenWhole],
    ['with descriptors copied', (object) => Object.create(Object.prototype, Object.getOwnPropertyDescriptors(object))],
  ])('are those of a plain object when it is %s', (_how, use) => {
    expect(use(fresh())).toStrictEqual(pod(1));
  });

  test('are written as JSON in their order', () => {
    expect(JSON.stringify(fresh())).toBe(JSON.stringify(pod(1)));
    expect(Object.keys(fresh())).toEqual(Object.keys(pod(1)));
    expect('spec' in fresh() && Object.hasOwn(fresh(), 'status')).toBe(true);
  });

  test('are shown by console.log as any others', () => {
    expect(inspect(fresh(), { depth: 6 })).toBe(inspect(pod(1), { depth: 6 }));
    expect(inspect({ pods: [fresh()] }, { depth: 3, compact: false })).toBe(
      inspect({ pods: [pod(1)] }, { depth: 3, compact: false }),
    );
  });

  test('can be set and deleted, for who has to', () => {
    const found = fresh();
    found.spec = { ...found.spec, text: 'new' };
    expect(found).toStrictEqual({ ...pod(1), spec: { ...pod(1).spec, text: 'new' } });
    Reflect.deleteProperty(found, 'status');
    expect(Object.keys(found)).toEqual(['metadata', 'spec']);
    const frozen = Object.freeze(fresh());
    expect(() => Object.assign(frozen, { spec: {} })).toThrow(TypeError);
    expect(frozen).toStrictEqual(pod(1));
    const heir = Object.create(fresh()) as Pod;
    heir.spec = { text: 'own', containers: [] };
    expect(Object.keys(heir)).toEqual(['spec']);
    expect(heir.spec.text).toBe('own');
  });

  test('are read as they are where a number has come to the place of a part, behind parts that are known', () => {
    const by = objectReader({ prune, share: true });
    const pair = (index: number, last: unknown) => ({
      ...pod(index),
      spec: { ...pod(index).spec, first: probe, last },
    });
    for (let index = 0; index < 70; index++) read(by, JSON.stringify(pair(index, [probe])));
    const found = [1, 2].map((index) => read(by, JSON.stringify(pair(index, 0))) as Pod);
    expect(found.map(unread)).toEqual([
      ['spec', 'status'],
      ['spec', 'status'],
    ]);
    expect(found).toStrictEqual([pair(1, 0), pair(2, 0)]);
  });

  test('are those of a projection, too', () => {
    const by = objectReader({ prune, project: ['spec', 'status.phase'], share: true });
    for (let index = 0; index < 64; index++) read(by, JSON.stringify(pod(index)));
    const found = read(by, JSON.stringify(pod(1))) as Pod;
    expect(unread(found)).toEqual(['spec', 'status']);
    expect(found).toStrictEqual({ ...pod(1), status: { phase: 'Running' } });
  });

  test('share their parts with those of other objects when they are read', () => {
    const by = taught();
    const [first, second] = [1, 2].map((index) => read(by, JSON.stringify(pod(index))) as Pod);
    const early = first!.spec.containers;
    expect(second!.spec.containers).toBe(early);
    expect(second!.spec.text).not.toBe(first!.spec.text);
  });

  test.each<[string, object, string[]]>([
    ['something follows them', { ...pod(1), type: 'Opaque' }, []],
    ['what follows is pruned, but for its braces', { spec: pod(1).spec, metadata: { managedFields: [1] } }, []],
    ['one is missing', { metadata: {}, status: pod(1).status }, ['status']],
    ['one is no object', { metadata: {}, spec: 'text', status: pod(1).status }, ['status']],
    ['the last one is null', { metadata: {}, spec: pod(1).spec, status: null }, []],
    ['they are small for once', { metadata: {}, spec: {}, status: [] }, ['spec', 'status']],
    ['there is nothing else', { spec: pod(1).spec }, ['spec']],
    ['there are 64 levels', { metadata: {}, spec: nested(64) }, ['spec']],
    ['there are 65 levels', { metadata: {}, spec: nested(65) }, []],
  ])('are left for later only where that changes nothing: %s', (_when, object, late) => {
    const found = read(taught(), JSON.stringify(object));
    expect(unread(found)).toEqual(late);
    const { metadata } = object as { metadata?: object };
    const expected = { ...object, ...(metadata && 'managedFields' in metadata && { metadata: {} }) };
    expect(JSON.stringify(found)).toBe(JSON.stringify(expected));
  });

  test.each([
    ['metadata', (index: number) => ({ metadata: { name: `${index}`, text: 'x'.repeat(400) } })],
    ['what is small', (index: number) => ({ metadata: {}, spec: { index } })],
    ['what something follows', (index: number) => ({ spec: pod(index).spec, immutable: true })],
    ['what something pruned may be in', (index: number) => ({ metadata: {}, list: ['x'.repeat(400), index] })],
  ])('are never %s', (_what, example) => {
    const by = objectReader({ prune: [...prune, 'list.x'], share: true });
    for (let index = 0; index < 64; index++) read(by, JSON.stringify(example(index)));
    const found = read(by, JSON.stringify(example(70)));
    expect(unread(found)).toEqual([]);
    expect(found).toStrictEqual(example(70));
  });

  test.each([
    '{"metadata":{},"spec":{"a":1},"spec":{"b":2}}',
    '{"metadata":{},"spec":{"a":1},"spec":7}',
    '{"metadata":{},"spec":5,"spec":{"b":2}}',
    '{"metadata":{},"sp\\u0065c":{"a":1},"spec":{"b":2}}',
    '{"metadata":{},"spec":{"a":1},"sp\\u0065c":{"b":2}}',
    ' { "metadata" : {} , "spec" : { "a" : [ 1 , 2 ] } , "status" : { } } ',
  ])('are what the parser makes of odd objects: %s', (text) => {
    expect(JSON.stringify(read(taught(), text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  test.each([
    '{"metadata":{},"spec":{"a":1,}}',
    '{"metadata":{},"spec":{"a":01}}',
    '{"metadata":{},"spec":{"a":"\\x"}}',
    '{"metadata":{},"spec":{"a":"\n"}}',
    '{"metadata":{},"spec":{"a":1},}',
    '{"metadata":{},"spec":{"a":1}',
    '{"metadata":{},"spec":[{]}',
    '{"metadata":{} "spec":{"a":1}}',
    '{"metadata":{},"spec" {"a":1}}',
    '{"metadata":{},"spec":{"a":1}}}',
    '{,"spec":{"a":1}}',
  ])('are refused at once if they are no JSON: %s', (text) => {
    expect(() => read(taught(), text)).toThrow(SyntaxError);
  });

  test('keep objects in the fast mode of the engine, also where two kinds have them at other places', () => {
    const isFast = fastModeCheck();
    const other = (index: number) => ({
      metadata: pod(index).metadata,
      data: { text: 'x'.repeat(300) },
      spec: { index },
    });
    const [pods, others] = [taught(), taught(other)];
    for (let index = 0; index < 50; index++) {
      const [first, second] = [read(pods, JSON.stringify(pod(index))), read(others, JSON.stringify(other(index)))];
      expect([isFast(first), isFast(second)]).toEqual([true, true]);
      expect(second).toStrictEqual(other(index));
      expect([isFast(first), isFast(second)]).toEqual([true, true]);
    }
  });

  test('are parsed at once where nearly all are read', () => {
    const by = taught();
    const all = Array.from({ length: 1_500 }, (_, index) => {
      const found = read(by, JSON.stringify(pod(index))) as Pod;
      const late = unread(found);
      if (index % 3 > 0) expect(found.status).toEqual(pod(index).status);
      return late.length;
    });
    expect(all.slice(0, 400)).toEqual(Array(400).fill(2));
    expect(all.slice(-400)).toEqual(Array(400).fill(0));
  });

  test('stay left for later where the last of them is not read', () => {
    const by = taught();
    const all = Array.from({ length: 1_500 }, (_, index) => {
      const found = read(by, JSON.stringify(pod(index))) as Pod;
      const late = unread(found);
      expect(found.spec).toEqual(pod(index).spec);
      return late.join();
    });
    expect(new Set(all.slice(-400))).toEqual(new Set(['status']));
  });

  test('come through watches and lists', () => {
    const options = { description: 'pods', prune, confidential: false, share: true };
    const watch = new WatchDecoder<Pod>(options);
    const items = Array.from({ length: 80 }, (_, index) => pod(index));
    const frames = items.map((object) => `${JSON.stringify({ type: 'ADDED', object })}\n`).join('');
    const events = watch.push(Buffer.from(frames));
    expect(events.map(({ object }) => unread(object).length).slice(60)).toEqual([0, 0, 0, 0, ...Array(16).fill(2)]);
    expect(events.map(({ object }) => object)).toStrictEqual(items);
    const list = new ListDecoder<Pod>(options);
    const body = Buffer.from(
      JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items }),
    );
    for (let at = 0; at < body.length; at += 1_000) list.push(body.subarray(at, at + 1_000));
    const found = list.finish().items;
    expect(unread(found[79])).toEqual(['spec', 'status']);
    expect(found).toStrictEqual(items.map((item) => ({ kind: 'Pod', apiVersion: 'v1', ...item })));
  });

  test.each([undefined, 2])('may be all that an item of a list has (spaces: %s)', (spaces) => {
    const options = { description: 'pods', prune, confidential: false, share: true };
    const items = Array.from({ length: 70 }, (_, index) => ({ spec: pod(index).spec }));
    const list = new ListDecoder<object>(options);
    const page = { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items };
    list.push(Buffer.from(JSON.stringify(page, null, spaces)));
    expect(list.finish().items).toStrictEqual(items.map((item) => ({ kind: 'Pod', apiVersion: 'v1', ...item })));
  });

  test('are parsed at once for who does not say that nobody writes to them', () => {
    const by = objectReader({ prune });
    const all = Array.from({ length: 70 }, (_, index) => read(by, JSON.stringify(pod(index))));
    expect(all.flatMap(unread)).toEqual([]);
  });
});

const value = fc.jsonValue({ maxDepth: 3 });
const key = fc.constantFrom('metadata', 'spec', 'status', 'data', 'type', '__proto__', 'constructor', 'a b', '7');
const object = fc.array(fc.tuple(key, value), { maxLength: 6 });

describe(`reading with members left for later (seed ${seed})`, () => {
  test('gives what parsing gives, whatever was read before', () => {
    let late = 0;
    fc.assert(
      fc.property(
        fc.array(object, { minLength: 1, maxLength: 2 }),
        fc.array(object),
        fc.constantFrom(0, 1, 2, 2, 2),
        (first, later, padding) => {
          const by = objectReader({ prune, share: true });
          const texts = [...first, ...later].map((members) => {
            const written = members.map(([name, content]) => {
              const filled = padding === 0 ? content : { content, filling: 'ü'.repeat(padding * 200) };
              return `${JSON.stringify(name)}:${JSON.stringify(filled)}`;
            });
            return `{${written.join(',')}}`;
          });
          for (let index = 0; index < 64; index++) read(by, texts[index % first.length]!);
          for (const text of texts) {
            const expected: unknown = JSON.parse(text);
            const found = read(by, text);
            if (unread(found).length > 0) late++;
            assert.deepStrictEqual(found, expected);
            expect(JSON.stringify(found)).toBe(JSON.stringify(expected));
          }
        },
      ),
      { seed, numRuns: 500 },
    );
    expect(late).toBeGreaterThan(30);
  });

  test('gives the same value or the same refusal for bytes that were damaged', () => {
    const random = seededRandom(seed);
    const by = taught();
    const common = Buffer.from('{}[],:"\\0-e nu1');
    let refused = 0;
    for (let index = 0; index < 20_000; index++) {
      const bytes = Buffer.from(JSON.stringify(pod(index % 10)));
      for (let damage = 0; damage <= random() * 2; damage++) {
        bytes[Math.floor(random() * bytes.length)] = common[Math.floor(random() * common.length)]!;
      }
      const text = bytes.toString();
      const expected = attempt(() => JSON.stringify(JSON.parse(text)));
      const found = attempt(() => read(by, text));
      if (expected === undefined) refused++;
      // Whatever is not refused at once is read without an error.
      expect(found === undefined ? undefined : JSON.stringify(found)).toBe(expected);
    }
    expect(refused).toBeGreaterThan(5_000);
  });
});

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function nested(depth: number): unknown {
  let inner: unknown = { text: 'x'.repeat(300) };
  for (let level = 1; level < depth; level++) inner = [inner];
  return inner;
}

/** As libraries do that watch what is read: what is got through it comes from it. */
function wrapped<T extends object>(object: T): T {
  return new Proxy(object, {
    get(target, name, receiver) {
      const found: unknown = Reflect.get(target, name, receiver);
      return typeof found === 'object' && found !== null ? wrapped(found) : found;
    },
  });
}

function frozenWhole<T extends object>(object: T): T {
  for (const name of Reflect.ownKeys(object)) {
    const found: unknown = Reflect.getOwnPropertyDescriptor(object, name)?.value;
    if (typeof found === 'object' && found !== null) frozenWhole(found);
  }
  return Object.freeze(object);
}

function fastModeCheck(): (object: unknown) => boolean {
  setFlagsFromString('--allow-natives-syntax');
  return new Function('object', 'return %HasFastProperties(object)') as (object: unknown) => boolean;
}
