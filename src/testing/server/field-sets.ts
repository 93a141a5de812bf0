import { isObject, type JsonObject } from './json.ts';
import { mergeKeyOf } from './patch.ts';

/**
 * The fields of an object, as managed fields name them: steps like `f:spec`, `k:{"name":"c"}` and `v:"x"`, joined by a line
 * feed, each with the value there. A map or list item that is a field in itself has the value `exists`.
 */
export type FieldSet = Map<string, unknown>;

export const exists = Symbol('exists');

/** Metadata that belongs to whoever writes it; the rest is the server's. */
const managedMetadata = ['generateName', 'labels', 'annotations', 'finalizers', 'ownerReferences'];

/** Maps of built-in objects. Other objects there are structs, which are no fields in themselves. */
const maps = new Set([
  'labels',
  'annotations',
  'data',
  'binaryData',
  'matchLabels',
  'nodeSelector',
  'selector',
  'limits',
  'requests',
  'parameters',
  'conversion',
]);

interface Rules {
  readonly custom: boolean;
  /** An applied set has leaves and list items, but no maps. */
  readonly applied: boolean;
}

/** The fields of `object`: all but the status, or the status only. */
export function fieldsOf(object: JsonObject, part: 'main' | 'status', rules: Rules): FieldSet {
  const fields: FieldSet = new Map();
  const { apiVersion: _version, kind: _kind, metadata, status, ...rest } = object;
  if (part === 'status') {
    if (status !== undefined) collect(fields, 'f:status', 'status', status, rules);
    return fields;
  }
  if (isObject(metadata)) {
    for (const key of managedMetadata) {
      const value = metadata[key];
      // An applied object is identified by its name; how that was made is nobody's.
      if (value !== undefined && value !== null && !(rules.applied && key === 'generateName')) {
        collect(fields, `f:metadata\nf:${key}`, key, value, { ...rules, custom: false });
      }
    }
  }
  for (const [key, value] of Object.entries(rest)) collect(fields, `f:${key}`, key, value, rules);
  return fields;
}

function collect(fields: FieldSet, path: string, key: string, value: unknown, rules: Rules): void {
  if (Array.isArray(value)) {
    collectList(fields, path, key, value, rules);
    return;
  }
  if (!isObject(value) || Object.keys(value).length === 0) {
    fields.set(path, value);
    return;
  }
  if (!rules.applied && (rules.custom || maps.has(key))) fields.set(path, exists);
  for (const [name, item] of Object.entries(value)) collect(fields, `${path}\nf:${name}`, name, item, rules);
}

function collectList(fields: FieldSet, path: string, key: string, list: readonly unknown[], rules: Rules): void {
  if (key === 'finalizers') {
    if (!rules.applied) fields.set(path, exists);
    for (const item of list) fields.set(`${path}\nv:${JSON.stringify(item)}`, item);
    return;
  }
  const mergeKey = rules.custom ? undefined : mergeKeyOf(key, list);
  if (mergeKey === undefined) {
    fields.set(path, list);
    return;
  }
  if (key === 'ownerReferences' && !rules.applied) fields.set(path, exists);
  for (const item of list) {
    if (!isObject(item)) continue;
    const place = `${path}\nk:${JSON.stringify({ [mergeKey]: item[mergeKey] })}`;
    fields.set(place, exists);
    for (const [name, inner] of Object.entries(item)) collect(fields, `${place}\nf:${name}`, name, inner, rules);
  }
}

/** The form in which managed fields are stored (`FieldsV1`). */
export function printFields(paths: Iterable<string>): JsonObject {
  const members = new Set(paths);
  const root: JsonObject = {};
  for (const path of [...members].sort()) {
    let node = root;
    let place = '';
    for (const step of path.split('\n')) {
      place = place === '' ? step : `${place}\n${step}`;
      if (!isObject(node[step])) node[step] = {};
      const next = node[step] as JsonObject;
      // A field that also has fields of its own is marked with a dot.
      if (members.has(place) && place !== path) next['.'] = {};
      node = next;
    }
  }
  return root;
}

/** Reads `FieldsV1`. */
export function parseFields(node: unknown, place = ''): string[] {
  if (!isObject(node)) return [];
  const steps = Object.keys(node);
  if (steps.length === 0) return place === '' ? [] : [place];
  return steps.flatMap((step) =>
    step === '.' ? [place] : parseFields(node[step], place === '' ? step : `${place}\n${step}`),
  );
}

/** A field as messages name it: `.spec.containers[name="c"].image`. */
export function printPath(path: string): string {
  return path
    .split('\n')
    .map((step) => {
      const rest = step.slice(2);
      if (step.startsWith('f:')) return `.${rest}`;
      if (step.startsWith('v:')) return `[=${rest}]`;
      const pairs = Object.entries(JSON.parse(rest) as JsonObject);
      return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
