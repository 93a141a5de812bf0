import type { KubeObject } from '../kubernetes/index.ts';
import type { Clock } from '../runtime/index.ts';

/** A Lease as it comes from the server: anybody may have written it, so nothing in its spec is certain. */
export interface Lease extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** What a Lease says about who leads. */
export interface LeaseRecord {
  /** The identity of the leader; `''` for none. */
  readonly holder: string;
  /** Seconds, whole. */
  readonly leaseDurationSeconds: number;
  /** When the holder became it, RFC 3339 with microseconds. With holder and transitions it names one term. */
  readonly acquireTime: string;
  /** When the holder last said that it is alive, likewise. Different in each renewal; nobody compares it with a clock. */
  readonly renewTime: string;
  /** How often the lease was taken. */
  readonly transitions: number;
}

/**
 * Reads a Lease, whatever is in it. An unreadable holder is somebody: it has as long as any other. A missing or impossible duration is
 * `fallbackSeconds`.
 */
export function readLease({ spec = {} }: Lease, fallbackSeconds: number): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds: seconds, acquireTime, renewTime, leaseTransitions } = spec;
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : holderIdentity == null ? '' : '(unreadable)',
    leaseDurationSeconds: isCount(seconds) && seconds > 0 ? seconds : fallbackSeconds,
    acquireTime: typeof acquireTime === 'string' ? acquireTime : '',
    renewTime: typeof renewTime === 'string' ? renewTime : '',
    transitions: isCount(leaseTransitions) ? leaseTransitions : 0,
  };
}

/** The spec to write. What it says that we know nothing of is kept. */
export function leaseSpec(record: LeaseRecord, known: Lease | undefined): Readonly<Record<string, unknown>> {
  return {
    ...known?.spec,
    holderIdentity: record.holder,
    leaseDurationSeconds: record.leaseDurationSeconds,
    acquireTime: record.acquireTime,
    renewTime: record.renewTime,
    leaseTransitions: record.transitions,
  };
}

/** Whether both are of one term of one holder: that they bear its name is not enough, two processes may have the same. */
export function isSameTerm(a: LeaseRecord, b: LeaseRecord): boolean {
  return a.holder === b.holder && a.acquireTime === b.acquireTime && a.transitions === b.transitions;
}

/** A time as the API writes it in leases: RFC 3339 in UTC, always with six digits after the point. */
export function microTime(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1_000);
  const rest = String(Math.floor(microseconds - milliseconds * 1_000)).padStart(3, '0');
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`;
}

/** Now, but later than `previous` in any case: renewals differ even if the clock stands still or goes back. */
export function laterThan(previous: string, clock: Clock): string {
  const now = microTime(clock.now() * 1_000);
  if (now > previous) return now;
  const milliseconds = Date.parse(previous);
  return microTime(milliseconds * 1_000 + Number(previous.slice(-4, -1)) + 1);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
