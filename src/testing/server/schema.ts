import type { StatusCause } from '../../kubernetes/index.ts';
import { goJson, isObject, type JsonObject } from './json.ts';
import type { ResourceType } from './resource-type.ts';
import { invalid, invalidValue, required, unsupportedValue } from './status.ts';

/** Fields that every object has, whatever the schema says. */
const rootFields = new Set(['apiVersion', 'kind', 'metadata']);

/** Built-in kinds that have a spec and a status and nothing else. */
const plainKinds = [
  ...['pods', 'services', 'namespaces', 'nodes', 'persistentvolumes', 'persistentvolumeclaims', 'resourcequotas'],
  ...['limitranges', 'replicationcontrollers', 'deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs'],
  ...['cronjobs', 'ingresses', 'networkpolicies', 'poddisruptionbudgets', 'horizontalpodautoscalers', 'leases'],
];

/** Top-level fields of built-in kinds. Of a kind that is not here, and below the top, everything is kept. */
const builtInFields: Readonly<Record<string, readonly string[]>> = {
  configmaps: ['data', 'binaryData', 'immutable'],
  secrets: ['data', 'stringData', 'immutable', 'type'],
  ...Object.fromEntries(plainKinds.map((resource) => [resource, ['spec', 'status']])),
};

const notChecked = invalidValue(
  '<nil>',
  'null',
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** Takes unknown fields away, fills in defaults, and gives the paths of what was taken. */
export function pruneAndDefault(type: ResourceType, object: JsonObject): string[] {
  const unknown: string[] = [];
  if (type.schema) shape(type.schema, object, '', unknown);
  const known = type.custom ? undefined : builtInFields[type.resource];
  for (const key of known ? Object.keys(object) : []) {
    if (rootFields.has(key) || known?.includes(key)) continue;
    delete object[key];
    unknown.push(key);
  }
  return unknown;
}

function shape(schema: JsonObject, value: unknown, path: string, unknown: string[]): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (isObject(items)) for (const [index, item] of value.entries()) shape(items, item, `${path}[${index}]`, unknown);
    return;
  }
  if (!isObject(value)) return;
  const properties = isObject(schema.properties) ? schema.properties : {};
  for (const [key, property] of Object.entries(properties)) {
    if (isObject(property) && value[key] === undefined && property.default !== undefined) {
      value[key] = structuredClone(property.default);
    }
  }
  const { additionalProperties } = schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  for (const key of Object.keys(value)) {
    if (path === '' && rootFields.has(key)) continue;
    const inner = properties[key] ?? additionalProperties;
    const place = path === '' ? key : `${path}.${key}`;
    if (isObject(inner)) shape(inner, value[key], place, unknown);
    else if (!open) {
      delete value[key];
      unknown.push(place);
    }
  }
}

/** Refuses a custom object that its schema does not allow. Rules in CEL are not looked at. */
export function validate(type: ResourceType, object: JsonObject, name: string): void {
  if (!type.schema) return;
  const causes: Required<StatusCause>[] = [];
  check(type.schema, object, '', causes);
  if (causes.length === 0) return;
  const hasRules = JSON.stringify(type.schema).includes('"x-kubernetes-validations"');
  // Rules could still be evaluated on a value that is merely out of range.
  const skipped = hasRules && causes.some(({ reason }) => reason !== 'FieldValueInvalid');
  throw invalid({ kind: type.kind, group: type.group, name }, skipped ? [...causes, notChecked] : causes);
}

function check(schema: JsonObject, value: unknown, path: string, causes: Required<StatusCause>[]): void {
  if (value === null && schema.nullable === true) return;
  const found = typeOf(value);
  const { type: wanted } = schema;
  const fits = wanted === undefined || wanted === found || (wanted === 'number' && found === 'integer');
  if (!fits && schema['x-kubernetes-int-or-string'] !== true) {
    const problem = invalidValue(path, `"${found}"`, `${path} in body must be of type ${String(wanted)}: "${found}"`);
    causes.push({ ...problem, reason: 'FieldValueTypeInvalid' });
    return;
  }
  if (Array.isArray(value)) {
    if (!isObject(schema.items)) return;
    for (const [index, item] of value.entries()) check(schema.items, item, `${path}[${index}]`, causes);
    return;
  }
  if (isObject(value)) checkObject(schema, value, path, causes);
  else checkScalar(schema, value, path, causes);
}

function checkObject(schema: JsonObject, value: JsonObject, path: string, causes: Required<StatusCause>[]): void {
  const place = (key: string) => (path === '' ? key : `${path}.${key}`);
  for (const key of Array.isArray(schema.required) ? schema.required : []) {
    if (value[key] === undefined) causes.push(required(place(String(key))));
  }
  const properties = isObject(schema.properties) ? schema.properties : {};
  for (const [key, item] of Object.entries(value)) {
    if (path === '' && rootFields.has(key)) continue;
    const inner = properties[key] ?? schema.additionalProperties;
    if (isObject(inner) && item !== undefined) check(inner, item, place(key), causes);
  }
}

function checkScalar(schema: JsonObject, value: unknown, path: string, causes: Required<StatusCause>[]): void {
  const { minimum, maximum, pattern } = schema;
  const printed = goJson(value);
  if (typeof value === 'number' && typeof maximum === 'number' && value > maximum) {
    causes.push(invalidValue(path, printed, `${path} in body should be less than or equal to ${maximum}`));
  }
  if (typeof value === 'number' && typeof minimum === 'number' && value < minimum) {
    causes.push(invalidValue(path, printed, `${path} in body should be greater than or equal to ${minimum}`));
  }
  if (typeof value === 'string' && typeof pattern === 'string' && !new RegExp(pattern).test(value)) {
    causes.push(invalidValue(path, printed, `${path} in body should match '${pattern}'`));
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) {
    causes.push(unsupportedValue(path, String(value), schema.enum.map(String)));
  }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
