import { KubeInformerError } from '../runtime/index.ts';
import type { ApiResource } from './define-resource.ts';
import { parseGroupVersion } from './group-version.ts';

/** One version of a group as a server described it. */
export interface DiscoveredVersion {
  readonly version: string;
  readonly resources: readonly ApiResource[];
  /** The server itself says that it could not reach whoever serves this version; `resources` are of earlier. */
  readonly isStale: boolean;
}

/** A group with its versions, the preferred one first. */
export interface DiscoveredGroup {
  readonly group: string;
  readonly versions: readonly DiscoveredVersion[];
}

// The documents as they come: nothing in them is taken for granted.
type Json = unknown;

function fieldOf(value: Json, key: string): Json {
  return typeof value === 'object' && value !== null ? (value as Record<string, Json>)[key] : undefined;
}

function textOf(value: Json, key: string): string {
  const text = fieldOf(value, key);
  return typeof text === 'string' ? text : '';
}

function listOf(value: Json, key: string): readonly Json[] {
  const list = fieldOf(value, key);
  return Array.isArray(list) ? list : [];
}

function textsOf(value: Json, key: string): string[] {
  return listOf(value, key).filter((item): item is string => typeof item === 'string');
}

/** The `kind` of a document; `''` if it has none. */
export function kindOfDocument(body: Json): string {
  return textOf(body, 'kind');
}

/** Throws unless `body` is a document of that kind. */
export function requireKind(body: Json, kind: string, path: string): void {
  const found = kindOfDocument(body);
  if (found === kind) return;
  throw new KubeInformerError(
    'UnexpectedKind',
    `GET ${path}: expected ${kind}, got ${found === '' ? 'no kind' : found}`,
    {
      hint: 'Something between here and the API server answers in its place, or the server is no Kubernetes API.',
    },
  );
}

/** Reads an `APIGroupDiscoveryList`: all groups with all resources in one document. */
export function readAggregated(body: Json): DiscoveredGroup[] {
  return listOf(body, 'items').map((item) => {
    const group = textOf(fieldOf(item, 'metadata'), 'name');
    return { group, versions: listOf(item, 'versions').map((version) => readAggregatedVersion(group, version)) };
  });
}

function readAggregatedVersion(group: string, entry: Json): DiscoveredVersion {
  const version = textOf(entry, 'version');
  const resources: ApiResource[] = [];
  for (const item of listOf(entry, 'resources')) {
    const resource = textOf(item, 'resource');
    const kind = textOf(fieldOf(item, 'responseKind'), 'kind');
    // A server lists what has only subresources without a kind of its own.
    if (resource === '' || kind === '') continue;
    resources.push({
      group,
      version,
      resource,
      kind,
      singular: textOf(item, 'singularResource') || kind.toLowerCase(),
      namespaced: textOf(item, 'scope') === 'Namespaced',
      shortNames: textsOf(item, 'shortNames'),
      categories: textsOf(item, 'categories'),
      subresources: listOf(item, 'subresources').map((subresource) => textOf(subresource, 'subresource')),
      verbs: textsOf(item, 'verbs'),
    });
  }
  return { version, resources, isStale: textOf(entry, 'freshness') === 'Stale' };
}

/** The versions that `/api` names (`APIVersions`): those of the core group. */
export function readCoreVersions(body: Json): { group: string; versions: string[] }[] {
  return [{ group: '', versions: textsOf(body, 'versions') }];
}

/** The groups that `/apis` names (`APIGroupList`), each with its versions, the preferred one first. */
export function readGroupList(body: Json): { group: string; versions: string[] }[] {
  return listOf(body, 'groups').map((entry) => {
    const preferred = textOf(fieldOf(entry, 'preferredVersion'), 'version');
    const versions = listOf(entry, 'versions').map((version) => textOf(version, 'version'));
    const rest = versions.filter((version) => version !== preferred);
    return { group: textOf(entry, 'name'), versions: preferred === '' ? rest : [preferred, ...rest] };
  });
}

/** Reads an `APIResourceList`: the resources of one group version, subresources among them. */
export function readResourceList(body: Json): readonly ApiResource[] {
  const groupVersion = parseGroupVersion(textOf(body, 'groupVersion'));
  const entries = listOf(body, 'resources');
  const subresources = new Map<string, string[]>();
  for (const entry of entries) {
    const [resource, ...rest] = textOf(entry, 'name').split('/') as [string, ...string[]];
    if (rest.length > 0) subresources.set(resource, [...(subresources.get(resource) ?? []), rest.join('/')]);
  }
  return entries
    .filter((entry) => textOf(entry, 'kind') !== '' && !textOf(entry, 'name').includes('/'))
    .map((entry) => {
      const resource = textOf(entry, 'name');
      const kind = textOf(entry, 'kind');
      return {
        ...groupVersion,
        resource,
        kind,
        singular: textOf(entry, 'singularName') || kind.toLowerCase(),
        namespaced: fieldOf(entry, 'namespaced') === true,
        shortNames: textsOf(entry, 'shortNames'),
        categories: textsOf(entry, 'categories'),
        subresources: subresources.get(resource) ?? [],
        verbs: textsOf(entry, 'verbs'),
      };
    });
}
