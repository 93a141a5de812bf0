import { describe, expect, test } from 'vitest';
import type { Measure } from '../../../bench/lib/contest.ts';
import { pageOf } from '../../../bench/lib/page.ts';
import { barsSvg } from '../../../bench/lib/plot.ts';
import { variedPods } from '../../../bench/lib/pods.ts';
import type { Result } from '../../../bench/lib/results.ts';
import type { PodManifest } from '../../../src/testing/index.ts';

const measure: Measure = {
  id: 'sync',
  part: 'bench',
  title: 'Sync',
  about: 'How long it takes.',
  contestants: () => [],
  columns: [{ title: 'sync ms', value: (medians, id) => medians.of(id, 'syncMs') }],
  goals: (medians) => [{ what: 'sync / floor', value: medians.ratio('syncMs', 'default', 'floor'), atMost: 0.65 }],
  plots: [{ id: 'time', title: 'Time', unit: 'ms', value: (medians, id) => medians.of(id, 'syncMs') }],
};

const result: Result = {
  measure: 'sync',
  command: 'npm run bench -- --only sync',
  date: '2026-11-21',
  commit: '0123456789',
  machine: '2 × A Processor, 24 GiB, linux',
  node: 'v24.0.0',
  rounds: 3,
  scale: 1,
  bytesPerPod: { main: 5700 },
  outcomes: [
    { id: 'floor', kind: 'yardstick', name: 'floor', figures: [{ syncMs: 100 }, { syncMs: 110 }, { syncMs: 90 }] },
    { id: 'default', kind: 'ours', name: 'ours | <all>', figures: [{ syncMs: 70 }, { syncMs: 50 }, { syncMs: 60 }] },
    { id: 'peer', kind: 'peer', name: 'a peer', figures: [], reason: 'it is not installed' },
  ],
};

describe('the page of the benchmarks', () => {
  const { markdown, pictures } = pageOf([measure], new Map([['sync', result]]), 'benchmarks');

  test('has the medians, the goals, and those that are absent with the reason', () => {
    expect(markdown).toContain('| floor | 100 |');
    expect(markdown).toContain('| ours \\| <all> | 60 |');
    expect(markdown).toContain('| a peer | absent: it is not installed |');
    expect(markdown).toContain('- ✓ sync / floor: 0.6 (at most 0.65)');
  });

  test('says where the figures are from and how to have them again', () => {
    expect(markdown).toContain('2 × A Processor, 24 GiB, linux; Node v24.0.0; 2026-11-21, commit 0123456789; 3 rounds');
    expect(markdown).toContain('`npm run bench -- --only sync`');
  });

  test('shows the pictures that it brings', () => {
    expect([...pictures.keys()]).toEqual(['sync-time.svg']);
    expect(markdown).toContain('![Time](benchmarks/sync-time.svg)');
  });

  test('names what was not measured', () => {
    expect(pageOf([measure], new Map(), 'benchmarks').markdown).toContain('Not measured yet');
  });
});

test('a bar is as long as its value is large, and text is no markup', () => {
  const svg = barsSvg('Time <b>', 'ms', [
    { name: 'a & b', value: 100, ours: true },
    { name: 'other', value: 25, ours: false },
  ]);
  const [long, short] = [...svg.matchAll(/<rect [^>]*? width="([\d.]+)"/g)].map((match) => Number(match[1]));
  expect(long! / short!).toBeCloseTo(4);
  expect(svg).not.toContain('<b>');
  expect(svg).toContain('a &#38; b');
  expect(svg).toContain('prefers-color-scheme: dark');
});

describe('the pods of the benchmarks', () => {
  const sizesOf = (options: { readonly seed?: number; readonly meanBytes?: number }) =>
    Array.from(variedPods(4000, options), (pod) => Buffer.byteLength(JSON.stringify(pod)));
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

  test('are the same for the same seed and others for another', () => {
    expect([...variedPods(20)]).toEqual([...variedPods(20)]);
    expect([...variedPods(20)]).not.toEqual([...variedPods(20, { seed: 2 })]);
  });

  test('are as large as asked on average, and of all sizes', () => {
    const sizes = sizesOf({ seed: 3 });
    expect(mean(sizes)).toBeGreaterThan(5_400);
    expect(mean(sizes)).toBeLessThan(6_000);
    expect(Math.min(...sizes)).toBeLessThan(1_200);
    expect(Math.max(...sizes)).toBeGreaterThan(100_000);
    expect(mean(sizesOf({ meanBytes: 4_000 }))).toBeLessThan(4_300);
  });

  test('are managed fields for two fifths of their bytes', () => {
    const pods = [...variedPods(4000)];
    const bytes = (values: readonly unknown[]) => mean(values.map((value) => Buffer.byteLength(JSON.stringify(value))));
    const share = bytes(pods.map(({ metadata }) => metadata.managedFields)) / bytes(pods);
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.46);
  });

  test('have owners of one to twenty, who follow each other, and what these give them', () => {
    const inLists = [...variedPods(8000)].sort((a, b) => (a.metadata.namespace < b.metadata.namespace ? -1 : 1));
    const uids = inLists.flatMap(
      ({ metadata }) => (metadata.ownerReferences as { uid: string }[] | undefined)?.[0]?.uid ?? [],
    );
    const counts = new Map<string, number>();
    for (const uid of uids) counts.set(uid, (counts.get(uid) ?? 0) + 1);
    expect(Math.min(...counts.values())).toBe(1);
    expect(Math.max(...counts.values())).toBe(20);
    expect(uids.length / counts.size).toBeGreaterThan(4.2);
    expect(uids.length / counts.size).toBeLessThan(5.2);
    expect(uids.filter((uid, index) => uid !== uids[index - 1]).length).toBe(counts.size);
    const given = new Set(
      inLists.map(({ metadata: { ownerReferences, labels } }) => JSON.stringify([ownerReferences, labels])),
    );
    expect(given.size).toBeLessThan(counts.size + inLists.length - uids.length + 1);
    const alone = [...variedPods(200, { replicas: [1] })].flatMap(({ metadata }) => metadata.ownerReferences ?? []);
    expect(new Set(alone.map((owner) => JSON.stringify(owner))).size).toBe(alone.length);
  });

  test('have shapes of their own', () => {
    const shapesOf = (pods: Iterable<PodManifest>) =>
      new Set(Array.from(pods, ({ metadata }) => Object.keys(metadata.labels ?? {}).join())).size;
    expect(shapesOf(variedPods(200, { replicas: [1] }))).toBeGreaterThan(50);
    // What pods of one owner have in common is one shape.
    expect(shapesOf(variedPods(400))).toBeGreaterThan(50);
  });
});
