/** The verbs of the API, as authorization and the request log name them. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** What a path of the API asks for. */
export interface ResourceRequest {
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** `''` for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  /** `''` for a collection. */
  readonly name: string;
  /** `''` for the resource itself. */
  readonly subresource: string;
}

/** `undefined` if the path is none of a resource (discovery, health, nothing at all). */
export function parseResourceRequest(
  method: string,
  path: string,
  query: URLSearchParams,
): ResourceRequest | undefined {
  const parts = path.split('/').slice(1).map(decoded);
  if (parts[parts.length - 1] === '') parts.pop();
  const root = parts.shift();
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : (parts.shift() ?? '');
  const version = parts.shift();
  if (version === undefined || parts.length === 0) return undefined;

  const deprecatedWatch = parts[0] === 'watch' && parts.length > 1;
  if (deprecatedWatch) parts.shift();
  let namespace = '';
  const subresourcesOfNamespaces = ['status', 'finalize'];
  if (parts[0] === 'namespaces' && parts.length > 2 && !subresourcesOfNamespaces.includes(parts[2] ?? '')) {
    namespace = parts[1] ?? '';
    parts.splice(0, 2);
  }
  const [resource = '', name = '', ...rest] = parts;
  const subresource = rest.join('/');
  const verb = verbOf(method, name, isTrue(query.get('watch')), deprecatedWatch);
  return verb && { verb, group, version, resource, namespace, name, subresource };
}

/** A part of a path as it is meant; as it stands if it is badly escaped. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function verbOf(method: string, name: string, watch: boolean, deprecatedWatch: boolean): Verb | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (deprecatedWatch) return 'watch';
      if (name !== '') return 'get';
      return watch ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      return 'get';
  }
}

/** A boolean of a query, as the server reads it: everything but `0`, `false` and nothing is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '' && value !== '0' && value.toLowerCase() !== 'false';
}
