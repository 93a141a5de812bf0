import type { ApiResource } from './define-resource.ts';
import type { DiscoveredGroup } from './discovery-document.ts';
import { editDistance } from './edit-distance.ts';
import { gvrText } from './group-version.ts';
import { apiVersionOf } from './resources.ts';

/**
 * How a resource can be asked for.
 *
 * Text: a plural, singular, kind or short name, alone (`deploy`) or with its group (`deployments.apps`) or version and
 * group (`deployments.v1.apps`, `apps/v1/deployments`, `apps/v1/Deployment`, `v1/Pod`). An object: `kind` or `resource` in
 * a `group`; without a `version`, the preferred one.
 */
export type ResourceQuery =
  | string
  | { readonly group: string; readonly version?: string | undefined; readonly kind: string }
  | { readonly group: string; readonly version?: string | undefined; readonly resource: string };

/** A query in parts. `group` or `version` undefined: any, the preferred first. */
interface Wanted {
  readonly name: string;
  readonly group: string | undefined;
  readonly version: string | undefined;
}

const versionLike = /^v\d+((alpha|beta)\d+)?$/;

/** Every way in which the parts of a text may be meant, the likelier first. */
function readingsOf(text: string): Wanted[] {
  const path = text.split('/');
  if (path.length > 1) {
    const [name, version, group] = path.reverse() as [string, string, string | undefined];
    return path.length > 3 ? [] : [{ name, version, group: group ?? '' }];
  }
  const dot = text.indexOf('.');
  if (dot === -1) return [{ name: text, group: undefined, version: undefined }];
  const name = text.slice(0, dot);
  const rest = text.slice(dot + 1);
  const readings: Wanted[] = [{ name, group: rest, version: undefined }];
  const [version, ...group] = rest.split('.') as [string, ...string[]];
  if (versionLike.test(version)) readings.push({ name, version, group: group.join('.') });
  return readings;
}

/** The text of a query, for messages. */
export function queryText(query: ResourceQuery): string {
  if (typeof query === 'string') return query;
  const name = 'kind' in query ? query.kind : query.resource;
  if (query.version !== undefined) return `${apiVersionOf({ group: query.group, version: query.version })}/${name}`;
  return query.group === '' ? name : `${name}.${query.group}`;
}

/** One state of discovery, made for looking things up. It does not change. */
export class ResourceIndex {
  /** All resources in all versions: groups in the order of the server, preferred versions first. */
  readonly resources: readonly ApiResource[];
  readonly #groups: ReadonlySet<string>;
  readonly #byGvr = new Map<string, ApiResource>();
  readonly #byGvk = new Map<string, ApiResource>();
  /** By lower-case plural, then singular, kind and short names. Each list: the better answer first. */
  readonly #byPlural = new Map<string, ApiResource[]>();
  readonly #byAlias = new Map<string, ApiResource[]>();

  constructor(groups: readonly DiscoveredGroup[]) {
    this.resources = groups.flatMap(({ versions }) => versions.flatMap(({ resources }) => resources));
    this.#groups = new Set(groups.map(({ group }) => group));
    for (const resource of this.resources) {
      this.#byGvr.set(gvrText(resource), resource);
      // The first one wins: a kind may be answered by more than one resource.
      const gvk = `${apiVersionOf(resource)}/${resource.kind}`;
      if (!this.#byGvk.has(gvk)) this.#byGvk.set(gvk, resource);
      add(this.#byPlural, resource.resource, resource);
      const aliases = new Set([resource.singular, resource.kind.toLowerCase(), ...resource.shortNames]);
      aliases.delete(resource.resource);
      for (const alias of aliases) add(this.#byAlias, alias, resource);
    }
  }

  hasGroup(group: string): boolean {
    return this.#groups.has(group);
  }

  find(query: ResourceQuery): ApiResource | undefined {
    if (typeof query === 'string') {
      for (const reading of readingsOf(query)) {
        const found = this.#findByName(reading);
        if (found) return found;
      }
      return undefined;
    }
    const { group, version } = query;
    if ('kind' in query) {
      if (version !== undefined) return this.#byGvk.get(`${apiVersionOf({ group, version })}/${query.kind}`);
      return this.resources.find((resource) => resource.group === group && resource.kind === query.kind);
    }
    if (version !== undefined) return this.#byGvr.get(gvrText({ group, version, resource: query.resource }));
    return this.#byPlural.get(query.resource)?.find((resource) => resource.group === group);
  }

  #findByName({ name, group, version }: Wanted): ApiResource | undefined {
    const fits = (resource: ApiResource) =>
      (group === undefined || resource.group === group) && (version === undefined || resource.version === version);
    const key = name.toLowerCase();
    return this.#byPlural.get(key)?.find(fits) ?? this.#byAlias.get(key)?.find(fits);
  }

  /** Names of resources that the writer of `query` may have meant, the nearest first, at most three. */
  nearest(query: ResourceQuery): string[] {
    const names =
      typeof query === 'string'
        ? readingsOf(query).map(({ name }) => name.toLowerCase())
        : [('kind' in query ? query.kind : query.resource).toLowerCase()];
    const best = new Map<string, number>();
    for (const { resource, group, singular, kind, shortNames } of this.resources) {
      const distance = Math.min(
        ...names.flatMap((name) =>
          [resource, singular, kind.toLowerCase(), ...shortNames].map((known) => editDistance(name, known)),
        ),
      );
      const limit = Math.max(1, Math.floor(Math.max(...names.map((name) => name.length)) / 3));
      const text = group === '' ? resource : `${resource}.${group}`;
      if (distance <= limit) best.set(text, Math.min(distance, best.get(text) ?? distance));
    }
    return [...best]
      .sort(([, a], [, b]) => a - b)
      .slice(0, 3)
      .map(([text]) => text);
  }
}

function add(map: Map<string, ApiResource[]>, key: string, resource: ApiResource): void {
  const list = map.get(key);
  if (list) list.push(resource);
  else map.set(key, [resource]);
}
