import { describe, expect, it } from 'vitest';
import { makePod, podTemplate, seededRandom } from '../../../src/testing/index.ts';

describe('generated pods', () => {
  it('are the same for the same index and seed, and differ otherwise', () => {
    expect(makePod(7, 3)).toEqual(makePod(7, 3));
    expect(makePod(7, 3)).not.toEqual(makePod(7, 4));
    expect(podTemplate()).toEqual(makePod(0));
  });

  it('are about 6 KB of JSON on average, two fifths of it managed fields of two managers, with text beyond ASCII', () => {
    const pods = Array.from({ length: 500 }, (_, index) => makePod(index));
    const texts = pods.map((pod) => JSON.stringify(pod));
    const bytes = (list: readonly string[]) => list.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const average = bytes(texts) / texts.length;
    expect(average).toBeGreaterThan(5_800);
    expect(average).toBeLessThan(6_200);
    const share = bytes(pods.map(({ metadata }) => JSON.stringify(metadata.managedFields))) / bytes(texts);
    expect(share).toBeGreaterThan(0.41);
    expect(share).toBeLessThan(0.45);
    expect(texts.some((text) => /[^\x20-\x7e]/.test(text))).toBe(true);
    expect(makePod(0).metadata.managedFields).toHaveLength(2);
  });

  it('have names that are unique and spread over twenty namespaces', () => {
    const pods = Array.from({ length: 200 }, (_, index) => makePod(index).metadata);
    expect(new Set(pods.map(({ name }) => name)).size).toBe(200);
    expect(new Set(pods.map(({ namespace }) => namespace)).size).toBe(20);
  });

  it('draws the same numbers in [0, 1) from the same seed', () => {
    const [one, two] = [seededRandom(42), seededRandom(42)];
    const drawn = Array.from({ length: 1_000 }, () => one());
    expect(drawn).toEqual(Array.from({ length: 1_000 }, () => two()));
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(drawn.reduce((sum, number) => sum + number, 0) / 1_000).toBeCloseTo(0.5, 1);
  });
});
