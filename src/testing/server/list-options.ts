import type { StatusCause } from '../../kubernetes/index.ts';
import { isTrue } from './request-info.ts';
import type { ResourceType } from './resource-type.ts';
import { parseSelection, type Selection } from './selectors.ts';
import { badRequest, forbiddenValue, invalid, unsupportedValue } from './status.ts';

/** The parameters of a list or watch, parsed and found valid together. */
export interface ListOptions {
  readonly selection: Selection;
  readonly resourceVersion: string;
  readonly match: string;
  /** `0` means no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly timeoutSeconds: number | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

export function parseListOptions(
  type: ResourceType,
  query: URLSearchParams,
  options: { readonly watch: boolean; readonly name: string; readonly watchList: boolean },
): ListOptions {
  const limit = parseInteger(query.get('limit'));
  const timeoutSeconds = query.get('timeoutSeconds');
  const timeout = parseInteger(timeoutSeconds);
  const ofName = options.name === '' ? [] : [`metadata.name=${options.name}`];
  const fieldSelector = [query.get('fieldSelector') ?? '', ...ofName].filter((text) => text !== '').join(',');
  const selection = parseSelection(type, query.get('labelSelector') ?? '', fieldSelector);
  const sendInitialEvents = query.get('sendInitialEvents');
  const parsed: ListOptions = {
    selection,
    resourceVersion: query.get('resourceVersion') ?? '',
    match: query.get('resourceVersionMatch') ?? '',
    limit: Math.max(0, limit),
    continue: query.get('continue') ?? '',
    timeoutSeconds: timeout > 0 ? timeout : undefined,
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: sendInitialEvents === null ? undefined : isTrue(sendInitialEvents),
  };
  const causes = options.watch ? problemsOfWatch(parsed, options.watchList) : problemsOfList(parsed);
  if (causes.length > 0) throw invalid({ kind: 'ListOptions', group: 'meta.k8s.io', name: '' }, causes);
  return parsed;
}

function problemsOfList(options: ListOptions): Required<StatusCause>[] {
  const field = 'resourceVersionMatch';
  const causes: Required<StatusCause>[] = [];
  if (options.match !== '') {
    if (options.resourceVersion === '') {
      causes.push(forbiddenValue(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    }
    if (options.continue !== '') {
      causes.push(forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided'));
    }
    if (options.match !== 'Exact' && options.match !== 'NotOlderThan') {
      causes.push(unsupportedValue(field, options.match, ['Exact', 'NotOlderThan', '']));
    }
    if (options.match === 'Exact' && options.resourceVersion === '0') {
      causes.push(forbiddenValue(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (options.sendInitialEvents !== undefined) {
    causes.push(forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return causes;
}

function problemsOfWatch(options: ListOptions, watchList: boolean): Required<StatusCause>[] {
  const field = 'resourceVersionMatch';
  const causes: Required<StatusCause>[] = [];
  if (options.sendInitialEvents !== undefined) {
    if (options.match !== 'NotOlderThan') {
      causes.push(forbiddenValue(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    }
    if (!watchList) {
      const text = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      causes.push(forbiddenValue('sendInitialEvents', text));
    }
  }
  if (options.match !== '') {
    if (options.sendInitialEvents === undefined) {
      const text = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
      causes.push(forbiddenValue(field, text));
    }
    if (options.match !== 'NotOlderThan') causes.push(unsupportedValue(field, options.match, ['NotOlderThan']));
  }
  if (options.continue !== '') {
    causes.push(forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided'));
  }
  return causes;
}

function parseInteger(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
}

/** The number of a resource version; `undefined` if the text is none. */
export function parseRevision(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function noRevision(text: string): string {
  return `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`;
}
