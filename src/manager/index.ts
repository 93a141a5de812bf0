/** Watches on behalf of others: shared, judged, kept alive. */
export type { ConditionReasons, ConditionState, ConditionType, WatchCondition } from './conditions.ts';
export { type ManagerMeasureName, type ManagerMessage, managerChannel } from './diagnostics.ts';
export { Directory } from './directory.ts';
export type { WatchHandle } from './handle.ts';
export {
  type HealthAction,
  type HealthLimits,
  type Judgement,
  judge,
  type SourceView,
  type Verdict,
} from './health-rules.ts';
export { type KeyParams, parseWatchKey, type WatchOwner, type WatchPin, watchKey } from './key.ts';
export type { LogFields, Logger } from './logger.ts';
export { Manager } from './manager.ts';
export type { ManagerOptions } from './options.ts';
export type { Binding, OwnerInformer } from './owners.ts';
export type { WatchFilter } from './registry.ts';
export {
  type AnyRequest,
  type OwnedRequest,
  type RequestWatch,
  type WatchEventHandler,
  type WatchHandlers,
  type WatchTarget,
  watchRequest,
} from './request.ts';
export type { ManagerHealth, SourceStatus, WatchStatus } from './status.ts';
