import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { quickArrayEnd, skipValue } from '../../../src/transport/decode/scan.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

/** Texts that try to look like the end of an array with something behind it. */
const text = fc.oneof(
  fc.constantFrom('],', ']},', ':', ',', '],"a":1', ']}},{"metadata":', '[', ']', '\\],', '{]', 'x', '', '}]', ' ] ,'),
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
const list = fc.array(fc.dictionary(text, value, { maxKeys: 3 }), { minLength: 1, maxLength: 3 });

describe(`the end of an array (seed ${seed})`, () => {
  test('is where going through it finds it, or left in doubt, wherever the bytes have arrived up to', () => {
    let found = 0;
    fc.assert(
      fc.property(list, fc.constantFrom(undefined, 1), (items, space) => {
        const bytes = Buffer.from(JSON.stringify(items, null, space));
        for (let from = bytes.indexOf('['); from !== -1; from = bytes.indexOf('[', from + 1)) {
          // Only one that opens where a value may, not one in a text.
          if (!isOutside(bytes, from)) continue;
          const actual = skipValue(bytes, from, bytes.length);
          for (let end = from + 1; end <= bytes.length; end++) {
            const quick = quickArrayEnd(bytes, from, end, end === bytes.length);
            if (quick === -1) continue;
            found++;
            expect(quick).toBe(actual);
          }
        }
      }),
      { seed, numRuns: 1_500 },
    );
    expect(found).toBeGreaterThan(1_000);
  });

  test('is found without going through what is behind it', () => {
    const array = '[{"a":1}]';
    const bytes = Buffer.from(`${array}}${' '.repeat(1_000)}`);
    const forward = vi.spyOn(bytes, 'indexOf');
    expect(quickArrayEnd(bytes, 0, array.length + 1, true)).toBe(array.length);
    // What is not found was looked for in all that follows.
    expect(forward.mock.results.map((result) => result.value)).toEqual([array.length - 1]);
  });
});

function isOutside(bytes: Buffer, at: number): boolean {
  let quoted = false;
  for (let index = 0; index < at; index++) {
    if (quoted && bytes[index] === 0x5c) index++;
    else if (bytes[index] === 0x22) quoted = !quoted;
  }
  return !quoted;
}
