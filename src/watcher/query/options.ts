import type { StatusCause } from '../../index.ts';
import { refusal } from '../cache/index.ts';

/** The parameters of a read, checked. */
export interface ReadOptions {
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  /** Conditions on fields beyond those of field selectors. */
  readonly where: string | undefined;
  readonly owner: string | undefined;
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
}

/** What reads of the Kubernetes API know, too. */
export const kubernetesParameters: readonly string[] = [
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'watch',
  'allowWatchBookmarks',
  'sendInitialEvents',
  'timeoutSeconds',
];
/** Those, and what clients send that makes no difference here. */
const known = new Set([...kubernetesParameters, 'timeout', 'pretty']);
const extensions = ['x-dedicated', 'x-where', 'x-index', 'x-owner', 'x-nameContains', 'x-maxWait', 'x-onStale'];

const noOptions: ReadOptions = parseReadOptions(new URLSearchParams());

/** @throws ApiStatusError 400, with a cause for each parameter that is wrong. */
export function parseReadOptions(params: URLSearchParams | undefined): ReadOptions {
  if (params === undefined) return noOptions;
  const causes: StatusCause[] = [];
  const wrong = (field: string, message: string) => void causes.push({ reason: 'FieldValueInvalid', message, field });
  const text = (name: string) => params.get(name) || undefined;
  const flag = (name: string): boolean | undefined => {
    const value = params.get(name);
    if (value === null) return undefined;
    if (value === 'true' || value === '1' || value === '') return true;
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
    if (known.has(name) || extensions.includes(name)) continue;
    // As an API server does, others are ignored; ours can only be misspelt.
    if (name.startsWith('x-')) wrong(name, `is not known; there are ${extensions.join(', ')}`);
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
  const options: ReadOptions = {
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    where: text('x-where'),
    owner: text('x-owner'),
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
  };
  if (causes.length === 0) return options;
  const message = causes.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw refusal(400, 'BadRequest', message, { causes });
}

function duration(value: string | undefined, wrong: () => void): number | undefined {
  if (value === undefined) return undefined;
  const match = /^(\d{1,6})(ms|s)$/.exec(value);
  if (match) return Number(match[1]) * (match[2] === 's' ? 1_000 : 1);
  wrong();
  return undefined;
}
