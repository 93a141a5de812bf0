/** Any JSON object. The server knows the shape of metadata only; the rest of an object is the user's. */
export type JsonObject = { [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a dotted path (`spec.nodeName`), or `undefined` where the path ends early. */
export function valueAt(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const key of path.split('.')) {
    if (key === '') continue;
    if (!isObject(value)) return undefined;
    value = value[key];
  }
  return value;
}

export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  if (keys.length !== Object.keys(b).filter((key) => b[key] !== undefined).length) return false;
  return keys.every((key) => deepEqual(a[key], b[key]));
}

/** A copy with the keys of every object in alphabetical order, as Go prints maps. */
export function sortDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortDeep);
  if (!isObject(value)) return value;
  return sortKeys(value, sortDeep);
}

/** A copy with its own keys in alphabetical order. */
export function sortKeys(object: JsonObject, convert: (value: unknown) => unknown = (value) => value): JsonObject {
  const sorted: JsonObject = {};
  for (const key of Object.keys(object).sort()) if (object[key] !== undefined) sorted[key] = convert(object[key]);
  return sorted;
}

const escapedByGo = /[<>&\u2028\u2029]/;

/** JSON text with the escapes of Go's encoder: it writes `<`, `>`, `&` and the two line separators as `\uXXXX`. */
export function goJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  if (!escapedByGo.test(text)) return text;
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
