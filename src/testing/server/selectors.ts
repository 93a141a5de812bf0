import { parseFieldSelector, parseLabelSelector } from '../../kubernetes/index.ts';
import { KubeInformerError } from '../../runtime/index.ts';
import type { ResourceType } from './resource-type.ts';
import { badRequest } from './status.ts';
import type { StoredObject } from './stored-object.ts';

/** What a request selects: labels, fields, or both. */
export interface Selection {
  /** `false` when every object is selected, so that counts can be given. */
  readonly restricts: boolean;
  matches(object: StoredObject): boolean;
}

const everything: Selection = { restricts: false, matches: () => true };

export function parseSelection(type: ResourceType, labelSelector: string, fieldSelector: string): Selection {
  const labels = orBadRequest(
    () => parseLabelSelector(labelSelector),
    () => problemOfLabels(labelSelector),
  );
  const fields = orBadRequest(
    () => parseFieldSelector(fieldSelector),
    () => problemOfFields(fieldSelector),
  );
  for (const { path } of fields.requirements) requireSelectable(type, path);
  if (labels.isEmpty && fields.isEmpty) return everything;
  return {
    restricts: true,
    matches: (object) => labels.matches(object.labels) && fields.matches((path) => object.field(path)),
  };
}

function orBadRequest<T>(parse: () => T, explain: () => string): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof KubeInformerError && error.code === 'InvalidSelector') throw badRequest(explain());
    throw error;
  }
}

const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** The server's own words for the most common faults; for others at least the same beginning. */
function problemOfLabels(text: string): string {
  for (const term of text.split(',')) {
    const [, key = '', value = ''] = /^\s*([^\s=!<>()]+)\s*(?:==|=|!=)\s*([^\s=!<>()]+)\s*$/.exec(term) ?? [];
    if (key !== '' && !/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)) {
      return `unable to parse requirement: values[0][${key}]: Invalid value: "${value}": ${valueRule}`;
    }
  }
  const operator = /(?:==|!=|=)\s*([=!<>()]+)/.exec(text)?.[1] ?? text;
  return `unable to parse requirement: found '${operator}', expected: identifier`;
}

function problemOfFields(text: string): string {
  const term = text.split(',').find((part) => part !== '' && !part.includes('=')) ?? text;
  return `invalid selector: '${text}'; can't understand '${term}'`;
}

function requireSelectable(type: ResourceType, path: string): void {
  if (path === 'metadata.name') return;
  if (path === 'metadata.namespace') return;
  if (type.selectableFields.includes(path)) return;
  // Resources with a conversion function of their own say it in other words than those with the common one.
  throw badRequest(
    type.custom || type.selectableFields.length > 0
      ? `field label not supported: ${path}`
      : `"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}
