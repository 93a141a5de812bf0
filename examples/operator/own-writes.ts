import { compareResourceVersions, type DeepReadonly, type KubeObject, keyOf } from 'kube-informer';

/**
 * Closes the gap between a write and the moment when the cache hears of it: who has just written a status should not judge by the one
 * before.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #written = new Map<string, DeepReadonly<T>>();

  remember(object: DeepReadonly<T>): void {
    this.#written.set(keyOf(object), object);
  }

  forget(key: string): void {
    this.#written.delete(key);
  }

  /** The newer of what the cache has and what was written last. */
  newest(cached: DeepReadonly<T>): DeepReadonly<T> {
    const written = this.#written.get(keyOf(cached));
    if (!written) return cached;
    const { uid, resourceVersion } = written.metadata;
    if (uid === cached.metadata.uid && compareResourceVersions(resourceVersion, cached.metadata.resourceVersion) === 1)
      return written;
    this.#written.delete(keyOf(cached));
    return cached;
  }
}
