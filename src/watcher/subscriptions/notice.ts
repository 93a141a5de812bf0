import type { CachedObject, KindEvent } from '../cache/index.ts';

/** What a change is for the set of objects that a subscription is about. */
export interface Notice {
  readonly type: KindEvent['type'];
  /** Of one that left the set by its selectors: the last state that was in it. */
  readonly object: CachedObject;
  readonly oldObject: CachedObject | undefined;
  /** `selector`: it came into the set or left it by a change, without being created or deleted. */
  readonly reason: 'selector' | undefined;
  readonly origin: KindEvent['origin'];
  /** Whether it is part of the state that the subscription began with. */
  readonly initial: boolean;
  /** Position in the log of the kind; notices of one object grow in it. */
  readonly seq: number;
  /** Wall-clock milliseconds at which the cache told of it. */
  readonly at: number;
}

/** Objects of one name take their turns in one order, also when one replaces another: `namespace/name`. */
export function laneOf({ object }: Notice): string {
  const { namespace = '', name } = object.metadata;
  return `${namespace}/${name}`;
}
