/** The vocabulary of Kubernetes: objects, resources, keys, selectors, errors of the API, discovery. */
export type { ListerWatcher, ListOptions, ListResult, WatchOptions, WatchStream } from './api.ts';
export { type BuiltInResource, builtInResources, findBuiltInResource } from './builtin-resources.ts';
export type { BuiltInGroup, BuiltInTypes } from './builtin-types.ts';
export {
  type ApiResource,
  defineResource,
  type ResourceDefinition,
  type ResourceOptions,
  type ResourceRef,
} from './define-resource.ts';
export type { DiscoveryAnswer, DiscoveryClient, DiscoveryFailure } from './discovery.ts';
export {
  type FieldRequirement,
  type FieldSelector,
  parseFieldSelector,
  toFieldSelector,
} from './field-selector.ts';
export {
  checkGvr,
  type GroupVersion,
  groupVersionPath,
  gvkOf,
  gvrText,
  type PathOptions,
  parseGroupVersion,
  parseGvr,
  resourcePath,
} from './group-version.ts';
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
  type DroppedObject,
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
export type { Projected, ProjectionPath } from './projected.ts';
export type { ResourceQuery } from './resource-index.ts';
export { compareResourceVersions, equalResourceVersions } from './resource-version.ts';
export { apiVersionOf, type GroupVersionKind, type GroupVersionResource } from './resources.ts';
export { NoMatchError, RestMapper, type RestMapperOptions } from './rest-mapper.ts';
export { ApiStatusError, classifyStatus, type StatusClass, statusOfHttp } from './status.ts';
