import { exists, type FieldSet, fieldsOf, parseFields, printFields } from './field-sets.ts';
import { deepEqual, isObject, type JsonObject } from './json.ts';

/** Who owns which fields of an object. */
export interface ManagerEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  readonly subresource: string;
  readonly fields: Set<string>;
}

export function readManagers(metadata: JsonObject): ManagerEntry[] {
  const list = Array.isArray(metadata.managedFields) ? metadata.managedFields.filter(isObject) : [];
  return list.map((entry) => ({
    manager: String(entry.manager ?? ''),
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: String(entry.apiVersion ?? ''),
    time: String(entry.time ?? ''),
    subresource: String(entry.subresource ?? ''),
    fields: new Set(parseFields(entry.fieldsV1)),
  }));
}

/** Writes the entries that still own something into `metadata`: appliers first, then by time and name. */
export function writeManagers(metadata: JsonObject, entries: readonly ManagerEntry[]): void {
  const order = (entry: ManagerEntry) => `${entry.operation}\n${entry.time}\n${entry.manager}\n${entry.subresource}`;
  const kept = entries
    .filter((entry) => entry.fields.size > 0)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map(({ manager, operation, apiVersion, time, subresource, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === '' ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: printFields(fields),
      ...(subresource === '' ? {} : { subresource }),
    }));
  if (kept.length > 0) metadata.managedFields = kept;
  else delete metadata.managedFields;
}

export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly time: string;
  readonly subresource: string;
}

/**
 * The owners after an update: the writer owns what it changed and what it owned before, the others lose what was changed, and
 * nobody owns what is gone.
 */
export function managersAfterUpdate(
  before: JsonObject | undefined,
  after: JsonObject,
  managers: readonly ManagerEntry[],
  writer: Writer,
  custom: boolean,
): ManagerEntry[] {
  const part = writer.subresource === 'status' ? 'status' : 'main';
  const rules = { custom, applied: false };
  const now = fieldsOf(after, part, rules);
  const changed = changedFields(before ? fieldsOf(before, part, rules) : new Map(), now);
  const everything = new Set([...now.keys(), ...fieldsOf(after, part === 'main' ? 'status' : 'main', rules).keys()]);
  const isWriter = (entry: ManagerEntry) =>
    entry.manager === writer.manager && entry.operation === 'Update' && entry.subresource === writer.subresource;
  const own = managers.find(isWriter);
  const others = managers
    .filter((entry) => !isWriter(entry))
    .map((entry) => ({
      ...entry,
      fields: filterFields(entry.fields, (path) => everything.has(path) && !changed.has(path)),
    }));
  const kept = filterFields(own?.fields ?? new Set(), (path) => now.has(path));
  const fields = new Set([...kept, ...changed]);
  const same = own !== undefined && changed.size === 0 && fields.size === own.fields.size;
  return [...others, same ? own : { operation: 'Update', ...writer, fields }];
}

function changedFields(before: FieldSet, after: FieldSet): Set<string> {
  const changed = new Set<string>();
  for (const [path, value] of after) {
    if (!before.has(path) || (value !== exists && !deepEqual(before.get(path), value))) changed.add(path);
  }
  return changed;
}

function filterFields(fields: ReadonlySet<string>, keep: (path: string) => boolean): Set<string> {
  return new Set([...fields].filter(keep));
}
