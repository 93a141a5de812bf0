import type { InformerEvent, ResourceEventHandler } from '../informer/index.ts';
import {
  checkGvr,
  findBuiltInResource,
  type GroupVersionResource,
  gvrText,
  type KubeObject,
  parseFieldSelector,
  parseLabelSelector,
  type ResourceRef,
  resourcePath,
} from '../kubernetes/index.ts';
import { KubeInformerError, requireAtLeast } from '../runtime/index.ts';
import { ownerKey, type WatchOwner, type WatchPin, watchKey } from './key.ts';

/** What is watched: one object, or a collection. */
export interface WatchTarget<T extends KubeObject> {
  /** The resource; a definition that carries a type gives the handlers that type. */
  readonly gvr: ResourceRef<T>;
  /** Default: all namespaces, or a cluster-scoped resource. A namespaced object needs it. */
  readonly namespace?: string;
  /** Default: the whole collection. Names are compared as they are. */
  readonly name?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** `metadata`: the server sends the metadata only; see `PartialObjectMetadata`. Default: `full`. */
  readonly as?: 'full' | 'metadata';
}

/** Told of the changes of what is watched, and of what goes wrong with it. */
export interface WatchEventHandler<T> extends ResourceEventHandler<T> {
  /** A failure of the source, or of another function of this handler. The watch goes on. */
  onError?(error: KubeInformerError): unknown;
}

/** One function for every event, or one for each kind. `enqueueTo(queue)` makes one that feeds a work queue, which retries what fails. */
export type WatchHandlers<T> = WatchEventHandler<T> | ((event: InformerEvent<T>) => unknown);

/** A wish to have something watched. */
export interface RequestWatch<T extends KubeObject> {
  readonly owner: WatchOwner;
  readonly target: WatchTarget<T>;
  readonly handlers: WatchHandlers<NoInfer<T>>;
  /**
   * Handlers with the same id count as the same, though they are other functions: for requests that are made anew each time. Default: they are
   * the same if they are one object.
   */
  readonly handlersId?: string;
  /** Milliseconds between replays of what is there (`isResync`); see `ManagerOptions.resyncPeriod`. */
  readonly resyncPeriod?: number;
  /**
   * What if the object does not exist when everything is synced? `no`: that is fine, `TargetFound` is false until it appears. `wait`: `add`
   * resolves when it appears. `fail`: `add` rejects with `TargetNotFound`, and nothing is watched. Default: `no`.
   */
  readonly requireTarget?: 'no' | 'wait' | 'fail';
  /**
   * What if there is a watch with this key already, with other handlers? `replace`: these handlers take the place of those. `add`: both
   * are told. `fail`: `add` rejects with `WatchConflict`. Default: `replace`.
   */
  readonly onConflict?: 'replace' | 'add' | 'fail';
  /** `false`: `add` resolves at once, and syncing goes on for as long as it takes. Default: `true`. */
  readonly waitForSync?: boolean;
  /** Milliseconds that `add` waits for the sync; then it rejects with `SyncTimeout` and nothing is watched. */
  readonly syncTimeout?: number;
}

/** A request, as the owner says it once for all of them. */
export type OwnedRequest<T extends KubeObject> = Omit<RequestWatch<T>, 'owner'>;

/** A request for whole objects. */
export type Full<R> = R & { readonly target: { readonly as?: 'full' } };
/** A request for the metadata alone. */
export type Metadata<R> = R & { readonly target: { readonly as: 'metadata' } };

/** Any request, whatever the type of its objects. Handlers are given only objects of the resource that they were requested for. */
export type AnyRequest = OwnedRequest<KubeObject>;

/** A request as one of several of different types: `setDesired(owner, [watchRequest(one), watchRequest(other)])`. */
export function watchRequest<T extends KubeObject>(request: OwnedRequest<T>): AnyRequest {
  // Its handlers are called with objects of its resource only.
  return request as unknown as AnyRequest;
}

