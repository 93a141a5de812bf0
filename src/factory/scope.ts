import {
  findBuiltInResource,
  gvrText,
  parseFieldSelector,
  parseLabelSelector,
  type ResourceRef,
} from '../kubernetes/index.ts';
import { KubeInformerError } from '../runtime/index.ts';

/** What makes two requests for an informer requests for the same one, beside the resource. Equal scopes are equal as JSON. */
export interface Scope {
  readonly namespaces: '*' | readonly string[];
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly as: 'full' | 'metadata';
  readonly prune: readonly string[];
}

type Wanted = { readonly [K in keyof Scope]?: Scope[K] | undefined };

const defaultPrune: readonly string[] = ['metadata.managedFields'];

/** @throws KubeInformerError `InvalidOption`, `InvalidSelector` */
export function checkScope({ namespaces = '*', labelSelector = '', fieldSelector = '' }: Wanted): void {
  parseLabelSelector(labelSelector);
  parseFieldSelector(fieldSelector);
  if (namespaces === '*') return;
  const odd = namespaces.find((name) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name));
  if (namespaces.length > 0 && odd === undefined) return;
  const what = odd === undefined ? 'namespaces is empty' : `${JSON.stringify(odd)} is not the name of a namespace`;
  throw new KubeInformerError('InvalidOption', what, { hint: "Name the namespaces, or give '*' for all of them." });
}

/** @throws KubeInformerError `InvalidOption`, `InvalidSelector` */
export function scopeOf(resource: ResourceRef, options: Wanted, defaults: Wanted): Scope {
  const wanted = {
    namespaces: options.namespaces ?? defaults.namespaces ?? '*',
    labelSelector: options.labelSelector ?? defaults.labelSelector ?? '',
    fieldSelector: options.fieldSelector ?? defaults.fieldSelector ?? '',
  };
  checkScope(wanted);
  const clusterScoped = ('namespaced' in resource ? resource : findBuiltInResource(resource))?.namespaced === false;
  const everywhere = clusterScoped || wanted.namespaces === '*';
  return {
    namespaces: everywhere ? '*' : [...new Set(wanted.namespaces)].sort(),
    labelSelector: parseLabelSelector(wanted.labelSelector).toString(),
    fieldSelector: parseFieldSelector(wanted.fieldSelector).toString(),
    as: options.as ?? 'full',
    prune: [...new Set(options.prune ?? defaultPrune)].sort(),
  };
}

/**
 * The same for scopes whose objects have the same metadata: a full cache of the one can be seen as the metadata of the other. What is cut out of
 * the objects beside their metadata makes no difference.
 */
export function metadataOf(scope: Scope): string {
  const prune = scope.prune.filter((path) => /^metadata(?![^.[])/.test(path));
  return JSON.stringify({ ...scope, as: 'metadata', prune });
}

/** What people call it: `apps/v1 deployments in shop with app=web`. */
export function nameOf(resource: ResourceRef, scope: Scope): string {
  const parts = [gvrText(resource)];
  if (scope.namespaces !== '*') parts.push(`in ${scope.namespaces.join(', ')}`);
  if (scope.labelSelector !== '') parts.push(`with ${scope.labelSelector}`);
  if (scope.fieldSelector !== '') parts.push(`where ${scope.fieldSelector}`);
  if (scope.as === 'metadata') parts.push('(metadata)');
  return parts.join(' ');
}
