import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Arena } from '../../../src/transport/decode/arena.ts';
import { skipValue } from '../../../src/transport/decode/scan.ts';
import { skipModule } from '../../../src/transport/decode/skip-module.ts';
import { assemble } from '../../../tools/wasm.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

/** Bytes that matter to whoever looks for ends, among some that don't; more than one block of the scanner. */
const rubbish = fc.array(fc.constantFrom(...'{}[]"\\,:a1 é'), { maxLength: 80 }).map((letters) => letters.join(''));
const json = fc.json({ maxDepth: 4 });

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
    for (const size of [10, 70_000, 200, 1_000_000, 65_536 - 16, 65_536, 65_537]) {
      const bytes = Buffer.from(`{"text":"${'x'.repeat(size)}\\"}","more":[{}]}`);
      expect(arena.load(bytes, 0, bytes.length)).toBe(true);
      expect(arena.skipValue(0, bytes.length)).toBe(bytes.length);
      expect(arena.skipValue(0, bytes.length - 1)).toBe(-1);
    }
    const giant = Buffer.alloc(2_000_000, 'x');
    expect(arena.load(giant, 0, giant.length)).toBe(false);
    expect(arena.bytes.length).toBeLessThan(1_200_000);
  });

  test('has the scanner that skip.wat says', async () => {
    expect(await assemble()).toBe(skipModule);
  });
});
