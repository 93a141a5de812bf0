import { type LabelSelector, parseLabelSelector } from '../../index.ts';
import { type CachedObject, type KindEvent, refusal } from '../cache/index.ts';
import { type AnnotationTest, parseAnnotationSelector } from './annotations.ts';
import { type FieldCondition, parseFieldConditions } from './field-conditions.ts';
import { fieldMatches, type Json } from './field-matches.ts';
import { parseWhere } from './where.ts';

/** Which objects of a kind are meant. All conditions must hold. */
export interface Selection {
  /** `undefined`: all, and those of cluster-scoped kinds. */
  readonly namespaces: ReadonlySet<string> | undefined;
  readonly labels: LabelSelector;
  readonly fields: readonly FieldCondition[];
  readonly annotations: readonly AnnotationTest[] | undefined;
  /** Uids; the objects have one of them as an owner. */
  readonly owners: ReadonlySet<string> | undefined;
  readonly nameContains: string | undefined;
  /** `name:value` of a declared index. */
  readonly index: { readonly name: string; readonly value: string } | undefined;
  /** Whether it selects everything in its namespaces. */
  readonly isEmpty: boolean;
}

/** A selection as it is written. */
export interface SelectionText {
  readonly namespaces?: readonly string[] | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Values by path: see `fieldMatches`. */
  readonly fieldMatches?: Readonly<Record<string, Json>> | undefined;
  readonly where?: string | undefined;
  readonly annotationSelector?: string | undefined;
  readonly owner?: string | undefined;
  readonly nameContains?: string | undefined;
  readonly index?: string | undefined;
}

/** A client writes them, and each may be looked at with every object. */
const mostConditions = 1_000;

/** @throws KubeInformerError `InvalidSelector`; ApiStatusError 400, also for more than 1,000 conditions */
export function parseSelection(text: SelectionText): Selection {
  const labels = parseLabelSelector(text.labelSelector ?? '');
  const fields = parseFieldConditions(text.fieldSelector ?? '').concat(
    text.where === undefined ? [] : parseWhere(text.where),
    text.fieldMatches === undefined ? [] : fieldMatches(text.fieldMatches),
  );
  const annotations = text.annotationSelector ? parseAnnotationSelector(text.annotationSelector) : undefined;
  const conditions = labels.requirements.length + fields.length + (annotations?.length ?? 0);
  if (conditions > mostConditions) {
    throw refusal(400, 'BadRequest', `${conditions} conditions are more than ${mostConditions}`);
  }
  const { owner, nameContains } = text;
  const colon = text.index?.indexOf(':') ?? -1;
  const index =
    text.index === undefined || colon < 0
      ? undefined
      : { name: text.index.slice(0, colon), value: text.index.slice(colon + 1) };
  return {
    namespaces: text.namespaces && new Set(text.namespaces),
    labels,
    fields,
    annotations,
    owners: owner ? new Set([owner]) : undefined,
    nameContains,
    index,
    isEmpty: labels.isEmpty && fields.length === 0 && !annotations && !owner && !nameContains && !index,
  };
}

/**
 * Whether an object is selected; the declared index of the selection aside, which only a cache can look up.
 *
 * @throws ApiStatusError 400 if a field that is compared is an object or a list.
 */
export function matchesSelection(selection: Selection, object: CachedObject): boolean {
  const { namespaces, labels, fields, annotations, owners, nameContains } = selection;
  const { metadata } = object;
  if (namespaces && !namespaces.has(metadata.namespace ?? '')) return false;
  if (!labels.isEmpty && !labels.matches(metadata.labels)) return false;
  if (nameContains !== undefined && !metadata.name.includes(nameContains)) return false;
  if (owners && !metadata.ownerReferences?.some(({ uid }) => owners.has(uid))) return false;
  if (annotations && !annotations.every((test) => test(metadata.annotations))) return false;
  return fields.every((condition) => condition.matches(object));
}

/** What a change is for a set of objects. */
export interface SelectedEvent {
  readonly type: KindEvent['type'];
  /** Of one that left the set: the last state that was in it. */
  readonly object: CachedObject;
  readonly oldObject: CachedObject | undefined;
  /** It changed and so came into the set or left it, without being created or deleted. */
  readonly bySelector: boolean;
}

/**
 * What an event of a kind is for those who see only the objects that `matches`: entering is `ADDED`, leaving is `DELETED` with the last state that
 * matched, and what happens outside is nothing (`undefined`).
 */
export function matchEvent(event: KindEvent, matches: (object: CachedObject) => boolean): SelectedEvent | undefined {
  const { type, object, oldObject } = event;
  switch (type) {
    case 'ADDED':
      return matches(object) ? { type, object, oldObject: undefined, bySelector: false } : undefined;
    case 'DELETED':
      return matches(object) ? { type, object, oldObject, bySelector: false } : undefined;
    case 'MODIFIED': {
      const was = matches(oldObject!);
      const is = matches(object);
      if (was && is) return { type, object, oldObject, bySelector: false };
      if (is) return { type: 'ADDED', object, oldObject: undefined, bySelector: true };
      return was ? { type: 'DELETED', object: oldObject!, oldObject, bySelector: true } : undefined;
    }
  }
}
