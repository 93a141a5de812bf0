import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Arena, tableAt } from '../../../src/transport/decode/arena.ts';
import { type ObjectReader, objectReader } from '../../../src/transport/decode/object.ts';
import { skipValue } from '../../../src/transport/decode/scan.ts';
import { scannerModule } from '../../../src/transport/decode/scanner-module.ts';
import { selectionOf } from '../../../src/transport/decode/selection.ts';
import { SelectionTable } from '../../../src/transport/decode/selection-table.ts';
import { Spot } from '../../../src/transport/decode/spot.ts';
import { assemble } from '../../../tools/wasm.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

/** Bytes that matter to whoever looks for ends, among some that don't; more than one block of the scanner. */
const rubbish = fc.array(fc.constantFrom(...'{}[]"\\,:a1 é'), { maxLength: 80 }).map((letters) => letters.join(''));
const json = fc.json({ maxDepth: 4 });
/** Numbers, words and strings that are right, or nearly. */
const token = fc
  .array(
    fc.constantFrom(
      ...[
        '-',
        '0',
        '12',
        '.5',
        '1e',
        'E+',
        '-3',
        'true',
        'false',
        'null',
        'nul',
        '"\\u',
        '00e9',
        '\\uD800"',
        '"\\n',
        '\\x"',
      ],
      ...['"', '"0123456789abcdef', ',', '[', ']', '{"a":', '}'],
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

interface Scanner {
  readonly memory: { readonly buffer: ArrayBuffer };
  skip(from: number, end: number): number;
  check(from: number): number;
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Scanner };
};
const scanner = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(scannerModule, 'base64'))).exports;
const memory = Buffer.from(scanner.memory.buffer);
const at = 70_000;

function place(bytes: Buffer): void {
  bytes.copy(memory, at);
  memory[at + bytes.length] = 0;
}

