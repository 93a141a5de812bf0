import {
  findBuiltInResource,
  gvrText,
  parseFieldSelector,
  parseLabelSelector,
  type ResourceRef,
} from '../kubernetes/index.ts';
import { type Keep, keepOf } from '../transport/index.ts';
import { type NamespaceScope, type Namespaces, namespaceScopeOf, textOfNamespaces } from './namespaces.ts';

/** What makes two requests for an informer requests for the same one, beside the resource. Equal scopes are equal as JSON. */
export interface Scope {
  readonly namespaces: NamespaceScope;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly as: 'full' | 'metadata';
  readonly prune: readonly string[];
  readonly project?: readonly string[];
  readonly keep?: Keep;
}

type Wanted = { readonly [K in Exclude<keyof Scope, 'namespaces'>]?: Scope[K] | undefined } & {
  readonly namespaces?: Namespaces | undefined;
};

const defaultPrune: readonly string[] = ['metadata.managedFields'];

/** @throws KubeInformerError `InvalidOption`, `InvalidSelector` */
export function checkScope({ namespaces = '*', labelSelector = '', fieldSelector = '' }: Wanted): void {
  parseLabelSelector(labelSelector);
  parseFieldSelector(fieldSelector);
  namespaceScopeOf(namespaces);
}

/** @throws KubeInformerError `InvalidOption`, `InvalidSelector` */
export function scopeOf(resource: ResourceRef, options: Wanted, defaults: Wanted): Scope {
  const wanted = {
    namespaces: options.namespaces ?? defaults.namespaces ?? '*',
    labelSelector: options.labelSelector ?? defaults.labelSelector ?? '',
    fieldSelector: options.fieldSelector ?? defaults.fieldSelector ?? '',
  };
  checkScope(wanted);
  const keep = keepOf(options.keep);
  const clusterScoped = ('namespaced' in resource ? resource : findBuiltInResource(resource))?.namespaced === false;
  return {
    namespaces: clusterScoped ? '*' : namespaceScopeOf(wanted.namespaces),
    labelSelector: parseLabelSelector(wanted.labelSelector).toString(),
    fieldSelector: parseFieldSelector(wanted.fieldSelector).toString(),
    as: options.as ?? 'full',
    prune: [...new Set(options.prune ?? defaultPrune)].sort(),
    ...(options.project && { project: [...new Set(options.project)].sort() }),
    ...(keep && { keep }),
  };
}

/**
 * The same for scopes whose objects have the same metadata: a full cache of the one can be seen as the metadata of the other. What is cut out of
 * the objects beside their metadata makes no difference.
 */
export function metadataOf(scope: Scope): string {
  const prune = scope.prune.filter((path) => /^metadata(?![^.[])/.test(path));
  return JSON.stringify({ ...scope, as: 'metadata', prune, project: undefined });
}

/** What people call it: `apps/v1 deployments in shop with app=web`. */
export function nameOf(resource: ResourceRef, scope: Scope): string {
  const parts = [gvrText(resource)];
  if (scope.namespaces !== '*') parts.push(textOfNamespaces(scope.namespaces));
  if (scope.labelSelector !== '') parts.push(`with ${scope.labelSelector}`);
  if (scope.fieldSelector !== '') parts.push(`where ${scope.fieldSelector}`);
  if (scope.as === 'metadata') parts.push('(metadata)');
  if (scope.project) parts.push(`(${scope.project.join(', ')})`);
  if (scope.keep) {
    const { shard, labels } = scope.keep;
    const kept = [shard && `shard ${shard.index} of ${shard.of}`, labels].filter(Boolean);
    parts.push(`keeping ${kept.join(', ')}`);
  }
  return parts.join(' ');
}
