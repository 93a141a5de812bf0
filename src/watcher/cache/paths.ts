import type { CachedObject } from './events.ts';

/** What JSON has that is neither object nor list. */
export type Scalar = string | number | boolean;

/** A function that reads the value at a dotted path, whatever it is. A dot at the beginning means nothing. */
export function valueAt(path: string): (object: CachedObject) => unknown {
  const steps = path.replace(/^\./, '').split('.');
  return (object) => {
    let value: unknown = object;
    for (const step of steps) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[step];
    }
    return value;
  };
}

/** Like `valueAt`, as text: `undefined` unless there is a text, a number or a boolean. */
export function readPath(path: string): (object: CachedObject) => string | undefined {
  const read = valueAt(path);
  return (object) => {
    const value = read(object);
    return isScalar(value) ? String(value) : undefined;
  };
}

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