describe(`the scanner (seed ${seed})`, () => {
  test('finds the ends that going through the bytes finds, in JSON and in rubbish', () => {
    // What an object before has left behind looks like an end.
    const left = Buffer.alloc(4_000, ']}"');
    const text = fc
      .tuple(fc.constantFrom('{', '[', '{"', '["\\'), fc.oneof(rubbish, json), rubbish)
      .map((all) => all.join(''));
    const container = json.filter((value) => /^[[{]/.test(value));
    fc.assert(
      fc.property(fc.oneof(text, container), rubbish, (value, before) => {
        place(left);
        const bytes = Buffer.from(before + value);
        const from = Buffer.byteLength(before);
        place(bytes);
        for (const end of [bytes.length, from + ((bytes.length - from) >> 1) + 1]) {
          const expected = skipValue(bytes, from, end);
          expect(scanner.skip(at + from, at + end)).toBe(expected === -1 ? -1 : at + expected);
        }
      }),
      { seed, numRuns: 20_000 },
    );
  });

  test('says of any text what the parser says', () => {
    const damage = fc.tuple(fc.nat(), fc.constantFrom(...'{}[]"\\,:-+.0aefnrtu19 \n\u0001é'));
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        fc.oneof(fc.json({ maxDepth: 5 }), rubbish, token),
        fc.array(damage, { maxLength: 2 }),
        fc.constantFrom('', ' ', '\n\t\r '),
        (text, damages, space) => {
          const letters = [...text];
          for (const [index, letter] of damages) letters[index % (letters.length + 1)] = letter;
          const source = letters.join('');
          const bytes = Buffer.from(space + source);
          place(Buffer.alloc(4_000, '0]}"'));
          place(bytes);
          const end = scanner.check(at) === -1 ? -1 : scanner.check(at) - at;
          let isJson = true;
          try {
            JSON.parse(source);
          } catch {
            isJson = false;
          }
          const rest = end === -1 ? 'none' : bytes.toString('utf8', end);
          if (isJson) accepted++;
          else refused++;
          expect(/^\s*$/.test(rest)).toBe(isJson);
          // What it accepts of a text with more behind it is a value by itself.
          if (end !== -1) JSON.parse(bytes.toString('utf8', 0, end));
        },
      ),
      { seed, numRuns: 50_000 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(1_000);
  });

  test('checks 64 levels, and leaves what is deeper to the parser', () => {
    const check = (text: string) => {
      place(Buffer.from(text));
      const end = scanner.check(at);
      return end === -1 ? -1 : end - at;
    };
    const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}[]${'}]'.repeat(depth / 2)}`;
    expect(check(nested(62))).toBe(nested(62).length);
    expect(check(`[${nested(62)}]`)).toBe(nested(62).length + 2);
    expect(check(nested(64))).toBe(-1);
    expect(check(`${'['.repeat(65)}${']'.repeat(65)}`)).toBe(-1);
  });

  test('is what scanner.wat says', async () => {
    expect(await assemble()).toBe(scannerModule);
  });
});

/** Bytes in a buffer that has others before and behind. */
function load(arena: Arena, text: string): boolean {
  const bytes = Buffer.from(`]}${text}"]}`);
  return arena.load(bytes, 2, bytes.length - 3);
}

const repeating = { repeats: true, members: [], elements: undefined };

describe(`an arena (seed ${seed})`, () => {
  afterEach(() => void vi.unstubAllGlobals());

  test('selects from what is loaded, under any head', () => {
    const arena = new Arena();
    const table = new SelectionTable(selectionOf(['spec.a', 'list[].x'], ['metadata.m']), tableAt);
    const select = (text: string, head = '') => {
      load(arena, text);
      const found = arena.project(table, head, true);
      return found === 'done' ? arena.text : found;
    };
    const text =
      '{"metadata":{"n":"é","m":[{"]":"}"}],"l":{}},"spec":{"b":[1],"a":-1.5},"list":[{"y":0,"x":"1"},2],"z":null}';
    const selected = '{"metadata":{"n":"é","l":{}},"spec":{"a":-1.5},"list":[{"x":"1"},2]}';
    expect(select(text)).toBe(selected);
    expect(select(` ${text}\n `)).toBe(selected);
    expect(select(text, '{"kind":"ü",')).toBe(`{"kind":"ü",${selected.slice(1)}`);
    expect(select('{}', '{"kind":"A",')).toBe('{"kind":"A"}');
    expect(select('[{"spec":1}]')).toBe('[{"spec":1}]');
    for (const odd of ['', '{', '{"a\\n":1}', '{"a":1', '{"a":1,}', '{"a":}', '{"a"}', '{"a":"', `${text},`, '{}}']) {
      expect([odd, select(odd)]).toEqual([odd, 'odd']);
    }
    expect(select('[]', '{"kind":"A",')).toBe('odd');
    expect(select(text, `{"kind":"${'x'.repeat(5_000)}",`)).toBe('odd');
  });

  test('skips arrays to the end that going through them finds, whatever texts are in them', () => {
    const arena = new Arena();
    const table = new SelectionTable(selectionOf(undefined, ['a', 'b.c']), tableAt);
    const text = fc.oneof(
      fc.constantFrom(
        '],',
        ']},',
        ':',
        ',',
        '],"a":1',
        ']}},{"metadata":',
        '[',
        ']',
        '\\],',
        '{]',
        'x',
        '',
        '}]',
        ' ] ,',
      ),
      fc.string({ maxLength: 4 }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.constantFrom(null, 0, true),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map(Object.fromEntries),
      ),
    }));
    fc.assert(
      fc.property(value, value, value, fc.constantFrom(undefined, 1), (a, c, d, spaces) => {
        load(arena, JSON.stringify({ a: [a], b: { c: [c], d: [d] }, e: [a, c], f: 1 }, null, spaces));
        expect(arena.project(table, '', false)).toBe('done');
        expect(JSON.parse(arena.text)).toEqual({ b: { d: [d] }, e: [a, c], f: 1 });
      }),
      { seed, numRuns: 10_000 },
    );
  });

  test('gives the parts, which can be put back', () => {
    const arena = new Arena();
    const root = new Spot({
      key: '',
      repeats: false,
      members: [
        { key: 'a', ...repeating },
        { key: 'list', repeats: false, members: [], elements: { key: '', ...repeating } },
      ],
      elements: undefined,
    });
    root.ensure('late').isLate = true;
    const table = new SelectionTable(selectionOf(undefined, ['late.x']), tableAt, root);
    const count = 250;
    const elements = Array.from({ length: count }, (_, index) => `{"é":${index}}`);
    const text = `{"a":{"b":[1]},"list":[${elements.join()},"t"],"n":null,"late":{"x":1,"y":[2]}}`;
    load(arena, text);
    expect(arena.project(table, '', true)).toBe('done');
    const numbers = elements.map((_, index) => index + 1).join();
    expect(arena.text).toBe(`{"a":0,"list":[${numbers},"t"],"n":null}`);
    const bytesOf = (part: number) => arena.bytes.toString('utf8', arena.fromOf(part), arena.toOf(part));
    expect(arena.partCount).toBe(count + 2);
    expect(Array.from({ length: count + 2 }, (_, part) => bytesOf(part))).toEqual([
      '{"b":[1]}',
      ...elements,
      '{"y":[2]}',
    ]);
    expect(table.spots[arena.spotOf(0)]).toBe(root.member('a'));
    expect(table.spots[arena.spotOf(7)]).toBe(root.member('list')?.elements);
    expect(table.spots[arena.spotOf(count + 1)]).toBe(root.member('late'));
    expect([arena.isLate(0), arena.isLate(count), arena.isLate(count + 1)]).toEqual([false, false, true]);
    for (let part = count; part >= 0; part--) arena.putBack(part);
    expect(arena.text).toBe(text.replace(',"late":{"x":1,"y":[2]}', ''));

    // What comes behind what is left is to be seen before it, or there is nothing left.
    load(arena, '{"late":{"y":1},"n":1}');
    expect(arena.project(table, '', true)).toBe('followed');
    expect(arena.project(table, '', false)).toBe('done');
    expect([arena.text, arena.partCount]).toEqual(['{"late":{"y":1},"n":1}', 0]);
    // A number would be taken for that of a part, and what is left for later must be JSON.
    for (const odd of ['{"a":1}', '{"list":[-1]}', '{"late":{"y":tru}}', '{"late":[1 2]}']) {
      load(arena, odd);
      expect([odd, arena.project(table, '', true)]).toEqual([odd, 'odd']);
    }
    load(arena, `{"list":[${Array.from({ length: 1_001 }, () => '{}').join()}]}`);
    expect(arena.project(table, '', true)).toBe('odd');
  });

  test('takes objects of any size up to a limit, whatever came before', () => {
    const arena = new Arena();
    const table = new SelectionTable(selectionOf(['spec.a'], []), tableAt);
    for (const size of [10, 70_000, 200, 250_000, 262_144 - 40, 262_144, 300, 1_100_000, 2_097_000, 500]) {
      load(arena, `{"text":"${'x'.repeat(size)}\\"}","more":[{}],"spec":{"a":"${'y'.repeat(7)}"}}`);
      expect(arena.project(table, '', false)).toBe('done');
      expect(arena.text).toBe('{"spec":{"a":"yyyyyyy"}}');
      const all = `{"spec":{"a":"${'é'.repeat(size >> 2)}"}}`;
      expect(load(arena, all)).toBe(true);
      expect(arena.project(table, '{"kind":"A",', false)).toBe('done');
      expect(arena.text).toBe(`{"kind":"A",${all.slice(1)}`);
    }
    const giant = Buffer.alloc(2 * 1024 * 1024 + 1, 'x');
    expect(arena.load(giant, 0, giant.length)).toBe(false);
    expect(arena.loadLetters(giant.toString())).toBe(false);
    expect(arena.bytes.length).toBeLessThan(6.5e6);
  });

  test('reads by one table after the other, if they are not too long', () => {
    const arena = new Arena();
    const tables = ['a', 'b', 'a7'].map((key) => new SelectionTable(selectionOf([`spec.${key}`], []), tableAt));
    const texts = [0, 1, 2, 1, 0].map((table) => {
      load(arena, '{"spec":{"a":1,"b":2,"a7":3}}');
      arena.project(tables[table]!, '', false);
      return arena.text;
    });
    expect(texts).toEqual(
      [1, 2, 3, 2, 1].map((value, at) => `{"spec":{"${['a', 'b', 'a7', 'b', 'a'][at]}":${value}}}`),
    );
    const paths = Array.from({ length: 2_000 }, (_, index) => `spec.a${index}`);
    expect(arena.project(new SelectionTable(selectionOf(paths, []), tableAt), '', false)).toBe('odd');
    arena.project(tables[0]!, '', false);
    expect(arena.text).toBe('{"spec":{"a":1}}');
  });

  test('takes nothing that there is no memory for, and goes on with what there is', () => {
    const arena = new Arena();
    const table = new SelectionTable(selectionOf(['a'], []), tableAt);
    const large = `{"a":"${'x'.repeat(300_000)}"}`;
    load(arena, '{}');
    const grow = vi.spyOn(Object.getPrototypeOf(scanner.memory), 'grow').mockImplementation(() => {
      throw new RangeError('no memory');
    });
    expect(load(arena, large)).toBe(false);
    grow.mockRestore();
    for (const text of ['{"a":1}', large]) {
      expect(load(arena, text)).toBe(true);
      expect([arena.project(table, '', false), arena.text]).toEqual(['done', text]);
    }
  });

  test.each([
    ['there is no WebAssembly', undefined],
    [
      'that can do too little',
      {
        Module: class {
          constructor() {
            throw new SyntaxError('Wasm SIMD unsupported');
          }
        },
      },
    ],
  ])('takes nothing where %s, and what is read is the same', async (_name, api) => {
    vi.stubGlobal('WebAssembly', api);
    vi.resetModules();
    const { objectReader: readerWithout } = await import('../../../src/transport/decode/object.ts');
    const { arena } = await import('../../../src/transport/decode/arena.ts');
    vi.resetModules();
    const reader = readerWithout({ prune: ['metadata.m'], project: ['spec.a'], share: true });
    for (let index = 0; index < 70; index++) expect(read(reader)).toEqual(selected);
    expect(load(arena, '{}')).toBe(false);
  });

  test('takes nothing that is too large, and what is read is the same', () => {
    const reader = objectReader({ prune: ['metadata.m'], project: ['spec.a'], share: true });
    for (let index = 0; index < 70; index++) {
      expect(read(reader, index % 2 === 0 ? '' : 'x'.repeat(2 * 1024 * 1024))).toEqual(selected);
    }
  });
});

const selected = { kind: 'A', metadata: { name: 'x' }, spec: { a: { text: 'some longer text' } } };

function read(reader: ObjectReader, other = ''): unknown {
  const spec = { a: { text: 'some longer text' }, other };
  const bytes = Buffer.from(JSON.stringify({ metadata: { m: [1], name: 'x' }, spec }));
  return reader.read('{"kind":"A",', bytes, 0, bytes.length);
}
