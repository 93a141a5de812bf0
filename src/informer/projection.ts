import type { DeepReadonly } from '../kubernetes/index.ts';
import { type Path, splitPaths, valueAt } from './paths.ts';

/** The part of `T` at one dotted path. What may be absent stays so. */
type At<T, P extends string> = P extends keyof T
  ? Pick<T, P>
  : P extends `${infer Head}.${infer Rest}`
    ? Head extends keyof T
      ? { [K in keyof Pick<T, Head>]: At<NonNullable<T[K]>, Rest> }
      : unknown
    : unknown;

type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (member: infer All) => void
  ? All
  : never;

/** What `T` has at the paths `P`, and nothing else. Paths that the type does not know are there at run time only. */
export type Projection<T, P extends Path> = Intersection<P extends string ? At<T, P> : unknown>;

/**
 * Makes a function that copies what stands at `paths` out of an object, and nothing else. Places that an object does not have are left out.
 *
 * @throws KubeInformerError `InvalidOption` if there is no path, or an empty one.
 * @example
 * const brief = project<Pod>()(['metadata.name', 'spec.nodeName']);
 * brief(pod); // { metadata: { name: 'blue' }, spec: { nodeName: 'worker-1' } }
 */
export function project<T>(): <const P extends Path>(
  paths: readonly P[],
) => (object: DeepReadonly<T>) => Projection<T, P> {
  return <const P extends Path>(paths: readonly P[]) => {
    const split = splitPaths(paths);
    return (object: DeepReadonly<T>) => {
      const payload: Record<string, unknown> = {};
      for (const keys of split) {
        const value = valueAt(object, keys);
        if (value !== undefined) put(payload, keys, value);
      }
      // The paths at run time and those of the type are the same.
      return payload as Projection<T, P>;
    };
  };
}

function put(into: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  let at = into;
  for (const key of keys.slice(0, -1)) {
    if (!Object.hasOwn(at, key)) define(at, key, {});
    at = at[key] as Record<string, unknown>;
  }
  define(at, keys.at(-1)!, structuredClone(value));
}

/** Objects may have keys that assignment treats in a way of its own (`__proto__`). */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
