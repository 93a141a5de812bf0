import type { KubeObject } from '../kubernetes/index.ts';
import type { InformerEvent } from './events.ts';
import { type Path, splitPaths, valueAt } from './paths.ts';

// An import would also load everything else that node:util exports, 4 MB of it.
const { isDeepStrictEqual } = process.getBuiltinModule('node:util');

/** Decides whether an event is worth a look. */
export type Predicate<T> = (event: InformerEvent<T>) => boolean;

type Meta = KubeObject['metadata'];
type Parts = { readonly spec?: unknown; readonly status?: unknown };
type WithMetadata = { readonly metadata: Pick<Meta, 'generation' | 'labels' | 'annotations' | 'resourceVersion'> };

/** Additions and deletions pass; updates pass if `changed` says so. */
function onUpdate<T>(changed: (oldObject: T, object: T) => boolean): Predicate<T> {
  return (event) => event.type !== 'update' || changed(event.oldObject as T, event.object as T);
}

/**
 * Updates that changed `metadata.generation`: of the spec, for resources whose server counts generations; changes of the status and
 * of the metadata are left out. Resources without generations never pass.
 */
export const generationChanged: Predicate<WithMetadata> = onUpdate(
  (oldObject, object) => oldObject.metadata.generation !== object.metadata.generation,
);

/** Updates that changed a label. */
export const labelsChanged: Predicate<WithMetadata> = onUpdate(
  (oldObject, object) => !isDeepStrictEqual(oldObject.metadata.labels ?? {}, object.metadata.labels ?? {}),
);

/** Updates that changed an annotation. */
export const annotationsChanged: Predicate<WithMetadata> = onUpdate(
  (oldObject, object) => !isDeepStrictEqual(oldObject.metadata.annotations ?? {}, object.metadata.annotations ?? {}),
);

/** Updates that changed anything: resyncs are left out. */
export const resourceVersionChanged: Predicate<WithMetadata> = onUpdate(
  (oldObject, object) => oldObject.metadata.resourceVersion !== object.metadata.resourceVersion,
);

/**
 * Updates that changed what is at one of `paths`. A path is a dotted text, or a list of keys where a key has dots in it.
 *
 * @throws KubeInformerError `InvalidOption` if there is no path, or an empty one.
 * @example pathsChanged(['spec.replicas', ['metadata', 'annotations', 'example.com/pause']])
 */
export function pathsChanged(paths: readonly Path[]): Predicate<unknown> {
  const split = splitPaths(paths);
  return onUpdate((oldObject, object) =>
    split.some((keys) => !isDeepStrictEqual(valueAt(oldObject, keys), valueAt(object, keys))),
  );
}

/**
 * Updates that changed `spec`, or `status`: the one or the other, whatever else has changed. Objects that have no such field (a ConfigMap
 * has neither) pass whenever anything changed.
 *
 * @example pods.addEventHandler(pipeline().changed(partChanged('status')).to(({ object }) => console.log(keyOf(object))));
 */
export function partChanged(part: 'spec' | 'status'): Predicate<KubeObject> {
  return onUpdate((oldObject: KubeObject & Parts, object: KubeObject & Parts) => {
    const before = oldObject[part];
    const after = object[part];
    if (before === undefined && after === undefined)
      return oldObject.metadata.resourceVersion !== object.metadata.resourceVersion;
    return !isDeepStrictEqual(before, after);
  });
}

/** Passes what all `predicates` pass. */
export function allOf<T>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (event) => predicates.every((predicate) => predicate(event));
}

/** Passes what any of `predicates` passes. */
export function anyOf<T>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (event) => predicates.some((predicate) => predicate(event));
}

/** Passes what `predicate` does not pass, additions and deletions included. */
export function not<T>(predicate: Predicate<T>): Predicate<T> {
  return (event) => !predicate(event);
}
