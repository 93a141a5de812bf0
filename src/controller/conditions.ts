import { type Clock, systemClock } from '../runtime/index.ts';

/** One statement about an object, in its `status.conditions`: the form that the API's own resources use. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** For programs, in CamelCase; never empty. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
  /** When `status` became what it is, RFC 3339. The other fields may have changed since. */
  readonly lastTransitionTime: string;
  /** The `metadata.generation` that was looked at. If the object's is higher by now, the statement is out of date. */
  readonly observedGeneration?: number | undefined;
}

/**
 * `conditions` with `wanted` in it, in place of the one of the same type, or at the end. `lastTransitionTime` moves only when `status`
 * does. If nothing changes the result is `conditions` itself, so that `===` tells whether there is anything to write.
 *
 * @param clock default: the system clock.
 * @example
 * const before = setCondition(undefined, { type: 'Ready', status: 'False', reason: 'Starting', message: '0 of 2', observedGeneration: 1 });
 * const after = setCondition(before, { type: 'Ready', status: 'True', reason: 'Available', message: '2 of 2', observedGeneration: 1 });
 * after.length // 1
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  wanted: Omit<Condition, 'lastTransitionTime'>,
  clock: Clock = systemClock,
): readonly Condition[] {
  const known = findCondition(conditions, wanted.type);
  if (conditions && known && sameStatement(known, wanted)) return conditions;
  const lastTransitionTime = known?.status === wanted.status ? known.lastTransitionTime : timestamp(clock);
  const next: Condition = { ...wanted, lastTransitionTime };
  if (!conditions || !known) return [...(conditions ?? []), next];
  return conditions.map((condition) => (condition === known ? next : condition));
}

/** The condition of a type; `undefined` if nothing has been said yet. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

function sameStatement(known: Condition, wanted: Omit<Condition, 'lastTransitionTime'>): boolean {
  return (
    known.status === wanted.status &&
    known.reason === wanted.reason &&
    known.message === wanted.message &&
    known.observedGeneration === wanted.observedGeneration
  );
}

/** The time in the form of the API: UTC, whole seconds. */
export function timestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}
