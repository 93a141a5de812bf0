import { hostname } from 'node:os';
import { type Clock, KubeInformerError, type Random, requireAtLeast } from '../runtime/index.ts';
import type { LeaseClient } from './lease-lock.ts';

/** What is done while leading. Its end is waited for before the lease is given to anybody else. */
export type LeaderWork = (signal: AbortSignal) => unknown;

export interface LeaderElectionOptions {
  /** A `KubeClient`. Its user needs `get`, `create` and `update` on leases of `coordination.k8s.io`. */
  readonly client: LeaseClient;
  readonly namespace: string;
  /** Of the Lease: the same for all candidates. */
  readonly name: string;
  /**
   * Who this candidate is; no two may have the same at a time. Should they, none takes the other's lease for its own.
   * Default: the name of the host and a random part.
   */
  readonly identity?: string;
  /** Milliseconds for which a lease that is not renewed binds the others; rounded up to whole seconds. Default: 15,000. */
  readonly leaseDuration?: number;
  /** Milliseconds since its last renewal after which a leader takes itself for deposed. Default: 10,000. */
  readonly renewDeadline?: number;
  /** Milliseconds between two renewals of a leader, and at least between two attempts of the others. Default: 2,000. */
  readonly retryPeriod?: number;
  /** The others wait for `retryPeriod` and a random part of up to `jitter × retryPeriod`. Default: 1.2. */
  readonly jitter?: number;
  /**
   * Called when this candidate has become the leader. `signal` is aborted when it no longer is, at least `leaseDuration -
   * renewDeadline` milliseconds before anybody else can be, so that what is under way can end in peace. Should it reject, the lease is given back and `run` rejects.
   */
  readonly onStartedLeading?: LeaderWork;
  /** Called when this candidate has just ceased to lead. Work may still be ending. `error` says why, unless it was told to stop. */
  readonly onStoppedLeading?: (error: KubeInformerError | undefined) => void;
  /** Called when the leader is another than the last one that was seen; also if it is this candidate. */
  readonly onNewLeader?: (identity: string) => void;
  /** Hears of requests that failed and of callbacks that threw; the election goes on. Default: a process warning. */
  readonly onError?: (error: KubeInformerError) => void;
  /** Default: the system clock. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
}

/**
 * What a candidate is doing.
 *
 * - `idle`: not started.
 * - `standby`: somebody else leads, or nobody; it watches the lease.
 * - `leading`: it holds the lease and works.
 * - `resigning`: it was told to stop and waits for its work to end. Until then it keeps the lease; then it gives it back.
 * - `deposed`: it lost the lease and waits for its work to end, to be a candidate again.
 * - `stopped`: ended.
 */
export type ElectionPhase = 'idle' | 'standby' | 'leading' | 'resigning' | 'deposed' | 'stopped';

/** The numbers of an election, checked. */
export interface ElectionTimes {
  readonly leaseSeconds: number;
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
  readonly jitter: number;
}

/** @throws KubeInformerError `InvalidOption` */
export function electionTimes(options: LeaderElectionOptions): ElectionTimes {
  const { leaseDuration = 15_000, renewDeadline = 10_000, retryPeriod = 2_000, jitter = 1.2 } = options;
  requireAtLeast('retryPeriod', retryPeriod, 1);
  requireAtLeast('jitter', jitter, 0);
  requireAtLeast('renewDeadline', renewDeadline, 1);
  requireAtLeast('leaseDuration', leaseDuration, 1_000);
  const refuse = (message: string, hint: string) => {
    throw new KubeInformerError('InvalidOption', message, { hint });
  };
  if (leaseDuration <= renewDeadline) {
    refuse('leaseDuration must be greater than renewDeadline', 'What lies between is the time in which work can end.');
  }
  if (renewDeadline <= jitter * retryPeriod) {
    refuse('renewDeadline must be greater than jitter × retryPeriod', 'Leave time for more than one attempt.');
  }
  for (const name of ['namespace', 'name'] as const) {
    if (options[name] === '') refuse(`${name} of the lease is empty`, 'All candidates name the same Lease.');
  }
  if (options.identity === '') refuse('identity is empty', 'An empty holder means that nobody leads.');
  const leaseSeconds = Math.ceil(leaseDuration / 1_000);
  return { leaseSeconds, leaseDuration: leaseSeconds * 1_000, renewDeadline, retryPeriod, jitter };
}

/** An identity that nobody else has. */
export function uniqueIdentity(): string {
  return `${hostname()}_${crypto.randomUUID()}`;
}
