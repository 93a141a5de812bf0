import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMet, Medians, median, spread } from '../../../bench/lib/statistics.ts';
import { goalLine, tableOf, textTable } from '../../../bench/lib/table.ts';

describe('the statistics of the benchmarks', () => {
  test('the median of an odd number is the one in the middle, of an even number the mean of the two there', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeUndefined();
  });

  test('as many numbers lie below the median as above it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1 }),
        (numbers) => {
          const middle = median(numbers)!;
          const below = numbers.filter((number) => number < middle).length;
          const above = numbers.filter((number) => number > middle).length;
          expect(Math.max(below, above)).toBeLessThanOrEqual(numbers.length / 2);
        },
      ),
    );
  });

  test('the spread is the distance of the extremes as a part of the median', () => {
    expect(spread([90, 100, 120])).toBeCloseTo(0.3);
    expect(spread([0, 0])).toBeUndefined();
  });

  test('what was not measured makes no ratio, and what is computed from it is neither met nor missed', () => {
    const medians = new Medians([
      ['quick', [{ syncMs: 10 }, { syncMs: 30 }, { syncMs: 20 }]],
      ['slow', [{ syncMs: 80, heapBytes: 5 }]],
      ['absent', []],
    ]);
    expect(medians.ratio('syncMs', 'slow', 'quick')).toBe(4);
    expect(medians.ratio('heapBytes', 'slow', 'quick')).toBeUndefined();
    expect(medians.ratio('syncMs', 'absent', 'quick')).toBeUndefined();
    expect(isMet({ what: '', value: undefined, atMost: 1 })).toBeUndefined();
    expect(isMet({ what: '', value: 1, atMost: 1 })).toBe(true);
    expect(isMet({ what: '', value: 0.9, atLeast: 1 })).toBe(false);
  });
});

describe('the table of a benchmark', () => {
  const columns = [
    { title: 'ms', value: (medians: Medians, id: string) => medians.of(id, 'syncMs') },
    { title: 'KB', digits: 1, value: (medians: Medians, id: string) => medians.of(id, 'heapBytes') },
  ];
  const outcomes = [
    { id: 'a', kind: 'ours' as const, name: 'first', figures: [{ syncMs: 1234, heapBytes: 5.25 }] },
    { id: 'b', kind: 'ours' as const, name: 'second', figures: [{ syncMs: 7 }] },
    { id: 'c', kind: 'ours' as const, name: 'third', figures: [], reason: 'there is no Go here' },
    { id: 'd', kind: 'ours' as const, name: 'fourth', figures: [{ syncMs: 8 }], reason: 'ended with 1' },
  ];

  test('names every contestant, the absent with the reason', () => {
    expect(tableOf({ columns }, { outcomes })).toEqual([
      ['', 'ms', 'KB'],
      ['first', '1,234', '5.3'],
      ['second', '7', '–'],
      ['third', 'absent: there is no Go here', ''],
      ['fourth (1 round, then: ended with 1)', '8', '–'],
    ]);
  });

  test('is not widened by the reason of somebody absent', () => {
    const lines = textTable([
      ['', 'ms', 'KB'],
      ['first', '1', '22'],
      ['third', 'absent: a very long reason', ''],
    ]).split('\n');
    expect(lines).toEqual(['       ms  KB', 'first   1  22', 'third  absent: a very long reason']);
  });

  test('a goal says what was measured, its limit, and whether it is met', () => {
    expect(goalLine({ what: 'heap', value: 1.0234, atMost: 1.02 })).toBe('✗ heap: 1.023 (at most 1.02)');
    expect(goalLine({ what: 'speed', value: 4, atLeast: 4, unit: '×' })).toBe('✓ speed: 4 × (at least 4 ×)');
    expect(goalLine({ what: 'heap', value: undefined, atMost: 2 })).toBe('– heap: not measured (at most 2)');
  });
});
