/**
 * The JSON of the Kubernetes API as it is on the wire. Dates are strings, quantities are strings, unknown fields are kept.
 */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: object;
  subresource?: string;
}

/** `metadata` of an object that the server has stored. Timestamps are RFC 3339 strings. */
export interface ObjectMeta {
  name: string;
  /** Absent on cluster-scoped objects. */
  namespace?: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  generation?: number;
  generateName?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  /** Cut out before parsing unless the informer is told to keep it. */
  managedFields?: ManagedFieldsEntry[];
  selfLink?: string;
}

/** Any object of the Kubernetes API. Extend it for your own resources: `interface Widget extends KubeObject { spec: ... }`. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** What a metadata-only informer holds: the server sends nothing else. */
export type PartialObjectMetadata = KubeObject;

export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** The `Status` object with which the server reports errors, and the success of some deletes. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: ListMeta;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: StatusCause[];
    retryAfterSeconds?: number;
  };
  code?: number;
}

/** `BOOKMARK` carries no object, only how far the stream has come. */
export interface Bookmark {
  apiVersion?: string;
  kind?: string;
  metadata: { resourceVersion: string; annotations?: Record<string, string> };
}

/** Who an object is that was not parsed, because it is not wanted (see `Keep`). */
export interface DroppedObject {
  readonly metadata: Pick<ObjectMeta, 'name' | 'namespace' | 'uid' | 'resourceVersion'>;
}

/**
 * One event of a watch, as on the wire. `DROPPED` is not from there: it takes the place of an event whose object is not wanted in the state that
 * it has now. Whoever has an object of that key has it no longer; and the watch has come as far as its version.
 */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'DROPPED'; readonly was: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: DroppedObject }
  | { readonly type: 'BOOKMARK'; readonly object: Bookmark }
  | { readonly type: 'ERROR'; readonly object: Status };

/** The annotation of the bookmark that ends the initial events of a streaming list. */
export const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Recursively read-only: the type of everything that comes out of a cache. */
export type DeepReadonly<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Names that JavaScript could not carry, or that client-node could not generate, and what they are on the wire. */
type WireName<T, K> = 'x_kubernetes_int_or_string' extends keyof T
  ? K extends 'ref' | 'schema'
    ? `$${K}`
    : K extends `x_kubernetes_${infer Rest}`
      ? `x-kubernetes-${Dashed<Rest>}`
      : Unescaped<K>
  : Unescaped<K>;

type Unescaped<K> = K extends `_${infer Name}` ? Name : K;

type Dashed<Text extends string> = Text extends `${infer Head}_${infer Tail}` ? `${Head}-${Dashed<Tail>}` : Text;

type IsAny<T> = 0 extends 1 & T ? true : false;

/**
 * The JSON form of a class of `@kubernetes/client-node`: dates become strings, escaped names (`_from`, `_default`,
 * `x_kubernetes_validations`, ...) get their real ones, `any` becomes `unknown`. Types only; nothing happens at run time.
 */
export type Json<T> =
  IsAny<T> extends true
    ? unknown
    : T extends Date
      ? string
      : T extends (infer E)[]
        ? Json<E>[]
        : T extends object
          ? [keyof T] extends [never]
            ? T
            : { [K in keyof T as WireName<T, K> & PropertyKey]: Json<T[K]> }
          : T;

/** A resource typed by its client-node class, with the metadata that every stored object has. */
export type ResourceOf<Model> = Omit<Json<Model>, 'apiVersion' | 'kind' | 'metadata'> & KubeObject;
