import type { Clock } from '../runtime/index.ts';
import { isSameTerm, type Lease, type LeaseRecord, readLease } from './lease-record.ts';

// An import would also load everything else that node:util exports, 4 MB of it.
const { isDeepStrictEqual } = process.getBuiltinModule('node:util');

/** What a candidate has seen of the lease, and since when. */
export class ObservedLease {
  readonly #clock: Clock;
  /** For leases that do not say how long they bind. */
  readonly #fallbackSeconds: number;
  #spec: Lease['spec'];
  /** Monotonic: when the spec was seen to be what it is. Its own times are of another clock and are not looked at. */
  #since = 0;
  #record: LeaseRecord | undefined;

  constructor(clock: Clock, fallbackSeconds: number) {
    this.#clock = clock;
    this.#fallbackSeconds = fallbackSeconds;
  }

  /** As it was seen last; `undefined` if it was not. */
  get record(): LeaseRecord | undefined {
    return this.#record;
  }

  see(lease: Lease): LeaseRecord {
    if (this.#record && isDeepStrictEqual(this.#spec, lease.spec)) return this.#record;
    this.#spec = lease.spec;
    this.#since = this.#clock.monotonic();
    this.#record = readLease(lease, this.#fallbackSeconds);
    return this.#record;
  }

  /**
   * Whether somebody may be at work under it.
   *
   * @param own the term of our last claim: it binds nobody here, its work has ended or never began.
   */
  isBinding(own: LeaseRecord | undefined): boolean {
    const record = this.#record;
    if (!record || record.holder === '' || (own && isSameTerm(record, own))) return false;
    return this.#clock.monotonic() < this.#since + record.leaseDurationSeconds * 1_000;
  }
}
