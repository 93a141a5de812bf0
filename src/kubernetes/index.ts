/** The vocabulary of Kubernetes: objects, resources, keys, selectors, errors of the API, discovery. */
export type { ListerWatcher, ListOptions, ListResult, WatchOptions, WatchStream } from './api.ts';
export { type BuiltInResource, builtInResources, findBuiltInResource } from './builtin-resources.ts';
export type { BuiltInGroup, BuiltInTypes } from './builtin-types.ts';
export {
  type FieldRequirement,
  type FieldSelector,
  parseFieldSelector,
  toFieldSelector,
} from './field-selector.ts';
export { type Keyed, keyOf, splitKey } from './keys.ts';
export {
  type LabelRequirement,
  type LabelSelector,
  type LabelSelectorObject,
  type Labels,
  parseLabelSelector,
  toLabelSelector,
} from './label-selector.ts';
export {
  type Bookmark,
  type DeepReadonly,
  INITIAL_EVENTS_END,
  type Json,
  type KubeObject,
  type ListMeta,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
  type PartialObjectMetadata,
  type ResourceOf,
  type Status,
  type StatusCause,
  type WatchEvent,
} from './objects.ts';
export { apiVersionOf, type GroupVersionKind, type GroupVersionResource } from './resources.ts';
export { ApiStatusError, classifyStatus, type StatusClass, statusOfHttp } from './status.ts';
