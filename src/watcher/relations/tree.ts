import { parseGroupVersion } from '../../index.ts';
import { type CachedObject, refusal } from '../cache/index.ts';
import type { Link, Relation, RelationKind } from './relation.ts';

/** An object, by name. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  /** Of an object that is there: so whoever watches a tree sees which of its members changed. */
  readonly resourceVersion?: string;
}

/** An object in a tree, what is shown of it, and what belongs to it. */
export interface TreeNode {
  readonly ref: ObjectRef;
  /** How it was found from the one before it. */
  readonly via?: string;
  /** What it leads to; left out where the relation leads nowhere. */
  readonly children?: readonly TreeNode[];
  /** What leads to it; only at the root and above it. */
  readonly parents?: readonly TreeNode[];
  readonly [fact: string]: unknown;
}

/** Where a tree looks objects up. */
export interface Reader {
  /** The objects at the other end of a link, by its texts alone; in any order, each once. */
  linked(link: Link, end: 'from' | 'to', object: CachedObject): readonly CachedObject[];
}

/** Trees may share branches, and a relation may be written so that they grow without measure: nobody can use one of more objects. */
const mostNodes = 20_000;

export function refOf({ apiVersion, kind, metadata }: CachedObject): ObjectRef {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion, kind, ...(namespace !== undefined && { namespace }), name, uid, resourceVersion };
}

/** Whether an object is of a kind, in whatever version. */
export function isOf(
  { group, kind }: { readonly group: string; readonly kind: string },
  { group: wanted = '', kind: wantedKind }: RelationKind,
): boolean {
  return kind === wantedKind && group === wanted;
}

/** Counts what a tree is made of. @throws ApiStatusError 422 when it is too much */
export function nodeCounter(): () => void {
  let nodes = 0;
  return () => {
    if (++nodes > mostNodes) throw refusal(422, 'Invalid', `the tree has more than ${mostNodes} objects`);
  };
}

/**
 * The tree of an object: down along the links, and up. An object does not stand below or above itself.
 *
 * @throws ApiStatusError 422 if it is too large
 */
export function linkTree({ links }: Relation, root: CachedObject, reader: Reader): TreeNode {
  const count = nodeCounter();

  /** Whether a link counts for a `from` object: a fallback only if no link before it found anything. */
  const counts = (link: Link, from: CachedObject): boolean =>
    !link.isFallback || links.slice(0, links.indexOf(link)).every((before) => below(before, from).length === 0);
  const below = (link: Link, from: CachedObject): CachedObject[] =>
    isOf(kindOf(from), link.from) && counts(link, from)
      ? reader
          .linked(link, 'to', from)
          .filter((to) => link.when(from, to))
          .sort(byName)
      : [];
  const above = (link: Link, to: CachedObject): CachedObject[] =>
    isOf(kindOf(to), link.to)
      ? reader
          .linked(link, 'from', to)
          .filter((from) => link.when(from, to) && counts(link, from))
          .sort(byName)
      : [];

  const nodeOf = (
    object: CachedObject,
    via: string | undefined,
    directions: readonly ('down' | 'up')[],
    path: ReadonlySet<string>,
  ): TreeNode => {
    count();
    const kind = kindOf(object);
    const facts = {};
    const children = new Map<string, () => TreeNode>();
    const parents = new Map<string, () => TreeNode>();
    const here = new Set(path).add(object.metadata.uid);
    const put = (
      nodes: Map<string, () => TreeNode>,
      found: readonly CachedObject[],
      link: Link,
      direction: 'down' | 'up',
    ) => {
      for (const each of found) {
        const { uid } = each.metadata;
        if (!here.has(uid) && !nodes.has(uid)) nodes.set(uid, () => nodeOf(each, link.via, [direction], here));
      }
    };
    for (const link of links) {
      if (isOf(kind, link.from) && (link.showFrom || directions.includes('down')) && counts(link, object)) {
        const found = below(link, object);
        Object.assign(facts, link.showFrom?.(object, found));
        if (directions.includes('down')) put(children, found, link, 'down');
      }
      if (isOf(kind, link.to) && (link.showTo || directions.includes('up'))) {
        const found = above(link, object);
        if (found.length > 0) Object.assign(facts, link.showTo?.(object, found));
        if (directions.includes('up')) put(parents, found, link, 'up');
      }
    }
    const leads = (end: 'from' | 'to', direction: 'down' | 'up') =>
      directions.includes(direction) && links.some((link) => isOf(kind, link[end]));
    const made = (nodes: Map<string, () => TreeNode>) => Array.from(nodes.values(), (make) => make());
    return {
      ...facts,
      ref: refOf(object),
      ...(via !== undefined && { via }),
      ...(leads('from', 'down') && { children: made(children) }),
      ...(leads('to', 'up') && { parents: made(parents) }),
    };
  };
  return nodeOf(root, undefined, ['down', 'up'], new Set());
}

function kindOf({ apiVersion, kind }: CachedObject): { readonly group: string; readonly kind: string } {
  return { group: parseGroupVersion(apiVersion).group, kind };
}

export function byName(a: CachedObject, b: CachedObject): number {
  const left = `${a.metadata.namespace ?? ''}/${a.metadata.name}`;
  const right = `${b.metadata.namespace ?? ''}/${b.metadata.name}`;
  return left < right ? -1 : left > right ? 1 : 0;
}
