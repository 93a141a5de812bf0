import { apiVersionOf } from '../../kubernetes/index.ts';
import type { Catalog } from './catalog.ts';
import { goJson } from './json.ts';
import type { ResourceType } from './resource-type.ts';

/**
 * As much of OpenAPI as kubectl asks for before it writes: that the server validates fields itself. Schemas are not served.
 *
 * @returns `undefined` if `path` is none of OpenAPI's.
 */
export function openApi(catalog: Catalog, path: string): string | undefined {
  if (path === '/openapi/v3' || path === '/openapi/v3/') {
    const roots = catalog.groups().flatMap(({ group, versions }) => versions.map((version) => rootOf(group, version)));
    return goJson({
      paths: Object.fromEntries(roots.map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }])),
    });
  }
  const [, root, group, version] = /^\/openapi\/v3\/(apis?)\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (root === undefined || group === undefined) return undefined;
  const types = root === 'api' ? catalog.resourcesOf('', group) : catalog.resourcesOf(group, version ?? '');
  if (types.length === 0) return undefined;
  return goJson({
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.4' },
    paths: Object.fromEntries(types.map((type) => [pathOf(type), { patch: patchOperation(type) }])),
    components: { schemas: {} },
  });
}

function rootOf(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

function pathOf(type: ResourceType): string {
  const scope = type.namespaced ? '/namespaces/{namespace}' : '';
  return `/${type.group === '' ? 'api' : 'apis'}/${apiVersionOf(type)}${scope}/${type.resource}/{name}`;
}

function patchOperation({ group, version, kind }: ResourceType): object {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
  }));
  return {
    'x-kubernetes-group-version-kind': { group, version, kind },
    'x-kubernetes-action': 'patch',
    parameters,
    responses: { '200': { description: 'OK' } },
  };
}
