import type { DeepReadonly, KubeObject } from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';
import type { InformerEvent } from './events.ts';

/**
 * How the rule that cached objects are read-only is enforced at run time; the types say so in any case.
 *
 * - `off`: not at all. No cost.
 * - `freeze`: objects are frozen before anybody sees them; who writes gets a TypeError at that very line. About 20 µs for each pod.
 * - `detect`: after each handler call the objects of its event are compared with a copy; a difference is reported as `CacheModified`, with
 *   the path and the name of the handler (or of the next handler, if somebody else did it in between). Costs a copy of every object and a
 *   comparison for every call: for tests.
 */
export type Immutability = 'off' | 'freeze' | 'detect';

export interface ImmutabilityGuard<T> {
  /** Called on each object before it becomes visible. */
  readonly seal: ((object: T) => void) | undefined;
  /** Called after each handler call. */
  readonly afterCall: ((event: InformerEvent<T>, handler: string) => void) | undefined;
}

export function immutabilityGuard<T extends KubeObject>(
  mode: Immutability,
  onError: (error: KubeInformerError) => void,
): ImmutabilityGuard<T> {
  if (mode === 'off') return { seal: undefined, afterCall: undefined };
  if (mode === 'freeze') return { seal: deepFreeze, afterCall: undefined };
  const copies = new WeakMap<object, unknown>();
  const keep = (object: object): void => void copies.set(object, copyOf(object));
  const check = (object: DeepReadonly<T>, handler: string): void => {
    if (!copies.has(object as object)) return;
    const path = firstDifference(copies.get(object as object), object, '');
    if (path === undefined) return;
    // Once reported, the modified state is the state.
    keep(object as object);
    const { namespace, name } = (object as KubeObject).metadata;
    const what = namespace ? `${namespace}/${name}` : name;
    onError(
      new KubeInformerError('CacheModified', `handler ${handler} modified ${path} of ${what} in the cache`, {
        hint: 'Objects of the cache are shared; copy before you change: structuredClone(object).',
      }),
    );
  };
  return {
    seal: keep,
    afterCall: (event, handler) => {
      check(event.object, handler);
      if (event.type === 'update' && event.oldObject !== event.object) check(event.oldObject, handler);
    },
  };
}

/** Freezes a JSON value, all the way down. */
function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const key in value) deepFreeze((value as Record<string, unknown>)[key]);
}

/** A copy of a JSON value. What else a transform may have put in (functions, say) is shared and not looked at. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) copy[key] = copyOf(member);
  return copy;
}

/** The path of the first place where two JSON values differ: `metadata.labels.app`, `metadata.labels["example.com/app"]`. */
function firstDifference(before: unknown, after: unknown, path: string): string | undefined {
  if (before === after) return undefined;
  if (typeof before !== 'object' || typeof after !== 'object' || !before || !after) return path;
  const old = before as Record<string, unknown>;
  const present = after as Record<string, unknown>;
  for (const key of new Set([...Object.keys(old), ...Object.keys(present)])) {
    const found = firstDifference(old[key], present[key], join(path, key));
    if (found !== undefined) return found;
  }
  return undefined;
}

function join(path: string, key: string): string {
  if (!/^\w+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
