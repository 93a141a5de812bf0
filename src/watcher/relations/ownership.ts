import { parseGroupVersion } from '../../index.ts';
import type { CachedObject } from '../cache/index.ts';
import { ownerIndex } from '../query/index.ts';
import type { Reading } from './reading.ts';
import { byName, nodeCounter, refOf, type TreeNode } from './tree.ts';

/** The owners of an object, theirs, and so on. One that is not there, or is another of the same name, is `missing`. */
export function ownersTree(root: CachedObject, reading: Pick<Reading, 'resource' | 'get'>): TreeNode {
  const count = nodeCounter();
  const nodeOf = (object: CachedObject, via: string | undefined, path: ReadonlySet<string>): TreeNode => {
    count();
    const { namespace, uid, ownerReferences = [] } = object.metadata;
    const here = new Set(path).add(uid);
    const parents = ownerReferences.flatMap((reference): TreeNode[] => {
      const { apiVersion, kind, name, uid } = reference;
      if (here.has(uid)) return [];
      const { group, version } = parseGroupVersion(apiVersion);
      // The version that an owner was written down in need not be served any more.
      const resource = reading.resource({ group, version, kind }) ?? reading.resource({ group, kind });
      const owner = resource && reading.get(resource, resource.namespaced ? namespace : undefined, name);
      const way = reference.controller ? 'controllerRef' : 'ownerRef';
      if (owner?.metadata.uid === uid) return [nodeOf(owner, way, here)];
      const isIn = resource?.namespaced && namespace !== undefined;
      return [{ ref: { apiVersion, kind, ...(isIn && { namespace }), name, uid }, via: way, missing: true }];
    });
    return { ref: refOf(object), ...(via !== undefined && { via }), parents };
  };
  return nodeOf(root, undefined, new Set());
}

/** What an object owns, what that owns, and so on: of all kinds that are cached at present. */
export function ownedTree(root: CachedObject, reading: Pick<Reading, 'cached'>): TreeNode {
  const count = nodeCounter();
  const nodeOf = (object: CachedObject, via: string | undefined, path: ReadonlySet<string>): TreeNode => {
    count();
    const { namespace, uid } = object.metadata;
    const here = new Set(path).add(uid);
    const children = reading
      .cached(namespace, ownerIndex, uid)
      .filter((owned) => !here.has(owned.metadata.uid))
      .sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : byName(a, b)))
      .map((owned) => {
        const reference = owned.metadata.ownerReferences!.find((each) => each.uid === uid)!;
        return nodeOf(owned, reference.controller ? 'controllerRef' : 'ownerRef', here);
      });
    return { ref: refOf(object), ...(via !== undefined && { via }), children };
  };
  return nodeOf(root, undefined, new Set());
}
