import type { StatusCause } from '../../kubernetes/index.ts';
import { isObject, type JsonObject, valueAt } from './json.ts';
import { invalid, invalidValue, required } from './status.ts';

export function versionsOf(definition: JsonObject): JsonObject[] {
  const versions = valueAt(definition, 'spec.versions');
  return Array.isArray(versions) ? versions.filter(isObject) : [];
}

/** Completes a definition as the server does on creation: names that follow from others, and an empty status. */
export function completeDefinition(definition: JsonObject): void {
  const names = valueAt(definition, 'spec.names');
  if (!isObject(names) || !isObject(definition.spec)) return;
  names.singular ??= String(names.kind ?? '').toLowerCase();
  names.listKind ??= `${String(names.kind)}List`;
  definition.spec.conversion ??= { strategy: 'None' };
  const stored = versionsOf(definition).filter((version) => version.storage === true);
  definition.status = {
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    storedVersions: stored.map((version) => version.name),
  };
}

/** Refuses a definition whose name does not follow from its spec, or that has a version without a schema. */
export function checkDefinition(definition: JsonObject): void {
  const name = String(valueAt(definition, 'metadata.name'));
  const expected = `${String(valueAt(definition, 'spec.names.plural'))}.${String(valueAt(definition, 'spec.group'))}`;
  const causes: Required<StatusCause>[] = [];
  if (name !== expected) {
    causes.push(invalidValue('metadata.name', `"${name}"`, 'must be spec.names.plural+"."+spec.group'));
  }
  for (const [index, version] of versionsOf(definition).entries()) {
    if (isObject(valueAt(version, 'schema.openAPIV3Schema'))) continue;
    causes.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  }
  if (causes.length === 0) return;
  throw invalid({ kind: 'CustomResourceDefinition', group: 'apiextensions.k8s.io', name }, causes);
}
