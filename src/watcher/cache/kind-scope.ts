import { type ApiResource, gvrText, parseFieldSelector, parseLabelSelector } from '../../index.ts';

/** Which objects of a resource are watched and cached. Equal scopes have equal keys, in whatever words they were asked for. */
export interface KindScope {
  readonly namespaces: '*' | readonly string[];
  /** Canonical. */
  readonly labelSelector: string;
  /** Canonical. */
  readonly fieldSelector: string;
  readonly metadataOnly: boolean;
  /** `own`: over connections that nothing else uses. */
  readonly session: 'shared' | 'own';
}

/** A scope as it is asked for. */
export type WantedScope = { readonly [K in keyof KindScope]?: KindScope[K] | undefined };

/** @throws KubeInformerError `InvalidSelector` */
export function scopeOf(resource: ApiResource, wanted: WantedScope): KindScope {
  const { namespaces = '*', labelSelector = '', fieldSelector = '', metadataOnly = false, session = 'shared' } = wanted;
  return {
    namespaces: namespaces === '*' || !resource.namespaced ? '*' : [...new Set(namespaces)].sort(),
    labelSelector: parseLabelSelector(labelSelector).toString(),
    fieldSelector: parseFieldSelector(fieldSelector).toString(),
    metadataOnly,
    session,
  };
}

/** `apps/v1/deployments namespaces=a,b labels=app=web`: what is the default is left out. */
export function keyOfKind(resource: ApiResource, scope: KindScope): string {
  const parts = [gvrText(resource)];
  if (scope.namespaces !== '*') parts.push(`namespaces=${scope.namespaces.join(',')}`);
  if (scope.labelSelector !== '') parts.push(`labels=${scope.labelSelector}`);
  if (scope.fieldSelector !== '') parts.push(`fields=${scope.fieldSelector}`);
  if (scope.metadataOnly) parts.push('metadata');
  if (scope.session === 'own') parts.push('session=own');
  return parts.join(' ');
}
