import type { SharedIndexInformer } from '../informer/index.ts';
import {
  type BuiltInGroup,
  type BuiltInTypes,
  builtInResources,
  type KubeObject,
  type PartialObjectMetadata,
  type Projected,
} from '../kubernetes/index.ts';
import type { KubeClient, KubeConfigLike } from '../transport/index.ts';
import { DynamicSharedInformerFactory } from './dynamic-factory.ts';
import type { ForResourceOptions, InformerFactoryOptions, ProjectedResourceOptions } from './options.ts';

/** The informer of a built-in resource, typed as the JSON of the wire. */
export interface Accessor<T extends KubeObject> {
  <const Path extends string, Name extends string = never>(
    options: ProjectedResourceOptions<T, Path, Name>,
  ): SharedIndexInformer<Projected<T, Path>, Name>;
  <Name extends string = never>(
    options: ForResourceOptions<PartialObjectMetadata, Name> & { readonly as: 'metadata' },
  ): SharedIndexInformer<PartialObjectMetadata, Name>;
  <Name extends string = never>(
    options?: ForResourceOptions<T, Name> & { readonly as?: 'full' },
  ): SharedIndexInformer<T, Name>;
}

/** `v1.pods()`, `v1.services()`, ... of one group. */
export type GroupAccessors<Group extends BuiltInGroup> = {
  readonly [Version in keyof BuiltInTypes[Group]]: {
    readonly [Resource in keyof BuiltInTypes[Group][Version]]: BuiltInTypes[Group][Version][Resource] extends KubeObject
      ? Accessor<BuiltInTypes[Group][Version][Resource]>
      : never;
  };
};

/**
 * A `DynamicSharedInformerFactory` that knows the built-in resources by name and by type. Both doors lead to the same informers.
 *
 * @example
 * const factory = new SharedInformerFactory(kubeConfig);
 * const pods = factory.core.v1.pods();
 * pods.addEventHandler({ onAdd: (pod) => console.log(pod.spec?.nodeName) });
 * const widgets = factory.forResource<Widget>({ group: 'example.com', version: 'v1', resource: 'widgets' });
 */
export class SharedInformerFactory extends DynamicSharedInformerFactory {
  readonly core: GroupAccessors<'core'>;
  readonly admissionregistration: GroupAccessors<'admissionregistration'>;
  readonly apiextensions: GroupAccessors<'apiextensions'>;
  readonly apiregistration: GroupAccessors<'apiregistration'>;
  readonly apps: GroupAccessors<'apps'>;
  readonly autoscaling: GroupAccessors<'autoscaling'>;
  readonly batch: GroupAccessors<'batch'>;
  readonly certificates: GroupAccessors<'certificates'>;
  readonly coordination: GroupAccessors<'coordination'>;
  readonly discovery: GroupAccessors<'discovery'>;
  readonly events: GroupAccessors<'events'>;
  readonly flowcontrol: GroupAccessors<'flowcontrol'>;
  readonly networking: GroupAccessors<'networking'>;
  readonly node: GroupAccessors<'node'>;
  readonly policy: GroupAccessors<'policy'>;
  readonly rbac: GroupAccessors<'rbac'>;
  readonly resource: GroupAccessors<'resource'>;
  readonly scheduling: GroupAccessors<'scheduling'>;
  readonly storage: GroupAccessors<'storage'>;

  /** See `DynamicSharedInformerFactory`. */
  constructor(cluster: KubeConfigLike | KubeClient, options: InformerFactoryOptions = {}) {
    super(cluster, options);
    this.core = this.#group('core');
    this.admissionregistration = this.#group('admissionregistration');
    this.apiextensions = this.#group('apiextensions');
    this.apiregistration = this.#group('apiregistration');
    this.apps = this.#group('apps');
    this.autoscaling = this.#group('autoscaling');
    this.batch = this.#group('batch');
    this.certificates = this.#group('certificates');
    this.coordination = this.#group('coordination');
    this.discovery = this.#group('discovery');
    this.events = this.#group('events');
    this.flowcontrol = this.#group('flowcontrol');
    this.networking = this.#group('networking');
    this.node = this.#group('node');
    this.policy = this.#group('policy');
    this.rbac = this.#group('rbac');
    this.resource = this.#group('resource');
    this.scheduling = this.#group('scheduling');
    this.storage = this.#group('storage');
  }

  #group<Group extends BuiltInGroup>(accessor: Group): GroupAccessors<Group> {
    const versions: Record<string, Record<string, (options?: ForResourceOptions<KubeObject>) => unknown>> = {};
    for (const definition of builtInResources) {
      if (definition.accessor !== accessor) continue;
      versions[definition.version] ??= {};
      versions[definition.version]![definition.resource] = (options) => this.forResource(definition, options);
    }
    // The table at run time and the types are checked against each other where the table is.
    return versions as GroupAccessors<Group>;
  }
}
