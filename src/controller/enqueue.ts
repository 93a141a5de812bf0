import type { InformerEvent, Predicate, ResourceEventHandler } from '../informer/index.ts';
import { type DeepReadonly, type KubeObject, keyOf } from '../kubernetes/index.ts';
import { hops, publishHop } from '../runtime/index.ts';
import { type Reason, type Request, requestOf } from './request.ts';

/** Where requests go: a work queue, or anything else that takes them. */
export interface Enqueueable<K> {
  readonly name: string;
  add(item: K, reason?: Reason, priority?: number): void;
}

/** From an object to what is to be done about it: one item, several, or none. */
export type EnqueueMap<T, K> = (object: DeepReadonly<T>, event: InformerEvent<T>) => K | readonly K[] | undefined;

/**
 * An event handler that puts something into a work queue for every event. On an update both states are mapped, so that
 * what an object belonged to before hears of it, too; the queue merges what is the same.
 *
 * Without `map` it is the object's own name that is put in, as a `Request`.
 *
 * @example
 * const queue = new RateLimitingQueue<Request>({ keyOf: requestKey });
 * deployments.addEventHandler(enqueueTo(queue));
 * pods.addEventHandler(enqueueTo(queue, enqueueOwner({ group: 'apps', kind: 'ReplicaSet' })));
 */
export function enqueueTo<T extends KubeObject>(queue: Enqueueable<Request>): ResourceEventHandler<T>;
export function enqueueTo<T extends KubeObject, K>(
  queue: Enqueueable<K>,
  map: EnqueueMap<T, K>,
  where?: Predicate<T>,
): ResourceEventHandler<T>;
export function enqueueTo<T extends KubeObject>(
  queue: Enqueueable<unknown>,
  map: EnqueueMap<T, unknown> = requestOf,
  where: Predicate<T> = () => true,
): ResourceEventHandler<T> {
  const enqueue = (event: InformerEvent<T>) => {
    if (!where(event)) return;
    const reason = reasonOf(event);
    const items = toList(map(event.object, event));
    if (event.type === 'update' && map !== requestOf) items.push(...toList(map(event.oldObject, event)));
    for (const item of items) {
      queue.add(item, reason);
      if (hops.hasSubscribers) {
        const { key, resourceVersion } = reason;
        publishHop({ hop: 'workqueue', name: queue.name, key, resourceVersion });
      }
    }
  };
  return {
    onAdd: (_object, event) => enqueue(event),
    onUpdate: (_oldObject, _object, event) => enqueue(event),
    onDelete: (_object, event) => enqueue(event),
  };
}

function toList(items: unknown): unknown[] {
  if (items === undefined) return [];
  return Array.isArray(items) ? [...items] : [items];
}

function typeOf(event: InformerEvent<unknown>): Reason['type'] {
  if (event.type === 'add') return event.isInInitialList ? 'initial' : 'add';
  if (event.type === 'update') return event.isResync ? 'resync' : 'update';
  return 'delete';
}

function reasonOf(event: InformerEvent<KubeObject>): Reason & { readonly key: string } {
  const { kind, metadata } = event.object;
  return { type: typeOf(event), key: keyOf(event.object), kind, resourceVersion: metadata.resourceVersion };
}

export interface EnqueueOwnerOptions {
  /** The group of the owner; `''` for the core group. Any version of it matches. */
  readonly group: string;
  readonly kind: string;
  /** Only the owner that is marked as the controller. Default: `true`. */
  readonly controllerOnly?: boolean;
  /** Whether owners live in the namespace of what they own. Default: `true`; `false` for cluster-scoped owners. */
  readonly namespaced?: boolean;
}

/** A mapper from an object to its owners of one kind: reconcile the ReplicaSet when one of its pods changes. */
export function enqueueOwner(options: EnqueueOwnerOptions): EnqueueMap<KubeObject, Request> {
  const { group, kind, controllerOnly = true, namespaced = true } = options;
  return ({ metadata }) => {
    const requests: Request[] = [];
    for (const owner of metadata.ownerReferences ?? []) {
      if (owner.kind !== kind || groupOf(owner.apiVersion) !== group || (controllerOnly && !owner.controller)) continue;
      requests.push({ namespace: namespaced ? (metadata.namespace ?? '') : '', name: owner.name });
    }
    return requests;
  };
}

/** Owner references are not checked by anybody: an odd one matches nothing, and is no error. */
function groupOf(apiVersion: string): string {
  const slash = apiVersion.lastIndexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}
