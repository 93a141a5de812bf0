import { ApiStatusError, type DeepReadonly, type KubeObject } from '../kubernetes/index.ts';
import type { ResourceClient } from '../transport/index.ts';

/** Whether `finalizer` keeps the object from going. */
export function hasFinalizer(object: DeepReadonly<KubeObject>, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/**
 * Puts a finalizer on an object, so that its deletion waits until `removeFinalizer`. To be done, and awaited, *before* whatever has to
 * be cleaned up later is made. Without a request if it is there.
 *
 * @param object as the cache has it: the write is refused if the object has changed since.
 * @returns the object as it is then.
 * @throws ApiStatusError also 409 Conflict if `object` is out of date: let the reconcile function throw, the next run sees the new state.
 * @example const current = await addFinalizer(client.resource(widgetResource), widget, 'example.com/bucket');
 */
export async function addFinalizer<T extends KubeObject>(
  resource: Pick<ResourceClient<T>, 'patch'>,
  object: DeepReadonly<NoInfer<T>>,
  finalizer: string,
  signal?: AbortSignal,
): Promise<DeepReadonly<T>> {
  if (hasFinalizer(object, finalizer)) return object;
  const finalizers = [...(object.metadata.finalizers ?? []), finalizer];
  return (await patchFinalizers(resource, object, finalizers, signal)) as DeepReadonly<T>;
}

/**
 * Takes a finalizer off an object. If it was the last one of an object that is being deleted, the object is gone then; that it is gone
 * already is no error.
 *
 * @param object as the cache has it: the write is refused if the object has changed since.
 * @returns whether this call did it: `false` if the object had no such finalizer or was gone.
 * @throws ApiStatusError also 409 Conflict, see `addFinalizer`.
 */
export async function removeFinalizer<T extends KubeObject>(
  resource: Pick<ResourceClient<T>, 'patch'>,
  object: DeepReadonly<NoInfer<T>>,
  finalizer: string,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!hasFinalizer(object, finalizer)) return false;
  const finalizers = object.metadata.finalizers?.filter((other) => other !== finalizer) ?? [];
  try {
    await patchFinalizers(resource, object, finalizers, signal);
    return true;
  } catch (thrown) {
    if (thrown instanceof ApiStatusError && thrown.status.code === 404) return false;
    throw thrown;
  }
}

/** A merge patch replaces the whole list, so it must not overwrite one that somebody else has changed: hence the version and the uid. */
function patchFinalizers<T extends KubeObject>(
  resource: Pick<ResourceClient<T>, 'patch'>,
  object: DeepReadonly<NoInfer<T>>,
  finalizers: readonly string[],
  signal: AbortSignal | undefined,
): Promise<T> {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return resource.patch(name, { metadata: { uid, resourceVersion, finalizers } }, { type: 'merge', namespace, signal });
}
