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

/** Paths below another one that is there too add nothing. */
function withoutInner(paths: readonly string[][]): string[][] {
  const covers = (outer: readonly string[], inner: readonly string[]) =>
    outer.length < inner.length && outer.every((key, at) => key === inner[at]);
  return paths.filter((path) => !paths.some((other) => covers(other, path)));
}

function noPath(path: string): Error {
  const message = `x-fields: ${JSON.stringify(path)} is no path: write metadata.name,status.phase`;
  return refusal(400, 'BadRequest', message, { causes: [{ reason: 'FieldValueInvalid', message, field: 'x-fields' }] });
}
