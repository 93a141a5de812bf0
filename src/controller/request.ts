import { type Keyed, keyOf, splitKey } from '../kubernetes/index.ts';

/** What a controller is asked to look at: the name of an object, and nothing about what happened to it. */
export interface Request {
  /** `''` for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, or `name` alone: the same text as the key of the object in the cache. */
export function requestKey({ namespace, name }: Request): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The request for the object itself. */
export function requestOf(object: Keyed): Request {
  return splitKey(keyOf(object));
}

/** Why an item was put into a work queue. For logs, for traces, and to tell background work from the rest. */
export interface Reason {
  /**
   * `initial`: an object that was there when the informer began; `resync`: the periodic replay; `add`, `update`, `delete`: a
   * change; `retry`: the last run failed; `requeue`: the last run asked for another; `direct`: somebody called `enqueue`.
   */
  readonly type: 'initial' | 'resync' | 'add' | 'update' | 'delete' | 'retry' | 'requeue' | 'direct';
  /** The key of the object whose change it was. It need not be the object that is asked for. */
  readonly key?: string;
  readonly kind?: string;
  readonly resourceVersion?: string;
}

/** Whether nobody waits for it: it says that something is, not that something has changed. */
export function isBackground(reason: Reason | undefined): boolean {
  return reason?.type === 'initial' || reason?.type === 'resync';
}

/** The priority of what is added for this reason, unless another is named. */
export function priorityFor(reason: Reason | undefined): number {
  return isBackground(reason) ? -100 : 0;
}
