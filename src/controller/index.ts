/** Work queues and controllers: from what happens to what is to be done about it, one thing at a time. */

export { AgeingStorage, type AgeingStorageOptions } from './ageing-storage.ts';
export { type Condition, findCondition, setCondition } from './conditions.ts';
export {
  type Controller,
  type ControllerOptions,
  createController,
  type Reconcile,
  type ReconcileContext,
  type ReconcileFailure,
  type ReconcileResult,
} from './controller.ts';
export { DelayingQueue } from './delaying-queue.ts';
export {
  type LeaderElectionMessage,
  leaderElectionChannel,
  type ReconcileMessage,
  reconcileChannel,
  type WorkQueueMessage,
  workQueueChannel,
} from './diagnostics.ts';
export { type Enqueueable, type EnqueueMap, type EnqueueOwnerOptions, enqueueOwner, enqueueTo } from './enqueue.ts';
export { EventRecorder, type EventRecorderOptions, type ObjectEvent } from './event-recorder.ts';
export { addFinalizer, hasFinalizer, removeFinalizer } from './finalizers.ts';
export type {
  ElectionPhase,
  LeaderElectionOptions,
  LeaderWork,
} from './leader-election.ts';
export { LeaderElector } from './leader-elector.ts';
export type { LeaseClient } from './lease-lock.ts';
export type { Lease } from './lease-record.ts';
export { terminal } from './outcome.ts';
export { FifoStorage, type QueueEntry, type QueueStorage } from './queue-storage.ts';
export {
  bucketRateLimiter,
  defaultRateLimiter,
  exponentialRateLimiter,
  fastSlowRateLimiter,
  maxOfRateLimiter,
  maxWaitRateLimiter,
  type RateLimiter,
} from './rate-limiter.ts';
export { RateLimitingQueue, type RateLimitingQueueOptions } from './rate-limiting-queue.ts';
export { type Reason, type Request, requestKey, requestOf } from './request.ts';
export { type RunUntilOptions, runUntil } from './run-until.ts';
export {
  type ControllerSource,
  type EventSource,
  type EventSourceRegistration,
  type SourceOptions,
  sourceOf,
} from './source.ts';
export { type DrainOptions, WorkQueue, type WorkQueueMeasures, type WorkQueueOptions } from './work-queue.ts';
