import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLabelSelector } from '../../../src/kubernetes/index.ts';
import { type Keep, keepOf, ListDecoder, WatchDecoder } from '../../../src/transport/decode/index.ts';

/** FNV-1a of 32 bits, in numbers of any length. */
function hashOf(uid: string): number {
  let hash = 2166136261n;
  for (const byte of Buffer.from(uid)) hash = ((hash ^ BigInt(byte)) * 16777619n) % 2n ** 32n;
  return Number(hash);
}

type Metadata = { name?: unknown; uid?: unknown; labels?: Record<string, string> } | null | undefined;

/** The verdict by the rule, on what `JSON.parse` makes of the bytes. */
function isKept(object: unknown, { shard, labels = '' }: Keep): boolean {
  const metadata = (object as { metadata?: Metadata } | null)?.metadata;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return true;
  if (typeof metadata.name !== 'string' || metadata.name === '') return true;
  const uid = typeof metadata.uid === 'string' ? metadata.uid : '';
  if (shard && hashOf(uid) % shard.of !== shard.index) return false;
  return parseLabelSelector(labels).matches(metadata.labels);
}

const key = fc.constantFrom(
  'metadata',
  'name',
  'namespace',
  'uid',
  'labels',
  'resourceVersion',
  'a',
  'spec',
  '}],',
  '"',
);
const space = fc.constantFrom('', '', '', ' ', '\n ');
const written = (text: string, escapes: number) =>
  escapes > 0
    ? JSON.stringify(text)
    : `"${Array.from(text, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
const member = (name: fc.Arbitrary<string>, value: fc.Arbitrary<string>) =>
  fc.tuple(name, value, space, fc.nat(20)).map(([k, v, gap, n]) => `${gap}${written(k, n)}${gap}:${gap}${v}${gap}`);
const object = (members: fc.Arbitrary<string>, maxLength = 6) =>
  fc.array(members, { maxLength }).map((all) => `{${all.join(',')}}`);
const text = fc
  .tuple(fc.oneof(fc.constantFrom('1', '2', 'x', '', 'ü', '\ud800', '\\"'), fc.string({ maxLength: 4 })), fc.nat(20))
  .map(([content, n]) => written(content, n));
const odd = fc.constantFrom('null', '1', 'true', '[]', '{}', '[{"metadata":{"name":"x"}}]', '{"labels":{"a":"1"}}');
const labels = object(member(fc.constantFrom('a', 'b', '__proto__'), fc.oneof(text, odd)), 3);
const field = fc.oneof(
  { weight: 12, arbitrary: member(fc.constantFrom('name', 'uid', 'namespace', 'resourceVersion'), text) },
  { weight: 4, arbitrary: member(fc.constant('labels'), labels) },
  { weight: 3, arbitrary: member(key, fc.oneof(text, odd)) },
);
const metadata = member(
  fc.constant('metadata'),
  fc.oneof({ weight: 9, arbitrary: object(field) }, { weight: 1, arbitrary: odd }),
);
const item = object(
  fc.oneof({ weight: 3, arbitrary: metadata }, { weight: 2, arbitrary: member(key, fc.oneof(text, odd)) }),
  4,
);
const named = fc
  .tuple(fc.integer({ min: 0, max: 99 }), labels)
  .map(
    ([n, all]) =>
      `{"kind":"Pod","metadata":{"name":"p${n}","uid":"u-${n}","labels":${all},"resourceVersion":"${n}"},"spec":{"x":[{"name":"}"}]}}`,
  );
const keep: fc.Arbitrary<Keep> = fc.record(
  {
    shard: fc.constantFrom({ index: 0, of: 2 }, { index: 1, of: 2 }, { index: 2, of: 3 }),
    labels: fc.constantFrom('a', '!a', 'a=1', 'a!=1,b', 'b in (2,x)'),
  },
  { requiredKeys: [] },
);
const options = (wanted: Keep, project?: readonly string[]) => ({
  description: 'pods',
  prune: ['metadata.labels', 'metadata.uid'],
  project,
  confidential: false,
  keep: wanted,
});

/** What `prune` of the options leaves, with `spec` alone if that is projected. */
function reduced(parsed: unknown, project: readonly string[] | undefined): unknown {
  const copy = structuredClone(parsed) as Record<string, unknown>;
  const inner = copy.metadata as Record<string, unknown> | null | undefined;
  if (typeof inner === 'object' && inner !== null) {
    delete inner.labels;
    delete inner.uid;
  }
  if (project)
    for (const name of Object.keys(copy))
      if (!['kind', 'apiVersion', 'metadata', 'spec'].includes(name)) delete copy[name];
  return copy;
}

const seed = Date.now() % 2 ** 31;
const projects = fc.constantFrom(undefined, ['spec']);

describe(`keep before parsing (seed ${seed})`, () => {
  test('in a list, keeps what it would keep of the parsed objects, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(item, named), { maxLength: 5 }),
        keep,
        projects,
        fc.nat(),
        (items, wanted, project, place) => {
          const body = Buffer.from(
            `{"kind":"PodList","metadata":{"resourceVersion":"7"},"items":[${items.join(',')}]}`,
          );
          const expected = items
            .map((source) => JSON.parse(source))
            .filter((parsed) => isKept(parsed, wanted))
            .map((parsed) => reduced(parsed, project));
          for (const at of [0, place % body.length]) {
            const decoder = new ListDecoder<{ kind?: string }>(options(wanted, project));
            decoder.push(body.subarray(0, at));
            decoder.push(body.subarray(at));
            const { items: decoded, resourceVersion } = decoder.finish();
            expect(JSON.stringify(decoded)).toBe(JSON.stringify(expected));
            expect(resourceVersion).toBe('7');
          }
        },
      ),
      { seed, numRuns: 3000 },
    );
  });

  test('in a watch, says of the others who they are, wherever the bytes are cut', () => {
    const type = fc.constantFrom('ADDED', 'MODIFIED', 'DELETED');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(type, fc.oneof(item, named), fc.boolean()), { maxLength: 4 }),
        keep,
        projects,
        fc.nat(),
        (frames, wanted, project, place) => {
          const body = Buffer.from(
            frames
              .map(([what, source, usual]) => {
                const line = source.replaceAll('\n', ' ');
                return usual ? `{"type":"${what}","object":${line}}\n` : `{"object":${line},"type":"${what}"}\n`;
              })
              .join(''),
          );
          const text_ = (value: unknown) => (typeof value === 'string' ? value : '');
          const expected = frames.map(([what, source]) => {
            const parsed = JSON.parse(source);
            if (isKept(parsed, wanted)) return { type: what, object: reduced(parsed, project) };
            const { name, namespace, uid, resourceVersion } = parsed.metadata;
            const identity = {
              name,
              ...(text_(namespace) && { namespace }),
              uid: text_(uid),
              resourceVersion: text_(resourceVersion),
            };
            return { type: 'DROPPED', was: what, object: { metadata: identity } };
          });
          const at = body.length === 0 ? 0 : place % body.length;
          const decoder = new WatchDecoder<unknown>(options(wanted, project));
          const events = [...decoder.push(body.subarray(0, at)), ...decoder.push(body.subarray(at))];
          expect(JSON.stringify(events)).toBe(JSON.stringify(expected));
        },
      ),
      { seed, numRuns: 3000 },
    );
  });

  test('at every boundary of a usual watch; bookmarks and errors always pass', () => {
    const pod = (name: string, app: string) => ({
      kind: 'Pod',
      metadata: { name, namespace: 'shop', uid: `uid-${name}`, labels: { app }, resourceVersion: '5' },
      spec: { nodeName: '{"metadata":' },
    });
    const bookmark = { type: 'BOOKMARK', object: { metadata: { name: 'b', uid: 'x', resourceVersion: '12' } } };
    const error = { type: 'ERROR', object: { kind: 'Status', metadata: { name: 'x' }, code: 410 } };
    const frames = [
      { type: 'ADDED', object: pod('a', 'web') },
      { type: 'MODIFIED', object: pod('b', 'db') },
      bookmark,
      { type: 'DELETED', object: pod('c', 'db') },
      error,
    ];
    const identity = (name: string) => ({
      metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '5' },
    });
    const body = Buffer.from(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(''));
    for (let at = 0; at <= body.length; at++) {
      const decoder = new WatchDecoder<unknown>({ ...options({ labels: 'app=web' }), prune: [] });
      expect([...decoder.push(body.subarray(0, at)), ...decoder.push(body.subarray(at))]).toEqual([
        frames[0],
        { type: 'DROPPED', was: 'MODIFIED', object: identity('b') },
        bookmark,
        { type: 'DROPPED', was: 'DELETED', object: identity('c') },
        error,
      ]);
    }
  });

  test('a frame that does not end where its object does is taken as a whole', () => {
    const decoder = new WatchDecoder<unknown>(options({ labels: 'a' }));
    const frame = '{"type":"ADDED","object":{"metadata":{"name":"x","resourceVersion":"1"}},"type":"DELETED"}\n';
    expect(decoder.push(Buffer.from(frame))).toMatchObject([{ type: 'DROPPED', was: 'DELETED' }]);
  });

  test('the shard of a uid is the same for ever', () => {
    // Published values of the hash.
    expect([hashOf(''), hashOf('a'), hashOf('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
    const shardsOf = (uid: string) =>
      [0, 1, 2].filter((index) => {
        const decoder = new WatchDecoder<unknown>(options({ shard: { index, of: 3 } }));
        const [event] = decoder.push(
          Buffer.from(`{"type":"ADDED","object":{"metadata":{"name":"x","uid":"${uid}"}}}\n`),
        );
        return event?.type === 'ADDED';
      });
    for (const uid of ['', 'a', 'foobar', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'])
      expect(shardsOf(uid)).toEqual([hashOf(uid) % 3]);
  });

  test.each([
    [{}, undefined],
    [{ labels: '' }, undefined],
    [{ shard: { index: 0, of: 1 } }, undefined],
    [{ labels: 'b=2, a==1' }, { labels: 'a=1,b=2' }],
    [
      { labels: 'a', shard: { of: 2, index: 1 } },
      { shard: { index: 1, of: 2 }, labels: 'a' },
    ],
  ])('%j is %j in short', (given, short) => {
    expect(JSON.stringify(keepOf(given))).toBe(JSON.stringify(short));
  });

  test.each([
    { shard: { index: 3, of: 3 } },
    { shard: { index: -1, of: 3 } },
    { shard: { index: 0.5, of: 3 } },
    { shard: { index: 0, of: 0 } },
    { shard: { index: Number.NaN, of: 2 } },
    { labels: 'a in' },
    { label: 'a' },
  ])('%j is refused', (given) => {
    expect(() => keepOf(given as Keep)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  });
});
