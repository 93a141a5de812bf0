import { type ApiResource, apiVersionOf } from '../../index.ts';
import { refusal } from '../cache/index.ts';
import { type ObjectsTarget, parseTarget } from '../query/index.ts';

/** An object as a path names it. */
export type RootTarget = ObjectsTarget & { readonly name: string };

/**
 * Reads `apps/v1/namespaces/web/deployments/shop`, `v1/nodes/n1`, or a path of the API: `/api/v1/...`, `/apis/...`.
 *
 * @throws ApiStatusError 400
 */
export function parseRoot(text: string | undefined): RootTarget {
  if (text === undefined || text === '') throw malformed('root is missing');
  const path = text.replace(/^\//, '');
  const prefix = /^apis?\//.test(path) ? '/' : /^v\d+((alpha|beta)\d+)?\//.test(path) ? '/api/' : '/apis/';
  const target = parseTarget(prefix + path);
  if (target?.type !== 'objects' || target.name === undefined)
    throw malformed(`${JSON.stringify(text)} names no object`);
  return { ...target, name: target.name };
}

/** @throws ApiStatusError 400 if a namespace is missing, or one is too many */
export function checkNamespace(resource: ApiResource, { namespace, name }: RootTarget): void {
  if (resource.namespaced === (namespace !== undefined)) return;
  const where = apiVersionOf(resource);
  const right = resource.namespaced
    ? `${where}/namespaces/NAMESPACE/${resource.resource}/${name}`
    : `${where}/${resource.resource}/${name}`;
  throw malformed(`${resource.resource} ${resource.namespaced ? 'are in namespaces' : 'have no namespace'}: ${right}`);
}

export function malformed(what: string): Error {
  const message = `${what}; a root is like apps/v1/namespaces/web/deployments/shop or v1/nodes/n1`;
  return refusal(400, 'BadRequest', message, { causes: [{ reason: 'FieldValueInvalid', message, field: 'root' }] });
}
