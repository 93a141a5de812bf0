import type { Action } from './access.ts';
import { API_VERSION } from './control-resource.ts';

const verbs: Readonly<Record<string, Action['verb']>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/**
 * What a request wants of the service's own resources; `undefined` if it is about none of them. They are authorized like those of the cluster:
 * `POST subscriptions/a/pause` is `create` of `subscriptions/pause`.
 */
export function actionOf(method: string, path: string, isWatch: boolean): Action | undefined {
  const root = `/apis/${API_VERSION}/`;
  if (!path.startsWith(root)) return undefined;
  const [group, version] = API_VERSION.split('/') as [string, string];
  const [resource, name, ...rest] = path.slice(root.length).split('/') as [string, ...string[]];
  const verb = verbs[method] ?? (name ? 'get' : isWatch ? 'watch' : 'list');
  const subresource = rest.length > 0 ? rest.join('/') : undefined;
  return { verb, group, version, resource, subresource, namespace: undefined, name: name || undefined };
}
