import { channel } from 'node:diagnostics_channel';

/** What a work queue publishes on `kube-informer:workqueue`. The measures bear the names that dashboards for client-go know. */
export interface WorkQueueMessage {
  /** The name of the queue. */
  readonly name: string;
  readonly event: 'add' | 'get' | 'done' | 'retry';
  readonly key: string;
  /** Of the change that caused it, where known. */
  readonly resourceVersion: string | undefined;
  /** Items that wait, those that wait for their own processing to end included. */
  readonly workqueue_depth: number;
  readonly workqueue_adds_total: number;
  readonly workqueue_retries_total: number;
  /** On `get`: how long the item waited. Absent if it was added before anybody listened. */
  readonly workqueue_queue_duration_seconds?: number;
  /** On `done`: how long it was being processed. */
  readonly workqueue_work_duration_seconds?: number;
}

/** What a controller publishes on `kube-informer:reconcile`, before and after each run. */
export interface ReconcileMessage {
  /** The name of the controller. */
  readonly name: string;
  readonly event: 'start' | 'end';
  readonly key: string;
  /** Of the latest change that caused it, where known. */
  readonly resourceVersion: string | undefined;
  /** On `end`. */
  readonly result?: 'success' | 'requeue_after' | 'error';
  readonly reconcile_total: number;
  readonly reconcile_errors_total: number;
  /** Of those, the ones for which the request was given up because `terminal` was thrown. */
  readonly terminal_reconcile_errors_total: number;
  /** Of those, the ones that look like a mistake in the program: `TypeError`, `ReferenceError`, `RangeError` without a cause. */
  readonly reconcile_panics_total: number;
  readonly reconcile_timeouts_total: number;
  readonly active_workers: number;
  readonly max_concurrent_reconciles: number;
  /** On `end`. */
  readonly reconcile_time_seconds?: number;
}

/** What a candidate publishes on `kube-informer:leader-election`. */
export interface LeaderElectionMessage {
  /** The name of the Lease. */
  readonly name: string;
  /** `slow_path`: a renewal met a lease that somebody had changed. */
  readonly event: 'started' | 'stopped' | 'slow_path';
  readonly leader_election_master_status: 0 | 1;
  readonly leader_election_slowpath_total: number;
}

/** Publish under `if (channel.hasSubscribers)`, so that nothing is made for nobody. */
export const workQueueChannel = channel('kube-informer:workqueue');
export const reconcileChannel = channel('kube-informer:reconcile');
export const leaderElectionChannel = channel('kube-informer:leader-election');
