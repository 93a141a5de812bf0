import { isDeepStrictEqual } from 'node:util';
import { stepsOf } from '../config/index.ts';

/** Paths that begin alike are one branch; an empty one is a whole value. */
type Branch = Map<string, Branch>;

/** Some fields of an object. */
export interface Fields {
  /** The object with these fields and no others; those it lacks are left out. A list on the way keeps its length. Nothing is copied that needs no change. */
  of(object: object): Readonly<Record<string, unknown>>;
  /** Whether any of them differs. */
  differ(one: object, other: object): boolean;
}

/** @param paths as `stepsOf` of the configuration reads them. */
export function fieldsAt(paths: readonly string[]): Fields {
  const root: Branch = new Map();
  for (const steps of paths.map(stepsOf)) {
    let branch = root;
    for (const [at, step] of steps.entries()) {
      const known = branch.get(step);
      // The whole of it is wanted already.
      if (known?.size === 0) break;
      const next: Branch = at === steps.length - 1 || !known ? new Map() : known;
      branch.set(step, next);
      branch = next;
    }
  }
  const of = (object: object) => pick(object, root) as Readonly<Record<string, unknown>>;
  return { of, differ: (one, other) => !isDeepStrictEqual(of(one), of(other)) };
}

function pick(value: unknown, branch: Branch): unknown {
  if (branch.size === 0) return value;
  if (Array.isArray(value)) return value.map((item) => pick(item, branch));
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const picked: [string, unknown][] = [];
  for (const [step, next] of branch) {
    const field = Object.hasOwn(fields, step) ? pick(fields[step], next) : undefined;
    if (field !== undefined) picked.push([step, field]);
  }
  return Object.fromEntries(picked);
}
