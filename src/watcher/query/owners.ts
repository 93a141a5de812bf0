import type { ApiResource } from '../../index.ts';
import type { CachedKind, CachedObject, Catalogue } from '../cache/index.ts';

export interface OwnersOptions {
  readonly catalogue: Catalogue;
  /** The kind to look for owners in, ready to be read. @throws ApiStatusError if it may not be watched, or not be listed by who asks */
  readonly open: (resource: ApiResource) => Promise<CachedKind>;
}

/**
 * The uids whose objects lead from `root` to objects of `kind` in at most `depth` steps: itself, and owners that it owns, directly or over others. Which
 * kinds are between is told by the owner references: from the objects upwards.
 *
 * @throws ApiStatusError what `open` throws: an answer without some of the objects would be a wrong one
 */
export async function ownersWithin(
  root: string,
  kind: CachedKind,
  depth: number,
  { catalogue, open }: OwnersOptions,
): Promise<ReadonlySet<string>> {
  const between = new Map<ApiResource, CachedKind>();
  let lower: readonly CachedKind[] = [kind];
  for (let step = 1; step < depth && lower.length > 0; step++) {
    const next: CachedKind[] = [];
    for (const resource of lower.flatMap((each) => [...ownerKinds(each, catalogue)])) {
      if (between.has(resource)) continue;
      const opened = await open(resource);
      between.set(resource, opened);
      next.push(opened);
    }
    lower = next;
  }
  const found = new Set([root]);
  for (let step = 1; step < depth; step++) {
    const before = found.size;
    const owners = new Set(found);
    for (const { indexer } of between.values()) {
      for (const object of indexer?.values() ?? []) if (isOwnedBy(object, owners)) found.add(object.metadata.uid);
    }
    if (found.size === before) break;
  }
  return found;
}

/** The kinds of the owners of a kind's objects, as far as they are served. */
function ownerKinds({ indexer }: CachedKind, catalogue: Catalogue): Set<ApiResource> {
  const names = new Map<string, { readonly apiVersion: string; readonly kind: string }>();
  for (const { metadata } of indexer?.values() ?? []) {
    for (const { apiVersion, kind } of metadata.ownerReferences ?? []) {
      names.set(`${apiVersion}/${kind}`, { apiVersion, kind });
    }
  }
  const resources = new Set<ApiResource>();
  for (const { apiVersion, kind } of names.values()) {
    const [version, group = ''] = apiVersion.split('/').reverse() as [string, string | undefined];
    const resource = catalogue.find({ group, version, kind });
    if (resource) resources.add(resource);
  }
  return resources;
}

function isOwnedBy({ metadata }: CachedObject, owners: ReadonlySet<string>): boolean {
  return metadata.ownerReferences?.some(({ uid }) => owners.has(uid)) ?? false;
}
