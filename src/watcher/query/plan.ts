import type { ApiResource } from '../../index.ts';
import { refusal } from '../cache/index.ts';
import type { ReadOptions } from './options.ts';
import { type Order, parseOrder } from './order.ts';
import { parseSelection, type Selection } from './selection.ts';
import type { ObjectsTarget } from './target.ts';

/** What is to be read: one object, or those of a selection. */
export type Plan = PlanForOne | PlanForMany;

export interface PlanForOne {
  readonly type: 'one';
  /** In the cache. */
  readonly key: string;
  readonly name: string;
}

export interface PlanForMany {
  readonly type: 'many';
  readonly namespace: string | undefined;
  readonly selection: Selection;
  readonly options: ReadOptions;
  readonly order: Order | undefined;
  /** The same for the same question: pages of one question are no answer to another. */
  readonly question: string;
}

/**
 * Decides what a path and its parameters mean. A name alone does not determine an object of a namespaced kind: then it is a condition.
 *
 * @throws ApiStatusError 400, 404; KubeInformerError `InvalidSelector`
 */
export function planOf(resource: ApiResource, { namespace, name }: ObjectsTarget, options: ReadOptions): Plan {
  if (!resource.namespaced && namespace !== undefined) {
    const message = `the server could not find the requested resource: ${resource.resource} have no namespace`;
    throw refusal(404, 'NotFound', message);
  }
  if (name !== undefined && resource.namespaced === (namespace !== undefined)) {
    if (options.watch) throw refusal(400, 'BadRequest', 'watch a collection, with fieldSelector=metadata.name=...');
    return { type: 'one', key: namespace === undefined ? name : `${namespace}/${name}`, name };
  }
  const { labelSelector, fieldSelector, where, fieldMatches, annotationSelector, owner, nameContains, index } = options;
  // A name has no character that a field selector would have to escape.
  const byName = name === undefined ? undefined : `metadata.name=${name}`;
  const selection = parseSelection({
    labelSelector,
    fieldSelector: [fieldSelector, byName].filter((text) => text !== undefined).join(','),
    where,
    fieldMatches,
    annotationSelector,
    owner,
    nameContains,
    index,
    namespaces: namespace === undefined ? undefined : [namespace],
  });
  const { orderBy, ownerDepth } = options;
  const order = orderBy === undefined ? undefined : parseOrder(orderBy);
  const texts = { labelSelector, fieldSelector, where, fieldMatches, annotationSelector, nameContains, index };
  const question = JSON.stringify([namespace, name, texts, owner, ownerDepth, orderBy]);
  return { type: 'many', namespace, selection, options, order, question };
}

/** Whether a `resourceVersion` names a state; `''` and `'0'` are wishes. */
export function isVersion(text: string): boolean {
  return text !== '' && text !== '0';
}
