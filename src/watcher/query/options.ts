import type { StatusCause } from '../../index.ts';
import { refusal } from '../cache/index.ts';
import type { Json } from './field-matches.ts';
import { extensionNames, kubernetesParameters } from './parameters.ts';

/** The parameters of a read, checked. */
export interface ReadOptions {
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  /** Conditions on fields beyond those of field selectors. */
  readonly where: string | undefined;
  /** Values by path; only in the body of a query. */
  readonly fieldMatches: Readonly<Record<string, Json>> | undefined;
  readonly annotationSelector: string | undefined;
  readonly owner: string | undefined;
  /** Steps from the owner to its objects: 1 for what it owns itself. */
  readonly ownerDepth: number;
  readonly nameContains: string | undefined;
  readonly index: string | undefined;
  /** 0: everything at once. */
  readonly limit: number;
  readonly continue: string | undefined;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: 'NotOlderThan' | undefined;
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
  /** A cache of its own for the selectors of the query. */
  readonly dedicated: boolean;
  /** Milliseconds to wait for lost contact; default: the configuration. */
  readonly maxWait: number | undefined;
  readonly onStale: 'serve' | 'fail' | undefined;
  readonly orderBy: string | undefined;
  readonly fields: string | undefined;
  /** What tables have of the objects in their rows. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
}

/** What the Kubernetes API knows, and what clients send that makes no difference here. */
const known = new Set<string>([...kubernetesParameters, ...extensionNames, 'timeout', 'pretty']);

let noOptions: ReadOptions | undefined;

/** @throws ApiStatusError 400, with a cause for each parameter that is wrong. */
export function parseReadOptions(
  params: URLSearchParams | undefined,
  fieldMatches?: Readonly<Record<string, Json>>,
): ReadOptions {
  if (params === undefined) {
    noOptions ??= parseReadOptions(new URLSearchParams());
    return noOptions;
  }
  const causes: StatusCause[] = [];
  const wrong = (field: string, message: string) => void causes.push({ reason: 'FieldValueInvalid', message, field });
  const text = (name: string) => params.get(name) || undefined;
  const flag = (name: string): boolean | undefined => {
    const value = params.get(name);
    if (value === null) return undefined;
    if (isTrue(value)) return true;
    if (value !== 'false' && value !== '0') wrong(name, 'must be true or false');
    return false;
  };
  const count = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined || /^\d{1,9}$/.test(value)) return value === undefined ? undefined : Number(value);
    wrong(name, 'must be a whole number');
    return undefined;
  };
  for (const name of params.keys()) {
    // As an API server does, others are ignored; ours can only be misspelt.
    if (!known.has(name) && name.startsWith('x-')) wrong(name, `is not known; there are ${extensionNames.join(', ')}`);
  }
  const match = text('resourceVersionMatch');
  if (match === 'Exact') wrong('resourceVersionMatch', 'Exact: this is a cache, which has its present state only');
  else if (match !== undefined && match !== 'NotOlderThan') wrong('resourceVersionMatch', 'must be NotOlderThan');
  const resourceVersion = text('resourceVersion') ?? '';
  if (match !== undefined && resourceVersion === '' && flag('sendInitialEvents') === undefined) {
    wrong('resourceVersionMatch', 'needs a resourceVersion');
  }
  const sendInitialEvents = flag('sendInitialEvents');
  if (sendInitialEvents === true && match === undefined) {
    wrong('resourceVersionMatch', 'must be NotOlderThan when sendInitialEvents is set');
  }
  const onStale = text('x-onStale');
  if (onStale !== undefined && onStale !== 'serve' && onStale !== 'fail') wrong('x-onStale', 'must be serve or fail');
  const index = text('x-index');
  if (index !== undefined && !index.includes(':')) wrong('x-index', 'must be name:value');
  const includeObject = text('includeObject') ?? 'Metadata';
  if (!isIncluded(includeObject)) wrong('includeObject', 'must be None, Metadata or Object');
  const depth = count('x-ownerDepth') ?? 1;
  if (depth < 1 || depth > maxOwnerDepth) wrong('x-ownerDepth', `must be 1 to ${maxOwnerDepth}`);
  if (text('x-ownerDepth') !== undefined && !text('x-owner')) wrong('x-ownerDepth', 'needs x-owner');
  const orderBy = text('x-orderBy');
  if (flag('watch') && depth > 1) wrong('x-ownerDepth', 'is for lists: which owners are between changes, too');
  if (flag('watch') && orderBy !== undefined) wrong('x-orderBy', 'changes come in the order in which they happen');
  const options: ReadOptions = {
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    where: text('x-where'),
    annotationSelector: text('x-annotationSelector'),
    owner: text('x-owner'),
    ownerDepth: depth,
    nameContains: text('x-nameContains'),
    index,
    limit: count('limit') ?? 0,
    continue: text('continue'),
    resourceVersion,
    resourceVersionMatch: match === 'NotOlderThan' ? match : undefined,
    watch: flag('watch') ?? false,
    allowWatchBookmarks: flag('allowWatchBookmarks') ?? false,
    sendInitialEvents,
    timeoutSeconds: count('timeoutSeconds'),
    dedicated: flag('x-dedicated') ?? false,
    maxWait: duration(text('x-maxWait'), () => wrong('x-maxWait', 'must look like 500ms or 5s')),
    onStale: onStale === 'serve' || onStale === 'fail' ? onStale : undefined,
    orderBy,
    fields: text('x-fields'),
    fieldMatches,
    includeObject: isIncluded(includeObject) ? includeObject : 'Metadata',
  };
  if (causes.length === 0) return options;
  const message = causes.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw refusal(400, 'BadRequest', message, { causes });
}

const maxOwnerDepth = 8;

function isIncluded(text: string): text is ReadOptions['includeObject'] {
  return text === 'None' || text === 'Metadata' || text === 'Object';
}

function duration(value: string | undefined, wrong: () => void): number | undefined {
  if (value === undefined) return undefined;
  const match = /^(\d{1,6})(ms|s)$/.exec(value);
  if (match) return Number(match[1]) * (match[2] === 's' ? 1_000 : 1);
  wrong();
  return undefined;
}

/** Whether a parameter says yes, as the API server reads it: `?watch`, `?watch=1`, `?watch=true`. */
export function isTrue(value: string | null | undefined): boolean {
  return value === '' || value === '1' || value === 'true';
}
