import { type CachedObject, isScalar, valueAt } from '../cache/index.ts';
import { type FieldCondition, plainPath } from './field-conditions.ts';

/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Conditions as an object: the value at each path is this one. A text, number or boolean is equal, with its type; `null` is absent; an object is there with
 * these keys and perhaps others (`{"metadata.labels": {"app": "web"}}` or, the same, `{"metadata": {"labels": {"app": "web"}}}`); a list is equal in full.
 */
export function fieldMatches(wanted: Readonly<Record<string, Json>>): FieldCondition[] {
  return Object.entries(wanted).flatMap(([path, value]) => conditionsAt(plainPath(path), value));
}

function conditionsAt(path: string, value: Json): FieldCondition[] {
  // A path with such keys can be looked up in an index; others are compared in place.
  if (isPlain(value)) {
    const entries = Object.entries(value);
    if (entries.length > 0 && entries.every(([key]) => !key.includes('.'))) {
      return entries.flatMap(([key, inner]) => conditionsAt(`${path}.${key}`, inner));
    }
  }
  const read = valueAt(path);
  return [
    {
      path,
      equals: isScalar(value) && value !== '' ? value : undefined,
      matches: (object: CachedObject) => contains(read(object), value),
    },
  ];
}

function contains(found: unknown, wanted: Json): boolean {
  if (wanted === null) return found === undefined || found === null;
  if (isScalar(wanted)) return found === wanted;
  if (Array.isArray(wanted)) {
    return Array.isArray(found) && found.length === wanted.length && wanted.every((each, at) => equal(found[at], each));
  }
  if (!isPlain(found)) return false;
  return Object.entries(wanted).every(([key, value]) =>
    contains(Object.hasOwn(found, key) ? found[key] : undefined, value as Json),
  );
}

/** Equal in full: within lists nothing more may be there. */
function equal(found: unknown, wanted: Json): boolean {
  if (!isPlain(wanted)) return contains(found, wanted);
  if (!isPlain(found)) return false;
  const keys = Object.keys(wanted);
  return (
    keys.length === Object.keys(found).length &&
    keys.every((key) => Object.hasOwn(found, key) && equal(found[key], wanted[key] as Json))
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