/** A source, by what makes it another one: what the server is asked for. */
export interface SourceSpec {
  readonly gvr: GroupVersionResource;
  readonly namespace: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly as: 'full' | 'metadata';
}

/** A request, checked and in canonical form. */
export interface WatchPlan {
  readonly key: string;
  readonly owner: WatchOwner | WatchPin;
  readonly ownerKey: string;
  readonly name: string;
  /** The collection that the target is in, or is. */
  readonly collection: SourceSpec;
  readonly request: AnyRequest;
}

/** @throws KubeInformerError `InvalidResource`, `InvalidSelector`, `InvalidOption` */
export function planOf(owner: WatchOwner | WatchPin, request: AnyRequest): WatchPlan {
  const { target, requireTarget = 'no', resyncPeriod, syncTimeout } = request;
  const { namespace = '', name = '', as = 'full' } = target;
  checkGvr(target.gvr);
  const { group, version, resource } = target.gvr;
  const gvr = { group, version, resource };
  // Throws if a name could lead elsewhere.
  resourcePath(gvr, { namespace: namespace || undefined, name: name || undefined });
  const namespaced = ('namespaced' in target.gvr ? target.gvr : findBuiltInResource(gvr))?.namespaced;
  if (namespaced === false && namespace !== '') refuse(`${gvrText(gvr)} has no namespaces`, 'Leave the namespace out.');
  if (namespaced && namespace === '' && name !== '') {
    refuse(`${gvrText(gvr)} ${name} has no namespace`, 'Name the namespace of the object.');
  }
  if (requireTarget !== 'no' && name === '') {
    refuse(`requireTarget: ${requireTarget} for a collection`, 'Name the object, or leave requireTarget out.');
  }
  if (resyncPeriod) requireAtLeast('resyncPeriod', resyncPeriod, 1_000);
  if (syncTimeout !== undefined) requireAtLeast('syncTimeout', syncTimeout, 1);
  const labelSelector = parseLabelSelector(target.labelSelector ?? '').toString();
  const fieldSelector = parseFieldSelector(target.fieldSelector ?? '').toString();
  return {
    key: watchKey({ owner, gvr, namespace, name, labelSelector, fieldSelector, as }),
    owner,
    ownerKey: ownerKey(owner),
    name,
    collection: { gvr, namespace, labelSelector, fieldSelector, as },
    request,
  };
}

/** The key in the cache of the one object that is watched; `undefined` for a collection. */
export function objectKeyOf({ name, collection: { namespace } }: WatchPlan): string | undefined {
  if (name === '') return undefined;
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** Whether an object is, by its names, in what is watched. */
export function isTarget({ name, collection: { namespace } }: WatchPlan, { metadata }: KubeObject): boolean {
  return (name === '' || metadata.name === name) && (namespace === '' || metadata.namespace === namespace);
}

/** Whether the second asks for nothing that the first does not give. */
export function sameRequest(one: AnyRequest, other: AnyRequest): boolean {
  const byId = one.handlersId !== undefined && one.handlersId === other.handlersId;
  return (byId || one.handlers === other.handlers) && one.resyncPeriod === other.resyncPeriod;
}

/** The source of one object out of a collection. */
export function sourceOfName(collection: SourceSpec, name: string): SourceSpec {
  const byName = `metadata.name=${name}`;
  const { fieldSelector } = collection;
  return {
    ...collection,
    fieldSelector: parseFieldSelector(fieldSelector === '' ? byName : `${fieldSelector},${byName}`).toString(),
  };
}

export function sourceKey({ gvr, namespace, labelSelector, fieldSelector, as }: SourceSpec): string {
  return JSON.stringify([gvrText(gvr), namespace, labelSelector, fieldSelector, as]);
}

function refuse(what: string, hint: string): never {
  throw new KubeInformerError('InvalidOption', what, { hint });
}
