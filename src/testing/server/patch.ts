import { deepEqual, isObject, type JsonObject } from './json.ts';
import { badRequest, failure } from './status.ts';

export type PatchKind = 'merge' | 'json' | 'strategic' | 'apply';

const kinds: Readonly<Record<string, PatchKind>> = {
  'application/merge-patch+json': 'merge',
  'application/json-patch+json': 'json',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export function patchKind(contentType: string): PatchKind | undefined {
  return kinds[contentType.split(';')[0]?.trim() ?? ''];
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** The lists of built-in objects that are merged by a key; others are replaced. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  conditions: 'type',
  taints: 'key',
  ownerReferences: 'uid',
  hostAliases: 'ip',
  secrets: 'name',
};

/** The lists of plain values that are merged as sets. */
const mergedSets = new Set(['finalizers']);

/** A merge patch that knows the lists of `mergeKeys`, and the directives `$patch`, `$retainKeys` and `$deleteFromPrimitiveList`. */
export function strategicPatch(target: unknown, patch: unknown, field = ''): unknown {
  if (Array.isArray(patch)) return strategicList(Array.isArray(target) ? target : [], patch, field);
  if (!isObject(patch)) return patch;
  if (patch.$patch === 'replace') {
    const { $patch: _, ...rest } = patch;
    return rest;
  }
  const result: JsonObject = isObject(target) ? { ...target } : {};
  const retained = patch.$retainKeys;
  if (Array.isArray(retained)) for (const key of Object.keys(result)) if (!retained.includes(key)) delete result[key];
  for (const [key, value] of Object.entries(patch)) {
    const deletion = /^\$deleteFromPrimitiveList\/(.*)$/.exec(key)?.[1];
    const list = deletion === undefined ? undefined : result[deletion];
    if (deletion !== undefined && Array.isArray(list) && Array.isArray(value)) {
      result[deletion] = list.filter((item) => !value.includes(item));
    }
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else result[key] = strategicPatch(result[key], value, key);
  }
  return result;
}

function strategicList(target: readonly unknown[], patch: readonly unknown[], field: string): unknown[] {
  if (mergedSets.has(field)) return [...new Set([...target, ...patch])];
  const mergeKey = mergeKeyOf(field, patch);
  if (mergeKey === undefined) return [...patch];
  if (patch.some((item) => isObject(item) && item.$patch === 'replace')) {
    return patch.filter((item) => isObject(item) && item.$patch === undefined);
  }
  const result = [...target];
  for (const item of patch) {
    if (!isObject(item)) continue;
    const index = result.findIndex((other) => isObject(other) && other[mergeKey] === item[mergeKey]);
    if (item.$patch === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) result[index] = strategicPatch(result[index], item);
    else result.push(strategicPatch({}, item));
  }
  return result;
}

/** The key by which a list of that name is merged; `undefined` if it is replaced as a whole. */
function mergeKeyOf(field: string, patch: readonly unknown[]): string | undefined {
  const key = mergeKeys[field];
  if (key === undefined) return undefined;
  // The ports of a service have another key than those of a container.
  if (field === 'ports' && patch.some((item) => isObject(item) && 'port' in item)) return 'port';
  return key;
}

/** RFC 6902. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations))
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  const root = { document: structuredClone(target) };
  for (const operation of operations) applyOperation(root, isObject(operation) ? operation : {});
  return root.document;
}

function applyOperation(root: { document: unknown }, operation: JsonObject): void {
  const path = pointer(operation.path);
  switch (operation.op) {
    case 'add':
      insert(root, path, operation.value);
      break;
    case 'remove':
      take(root, path);
      break;
    case 'replace':
      take(root, path);
      insert(root, path, operation.value);
      break;
    case 'move':
      insert(root, path, take(root, pointer(operation.from)));
      break;
    case 'copy':
      insert(root, path, structuredClone(lookUp(root, pointer(operation.from))));
      break;
    case 'test':
      if (!deepEqual(lookUp(root, path), operation.value)) throw rejected();
      break;
    default:
      throw rejected();
  }
}

function pointer(text: unknown): string[] {
  const parts = String(text ?? '')
    .split('/')
    .slice(1);
  return ['document', ...parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))];
}

function parentOf(root: unknown, path: readonly string[]): { parent: JsonObject | unknown[]; key: string } {
  let parent = root;
  for (const key of path.slice(0, -1)) {
    parent = Array.isArray(parent) ? parent[Number(key)] : isObject(parent) ? parent[key] : undefined;
  }
  if (!isObject(parent) && !Array.isArray(parent)) throw rejected();
  return { parent, key: path[path.length - 1] ?? '' };
}

function lookUp(root: unknown, path: readonly string[]): unknown {
  const { parent, key } = parentOf(root, path);
  return Array.isArray(parent) ? parent[Number(key)] : parent[key];
}

function insert(root: unknown, path: readonly string[], value: unknown): void {
  const { parent, key } = parentOf(root, path);
  if (!Array.isArray(parent)) parent[key] = value;
  else parent.splice(key === '-' ? parent.length : Number(key), 0, value);
}

function take(root: unknown, path: readonly string[]): unknown {
  const { parent, key } = parentOf(root, path);
  if (Array.isArray(parent)) {
    if (!(Number(key) < parent.length)) throw rejected();
    return parent.splice(Number(key), 1)[0];
  }
  if (!(key in parent)) throw rejected();
  const value = parent[key];
  delete parent[key];
  return value;
}

function rejected() {
  return failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}
