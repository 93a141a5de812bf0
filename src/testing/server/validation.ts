import type { JsonObject } from './json.ts';
import type { ResourceType } from './resource-type.ts';
import { invalid, invalidValue, required } from './status.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const pathSegment = /^(?!\.{1,2}$)[^/%]+$/;

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** Refuses metadata without a usable name. */
export function checkNames(type: ResourceType, metadata: JsonObject): void {
  const name = typeof metadata.name === 'string' ? metadata.name : '';
  const subject = { kind: type.kind, group: type.group, name };
  if (name === '') {
    throw invalid(subject, [required('metadata.name', 'name or generateName is required')]);
  }
  // Roles and bindings have names like system:node; they need only fit into a path.
  const rule = type.group === 'rbac.authorization.k8s.io' ? pathSegment : subdomain;
  if (!rule.test(name)) throw invalid(subject, [invalidValue('metadata.name', `"${name}"`, subdomainRule)]);
}
