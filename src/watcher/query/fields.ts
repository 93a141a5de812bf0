import { type KubeObject, project } from '../../index.ts';
import { type CachedObject, refusal } from '../cache/index.ts';

/**
 * Reads the fields that are wanted of each object: `metadata.name,status.phase`. A dot that belongs to a key has a backslash before it.
 *
 * @returns what makes such a part of an object; `apiVersion` and `kind` are always in it.
 * @throws ApiStatusError 400
 */
export function parseFields(text: string): (object: CachedObject) => object {
  const paths = text.split(',').map((path) => {
    const keys = path
      .trim()
      .replace(/^\./, '')
      .split(/(?<!\\)\./)
      .map((key) => key.replaceAll('\\.', '.'));
    if (keys.includes('')) throw noPath(path);
    return keys;
  });
  const part = project<KubeObject>()([['apiVersion'], ['kind'], ...withoutInner(paths)]);
  // Which fields there are is not known to the types; that it makes an object is.
  return (object) => part(object) as object;
}

/** The keys that paths begin with, and how they go on. */
interface Way extends Map<string, Way> {}

/** Paths below another one that is there too add nothing. As many steps as there are keys: a client writes them. */
function withoutInner(paths: readonly string[][]): string[][] {
  const begin: Way = new Map();
  const ends = new Set<Way>();
  for (const path of paths) {
    let way = begin;
    for (const key of path) {
      const next: Way = way.get(key) ?? new Map();
      way.set(key, next);
      way = next;
    }
    ends.add(way);
  }
  return paths.filter((path) => {
    let way = begin;
    return path.slice(0, -1).every((key) => {
      way = way.get(key)!;
      return !ends.has(way);
    });
  });
}

function noPath(path: string): Error {
  const message = `x-fields: ${JSON.stringify(path)} is no path: write metadata.name,status.phase`;
  return refusal(400, 'BadRequest', message, { causes: [{ reason: 'FieldValueInvalid', message, field: 'x-fields' }] });
}
