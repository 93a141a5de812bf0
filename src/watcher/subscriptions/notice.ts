import type { CachedObject, KindEvent } from '../cache/index.ts';
import type { ServiceNotice } from './service-notice.ts';

/** What a change is for the set of objects that a subscription is about. */
export interface Notice {
  readonly type: KindEvent['type'];
  /** Of one that left the set by its selectors: the last state that was in it. Of one whose end came between two runs: no more than what it is called. */
  readonly object: CachedObject;
  /** `undefined` also where it is not known. */
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

/** A notice of the state that a subscription begins with. */
export function initialNotice(type: Notice['type'], object: CachedObject, seq: number, at: number): Notice {
  const origin = type === 'ADDED' ? 'live' : 'missed';
  return { type, object, oldObject: undefined, reason: undefined, origin, initial: true, seq, at };
}

/** Anything that a receiver is told. */
export type AnyNotice = Notice | ServiceNotice;

export function isChange(notice: AnyNotice): notice is Notice {
  return 'object' in notice;
}

/**
 * Objects of one name take their turns in one order, also when one replaces another: `namespace/name`. What the service tells of itself has a lane for each type, without a
 * slash.
 */
export function laneOf(notice: AnyNotice): string {
  if (!isChange(notice)) return notice.type;
  const { namespace = '', name } = notice.object.metadata;
  return `${namespace}/${name}`;
}
