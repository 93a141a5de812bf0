import { describe, expect, it, test } from 'vitest';
import { compareResourceVersions, equalResourceVersions } from '../../../src/kubernetes/index.ts';

describe('compareResourceVersions', () => {
  test.each([
    ['1', '1', 0],
    ['99', '100', -1],
    ['100', '99', 1],
    ['19', '20', -1],
    ['18446744073709551615', '18446744073709551614', 1],
    ['340282366920938463463374607431768211455', '340282366920938463463374607431768211456', -1],
    ['', '1', undefined],
    ['0', '1', undefined],
    ['0', '0', undefined],
    ['01', '1', undefined],
    ['-1', '1', undefined],
    ['abc', 'abc', undefined],
    ['1e3', '1', undefined],
    [' 1', '1', undefined],
  ])('%j and %j: %j', (a, b, expected) => {
    expect(compareResourceVersions(a, b)).toBe(expected);
  });
});

describe('equalResourceVersions', () => {
  it('holds for the same text, ordered or not, and never for absent ones', () => {
    expect(equalResourceVersions('abc', 'abc')).toBe(true);
    expect(equalResourceVersions('1', '2')).toBe(false);
    expect(equalResourceVersions(undefined, undefined)).toBe(false);
    expect(equalResourceVersions('', '')).toBe(false);
  });
});
