import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Arena, selectedAt } from '../../../src/transport/decode/arena.ts';
import { skipValue } from '../../../src/transport/decode/scan.ts';
import { scannerModule } from '../../../src/transport/decode/scanner-module.ts';
import { selectionOf } from '../../../src/transport/decode/selection.ts';
import { assemble } from '../../../tools/wasm.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

function selectedOf({ bytes, selectedEnd }: Arena): string {
  return bytes.toString('utf8', selectedAt, selectedEnd);
}

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

function endsAsGoingThroughIt(arena: Arena, text: string, before: string): void {
  const bytes = Buffer.from(`${before}${text}`);
  const from = Buffer.byteLength(before);
  expect(arena.load(bytes, 0, bytes.length)).toBe(true);
  for (const end of [bytes.length, from + ((bytes.length - from) >> 1) + 1]) {
    expect(arena.skipValue(from, end)).toBe(skipValue(bytes, from, end));
  }
}

describe(`an arena (seed ${seed})`, () => {
  afterEach(() => void vi.unstubAllGlobals());

  test.each([
    ['with the scanner', true],
    ['without WebAssembly', false],
  ])('%s finds the ends that going through the bytes finds, in JSON and in rubbish', (_name, isThere) => {
    if (!isThere) vi.stubGlobal('WebAssembly', undefined);
    const arena = new Arena();
    // What an object before has left behind looks like an end.
    const left = Buffer.alloc(4_000, ']}"');
    const text = fc
      .tuple(fc.constantFrom('{', '[', '{"', '["\\'), fc.oneof(rubbish, json), rubbish)
      .map((all) => all.join(''));
    fc.assert(
      fc.property(fc.oneof(text, json), rubbish, (value, before) => {
        arena.load(left, 0, left.length);
        endsAsGoingThroughIt(arena, value, before);
      }),
      { seed, numRuns: isThere ? 20_000 : 500 },
    );
  });

  test('takes objects of any size up to a limit, whatever came before', () => {
    const arena = new Arena();
    for (const size of [10, 70_000, 200, 250_000, 65_536 - 16, 65_536, 65_537, 262_144 - 26]) {
      const bytes = Buffer.from(`{"text":"${'x'.repeat(size)}\\"}","more":[{}]}`);
      expect(arena.load(bytes, 0, bytes.length)).toBe(true);
      expect(arena.skipValue(0, bytes.length)).toBe(bytes.length);
      expect(arena.skipValue(0, bytes.length - 1)).toBe(-1);
    }
    const giant = Buffer.alloc(262_145, 'x');
    expect(arena.load(giant, 0, giant.length)).toBe(false);
    expect(arena.loadLetters(giant.toString())).toBe(false);
    expect(arena.bytes.length).toBeLessThan(600_000);
  });

  test('says of any text what the parser says', () => {
    const arena = new Arena();
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
          for (const [at, letter] of damages) letters[at % (letters.length + 1)] = letter;
          const source = letters.join('');
          const bytes = Buffer.from(space + source);
          arena.load(Buffer.alloc(4_000, '0]}"'), 0, 4_000);
          arena.load(bytes, 0, bytes.length);
          const end = arena.checkedEnd(0);
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
    const arena = new Arena();
    const check = (text: string) => {
      const bytes = Buffer.from(text);
      arena.load(bytes, 0, bytes.length);
      return arena.checkedEnd(0);
    };
    const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}[]${'}]'.repeat(depth / 2)}`;
    expect(check(nested(62))).toBe(nested(62).length);
    expect(check(`[${nested(62)}]`)).toBe(nested(62).length + 2);
    expect(check(nested(64))).toBe(-1);
    expect(check(`${'['.repeat(65)}${']'.repeat(65)}`)).toBe(-1);
  });

  test('selects from what is loaded, under any head', () => {
    const arena = new Arena();
    const selection = arena.place(selectionOf(['spec.a', 'list[].x'], ['metadata.m']))!;
    const select = (text: string, head = '') => {
      const bytes = Buffer.from(text);
      arena.load(bytes, 0, bytes.length);
      return [arena.project(selection, bytes.length, head), selectedOf(arena)];
    };
    const text =
      '{"metadata":{"n":"é","m":[{"]":"}"}],"l":{}},"spec":{"b":[1],"a":-1.5},"list":[{"y":0,"x":"1"},2],"z":null}';
    const selected = '{"metadata":{"n":"é","l":{}},"spec":{"a":-1.5},"list":[{"x":"1"},2]}';
    const length = Buffer.byteLength(text);
    expect(select(text)).toEqual([length, selected]);
    expect(select(`${text},`)).toEqual([length, selected]);
    expect(select(text, '{"kind":"ü",')).toEqual([length, `{"kind":"ü",${selected.slice(1)}`]);
    expect(select('{}', '{"kind":"A",')).toEqual([2, '{"kind":"A"}']);
    for (const odd of [
      '',
      '[]',
      '{',
      '{"a\\n":1}',
      '{"a":1',
      '{"a":1,}',
      '{"a":}',
      '{"a"}',
      '{"a":"',
      `{"a":1}`.slice(0, -1),
    ]) {
      expect(select(odd)[0]).toBe(-1);
    }
    expect(select(text, 'x'.repeat(5_000))[0]).toBe(-1);
  });

  test('has room for a bounded number of selections, and knows one that is used again', () => {
    const arena = new Arena();
    const first = arena.place(selectionOf(['spec.a'], []));
    expect(arena.place(selectionOf(['spec.a'], []))).toBe(first);
    const numbers = Array.from({ length: 1_000 }, (_, index) => arena.place(selectionOf([`spec.a${index}`], [])));
    expect(new Set(numbers).size).toBeGreaterThan(200);
    expect(numbers.at(-1)).toBeUndefined();
    const bytes = Buffer.from('{"spec":{"a":1,"b":2,"a7":3}}');
    arena.load(bytes, 0, bytes.length);
    arena.project(numbers[7]!, bytes.length, '');
    expect(selectedOf(arena)).toBe('{"spec":{"a7":3}}');
    expect(arena.place(selectionOf(['spec.a'], []))).toBe(first);
  });

  test('has the scanner that scanner.wat says', async () => {
    expect(await assemble()).toBe(scannerModule);
  });
});
