import type { StatusCause } from '../../kubernetes/index.ts';
import { exists, type FieldSet, fieldsOf, isAtomic, keysOfList, printPath } from './field-sets.ts';
import { deepEqual, isObject, type JsonObject } from './json.ts';
import { type ManagerEntry, readManagers, type Writer, writeManagers } from './managed-fields.ts';
import { failure, invalid, required } from './status.ts';

export interface ApplyOptions extends Writer {
  readonly force: boolean;
  readonly custom: boolean;
}

/**
 * Server-side apply: merges `applied` into `before`, takes away what this manager applied earlier and does not any more, and
 * settles who owns what. Throws a failure (409) if others own fields that would change, unless forced.
 */
export function applyConfiguration(
  before: JsonObject | undefined,
  applied: JsonObject,
  options: ApplyOptions,
): JsonObject {
  const { custom, manager, subresource } = options;
  const part = subresource === 'status' ? 'status' : 'main';
  const wanted = fieldsOf(applied, part, { custom, applied: true });
  const metadata = isObject(before?.metadata) ? before.metadata : {};
  const managers = readManagers(metadata);
  const isOwn = (entry: ManagerEntry) =>
    entry.manager === manager && entry.operation === 'Apply' && entry.subresource === subresource;
  const others = managers.filter((entry) => !isOwn(entry));
  const current: FieldSet = before ? fieldsOf(before, part, { custom, applied: true }) : new Map();
  const disputed = others.map((entry) => ({
    entry,
    paths: [...wanted].filter(([path, value]) => contested(entry, path, value, current)).map(([path]) => path),
  }));
  const conflicts = disputed.filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !options.force) throw conflictOf(conflicts);

  let merged = merge(before ?? {}, applied, '', custom) as JsonObject;
  const owned = new Set(others.flatMap((entry) => [...entry.fields]));
  for (const path of managers.find(isOwn)?.fields ?? []) {
    if (!wanted.has(path) && !owned.has(path)) merged = without(merged, path.split('\n')) as JsonObject;
  }
  const remaining = disputed.map(({ entry, paths }) => ({
    ...entry,
    fields: new Set([...entry.fields].filter((path) => !paths.includes(path))),
  }));
  const own: ManagerEntry = { ...options, operation: 'Apply', fields: new Set(wanted.keys()) };
  const next = { ...(isObject(merged.metadata) ? merged.metadata : {}) };
  writeManagers(next, [...remaining, own]);
  return { ...merged, metadata: next };
}

export function requireFieldManager(manager: string | null): asserts manager is string {
  if (manager !== null && manager !== '') return;
  const causes = [required('fieldManager', 'is required for apply patch')];
  throw invalid({ kind: 'PatchOptions', group: 'meta.k8s.io', name: '' }, causes);
}

function contested(entry: ManagerEntry, path: string, value: unknown, current: FieldSet): boolean {
  return value !== exists && entry.fields.has(path) && !deepEqual(current.get(path), value);
}

function conflictOf(conflicts: readonly { entry: ManagerEntry; paths: readonly string[] }[]) {
  const causes: StatusCause[] = conflicts.flatMap(({ entry, paths }) =>
    paths.map((path) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${printManager(entry)}`,
      field: printPath(path),
    })),
  );
  const list =
    causes.length === 1
      ? `${causes[0]?.message}: ${causes[0]?.field}`
      : conflicts
          .map(({ entry, paths }) => {
            const lines = paths.map((path) => `\n- ${printPath(path)}`).join('');
            return `conflicts with ${printManager(entry)}:${lines}`;
          })
          .join('\n');
  const count = `${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  return failure(409, 'Conflict', `Apply failed with ${count}: ${list}`, { causes });
}

function printManager(entry: ManagerEntry): string {
  const how = entry.operation === 'Apply' ? '' : ` using ${entry.apiVersion}`;
  return `"${entry.manager}"${how}`;
}

function merge(target: unknown, applied: unknown, key: string, custom: boolean): unknown {
  if (Array.isArray(applied)) {
    const keys = custom ? undefined : keysOfList(key);
    if (key === 'finalizers' && Array.isArray(target)) return [...new Set([...target, ...applied])];
    if (keys === undefined || !Array.isArray(target)) return applied;
    const result = [...target];
    for (const item of applied) {
      const same = (other: unknown) =>
        isObject(other) && isObject(item) && keys.every((name) => other[name] === item[name]);
      const index = result.findIndex(same);
      if (index < 0) result.push(item);
      else result[index] = merge(result[index], item, '', custom);
    }
    return result;
  }
  if (!isObject(applied) || !isObject(target) || (!custom && isAtomic(key))) return applied;
  const result: JsonObject = { ...target };
  for (const [name, value] of Object.entries(applied)) result[name] = merge(target[name], value, name, custom);
  return result;
}

/** `value` without the field at `steps`. */
function without(value: unknown, steps: readonly string[]): unknown {
  const [step = '', ...rest] = steps;
  const name = step.slice(2);
  if (step.startsWith('f:')) {
    if (!isObject(value) || !(name in value)) return value;
    const { [name]: inner, ...others } = value;
    return rest.length === 0 ? others : { ...others, [name]: without(inner, rest) };
  }
  if (!Array.isArray(value)) return value;
  const wanted: unknown = JSON.parse(name);
  const isIt = (item: unknown) =>
    isObject(wanted)
      ? isObject(item) && Object.entries(wanted).every(([key, part]) => item[key] === part)
      : item === wanted;
  if (rest.length === 0) return value.filter((item) => !isIt(item));
  return value.map((item) => (isIt(item) ? without(item, rest) : item));
}
