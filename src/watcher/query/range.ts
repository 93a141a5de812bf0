import { type CachedKind, type CachedObject, refusal } from '../cache/index.ts';
import type { Order } from './order.ts';
import { matchesSelection, type Selection } from './selection.ts';

/** The objects of a range query, and how they were found. */
export interface Range {
  /** In the order of the API: by namespace and name. */
  readonly objects: readonly CachedObject[];
  /** The index that the search began with, or `scan`. */
  readonly index: string;
}

const uidIndex = 'metadata.uid';

/** Objects by the uids of their owners. */
export const ownerIndex = {
  name: 'ownerReferences',
  values: ({ metadata }: CachedObject): readonly string[] => metadata.ownerReferences?.map(({ uid }) => uid) ?? [],
};

/**
 * The objects of a kind that are selected: the smallest set that an index gives, and the other conditions on that.
 *
 * @throws ApiStatusError 400 if the index of the selection is not there, or a field can't be compared.
 * @param order default: that of the API.
 */
export function selectRange(kind: CachedKind, selection: Selection, order?: Order): Range {
  const { indexer } = kind;
  if (!indexer) return { objects: [], index: 'scan' };
  const ways = waysOf(kind, selection);
  let best: Way | undefined;
  for (const way of ways) if (!best || way.size() < best.size()) best = way;
  const candidates = best ? best.objects() : indexer.values();
  const rest: Selection = best?.isExact ? { ...selection, namespaces: undefined } : selection;
  const objects: CachedObject[] = [];
  const named = selection.index && indexer.indexKeys(selection.index.name, selection.index.value);
  const everything = rest.isEmpty && !rest.namespaces;
  for (const object of candidates) {
    if (named && !named.has(keyOfObject(object))) continue;
    if (everything || matchesSelection(rest, object)) objects.push(object);
  }
  return { objects: sorted(objects, order), index: best?.name ?? 'scan' };
}

function sorted(objects: CachedObject[], order: Order | undefined): CachedObject[] {
  return objects.sort(order ? (a, b) => order(a, b) || byKey(a, b) : byKey);
}

/** The objects of several versions of a kind, each once: as the first version that has it. */
export function selectFromVersions(kinds: readonly CachedKind[], selection: Selection, order?: Order): Range {
  const ranges = kinds.map((kind) => selectRange(kind, selection, order));
  if (ranges.length === 1) return ranges[0]!;
  const byUid = new Map<string, CachedObject>();
  for (const object of ranges.flatMap(({ objects }) => objects)) {
    if (!byUid.has(object.metadata.uid)) byUid.set(object.metadata.uid, object);
  }
  return { objects: sorted([...byUid.values()], order), index: ranges[0]!.index };
}

/** A way to a set of objects that has all those selected in it. */
interface Way {
  readonly name: string;
  readonly size: () => number;
  readonly objects: () => Iterable<CachedObject>;
  /** It gives the objects of the one namespace that is asked for, and no other. */
  readonly isExact: boolean;
}

function waysOf(kind: CachedKind, selection: Selection): Way[] {
  const indexer = kind.indexer!;
  const ways: Way[] = [];
  const add = (name: string, value: string, isExact = false) =>
    ways.push({
      name,
      size: () => indexer.indexKeys(name, value).size,
      objects: () => indexer.byIndex(name, value),
      isExact,
    });
  const { namespaces, fields, owners, index } = selection;
  if (namespaces?.size === 1) {
    const [namespace] = namespaces;
    add('namespace', namespace!, true);
  }
  for (const { path, equals } of fields) {
    // What is absent is in no index.
    if (equals === undefined || equals === '') continue;
    if (path === 'metadata.namespace') add('namespace', String(equals));
    if (path === 'metadata.uid') kind.addPathIndex(uidIndex, path);
    const name = kind.indexByPath(path);
    if (name !== undefined) add(name, String(equals));
  }
  if (owners) ways.push(ownedBy(kind, owners));
  if (index) {
    if (!kind.indexNames.includes(index.name)) throw noIndex(kind, index.name);
    add(index.name, index.value);
  }
  return ways;
}

/** Objects that one of `owners` owns. */
function ownedBy(kind: CachedKind, owners: ReadonlySet<string>): Way {
  kind.addIndex(ownerIndex.name, ownerIndex.values);
  const { name } = ownerIndex;
  const indexer = kind.indexer!;
  return {
    name,
    size: () => Array.from(owners).reduce((sum, owner) => sum + indexer.indexKeys(name, owner).size, 0),
    // One may have several owners.
    objects: () => new Set(Array.from(owners).flatMap((owner) => [...indexer.byIndex(name, owner)])),
    isExact: false,
  };
}

function noIndex(kind: CachedKind, name: string): Error {
  const there = kind.indexNames.join(', ') || 'none';
  const message = `${kind.key} has no index ${JSON.stringify(name)}; there are: ${there}`;
  return refusal(400, 'BadRequest', message, { causes: [{ reason: 'FieldValueNotFound', message, field: 'x-index' }] });
}

function keyOfObject({ metadata }: CachedObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}

function byKey(a: CachedObject, b: CachedObject): number {
  const left = a.metadata;
  const right = b.metadata;
  if (left.namespace === right.namespace) return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
  return `${left.namespace}/${left.name}` < `${right.namespace}/${right.name}` ? -1 : 1;
}
