import { KubeInformerError } from '../runtime/index.ts';

/** A place in an object: `spec.replicas`, or a list of keys where a key has dots in it. */
export type Path = string | readonly string[];

/** @throws KubeInformerError `InvalidOption` if there is no path, or an empty one. */
export function splitPaths(paths: readonly Path[]): readonly (readonly string[])[] {
  const split = paths.map((path) => (typeof path === 'string' ? path.split('.') : path));
  if (split.length === 0 || split.some((keys) => keys.length === 0 || keys.includes(''))) {
    throw new KubeInformerError('InvalidOption', `paths ${JSON.stringify(paths)} are not all well formed`, {
      hint: "Write paths like 'spec.replicas', or ['metadata', 'labels', 'example.com/tier'].",
    });
  }
  return split;
}

/** What stands at a path; `undefined` if the object does not go there. */
export function valueAt(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
