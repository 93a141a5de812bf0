/** Informers by resource, shared. */
export { DynamicSharedInformerFactory } from './dynamic-factory.ts';
export type { GroupVersionInformers, GroupVersionOptions } from './group-version.ts';
export type { NamespaceSelection, Namespaces } from './namespaces.ts';
export type { ForResourceOptions, InformerFactoryOptions, ProjectedResourceOptions } from './options.ts';
export { type Accessor, type GroupAccessors, SharedInformerFactory } from './typed-factory.ts';
