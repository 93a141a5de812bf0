import { isDeepStrictEqual } from 'node:util';
import { pathText } from '../config/index.ts';

/** More fields of one parent than this are told of as that parent, so that the answer stays short whatever happened. */
const mostFields = 32;

/** What every change changes. */
const bookkeeping = new Set(['metadata.resourceVersion', 'metadata.generation', 'metadata.managedFields']);

/**
 * Where an object differs from what it was, sorted. Lists of one length are compared item by item and named without their positions; others differ as a whole.
 * Versions that grow with every change are left out.
 */
export function changedPaths(before: object, after: object): string[] {
  const found = new Set<string>();
  compare(before, after, [], found);
  return [...found].filter((path) => !bookkeeping.has(path)).sort();
}

function compare(before: unknown, after: unknown, steps: readonly string[], found: Set<string>): void {
  if (Object.is(before, after)) return;
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [at, item] of before.entries()) compare(item, after[at], steps, found);
    return;
  }
  if (!isFields(before) || !isFields(after)) return void found.add(pathText(steps));
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
  if (changed.length > mostFields && steps.length > 0) return void found.add(pathText(steps));
  for (const key of changed) compare(before[key], after[key], [...steps, key], found);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
