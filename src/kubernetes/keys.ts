import { KubeInformerError } from '../runtime/index.ts';

/** The parts of an object that its key is made of. */
export interface Keyed {
  readonly metadata?: { readonly name?: string; readonly namespace?: string } | undefined;
}

/**
 * The key of an object in caches and queues: `namespace/name`, or `name` for a cluster-scoped object.
 *
 * @throws KubeInformerError `InvalidObject` if the object has no `metadata.name`.
 * @example keyOf({ metadata: { namespace: 'shop', name: 'blue' } }) // 'shop/blue'
 */
export function keyOf(object: Keyed): string {
  const metadata = object?.metadata;
  const name = metadata?.name;
  if (typeof name !== 'string' || name === '') {
    throw new KubeInformerError('InvalidObject', 'object has no metadata.name', {
      hint: 'Only objects of the Kubernetes API can be cached; check what the list, the watch or the transform returns.',
    });
  }
  const namespace = metadata?.namespace;
  // Not concatenated: V8 would keep the pieces, and make the string they stand for beside them when the key is first compared.
  return namespace ? [namespace, name].join('/') : name;
}

/**
 * The inverse of `keyOf`. The namespace of a cluster-scoped key is `''`.
 *
 * @throws KubeInformerError `InvalidResource` if `key` has more than one slash.
 */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  if (slash === -1) return { namespace: '', name: key };
  if (key.indexOf('/', slash + 1) !== -1) {
    throw new KubeInformerError('InvalidResource', `unexpected key format: ${JSON.stringify(key)}`, {
      hint: 'A key is "namespace/name", or "name" for a cluster-scoped object.',
    });
  }
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
