import type { DeepReadonly, KubeObject } from '../kubernetes/index.ts';
import type { InformerEvent } from './events.ts';

/** How a state of an object differs from the one in the cache. */
export type Change = 'none' | 'new' | 'changed' | 'recreated';

export function changeOf<T extends KubeObject>(old: DeepReadonly<T> | undefined, object: T): Change {
  if (old === undefined) return 'new';
  const before = (old as KubeObject).metadata;
  const after = object.metadata;
  if (before.uid !== after.uid) return 'recreated';
  // Without a version there is no telling, so it counts as a change.
  return before.resourceVersion === after.resourceVersion && after.resourceVersion ? 'none' : 'changed';
}

/** Adds the events of a change to `events`. */
export function tell<T>(
  events: InformerEvent<T>[],
  change: Exclude<Change, 'none'>,
  old: DeepReadonly<T> | undefined,
  object: DeepReadonly<T>,
  isInInitialList: boolean,
): void {
  if (change === 'changed') {
    events.push({ type: 'update', object, oldObject: old!, isResync: false });
    return;
  }
  if (change === 'recreated') events.push({ type: 'delete', object: old!, finalStateUnknown: true });
  events.push({ type: 'add', object, isInInitialList });
}
