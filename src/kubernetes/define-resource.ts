import { KubeInformerError } from '../runtime/index.ts';
import { checkGvr } from './group-version.ts';
import type { KubeObject } from './objects.ts';
import type { GroupVersionResource } from './resources.ts';

declare const objectType: unique symbol;

/** A kind of resource, with what one must know to ask for it and, for the compiler, the type of its objects. */
export interface ResourceDefinition<T = KubeObject> extends GroupVersionResource {
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  /** Never there at run time: it only carries the type. */
  readonly [objectType]?: T;
}

/** A resource as everything here accepts it: by its names alone, or by a definition that also carries the type. */
export type ResourceRef<T = KubeObject> = GroupVersionResource | ResourceDefinition<T>;

/** A resource as a server describes it. */
export interface ApiResource extends ResourceDefinition {
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Without the resource's own name: `status`, `scale`, ... */
  readonly subresources: readonly string[];
  readonly verbs: readonly string[];
}

export interface ResourceOptions {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The lower-case plural. */
  readonly plural: string;
  /** Default: the kind in lower case. */
  readonly singular?: string;
  /** Default: `true`. */
  readonly namespaced?: boolean;
}

/**
 * Names a custom resource once, type included, for use wherever a resource is asked for.
 *
 * @throws KubeInformerError `InvalidResource` if a name is malformed.
 * @example
 * const widgets = defineResource<Widget>({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets' });
 */
export function defineResource<T extends KubeObject>(options: ResourceOptions): ResourceDefinition<T> {
  const { group, version, kind, plural, singular = kind.toLowerCase(), namespaced = true } = options;
  const definition = { group, version, resource: plural, kind, singular, namespaced };
  checkGvr(definition);
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(kind)) {
    throw new KubeInformerError('InvalidResource', `kind ${JSON.stringify(kind)} must be letters and digits`, {
      hint: 'Kinds are written in CamelCase: Widget.',
    });
  }
  return Object.freeze(definition);
}
