/**
 * The resource watcher: a service that caches kinds of objects and answers queries about them over HTTP. `createWatcher` starts one; the command
 * `kube-informer watcher` does the same.
 */
export type { KindOrigin, KindPhase, KindStatus } from './cache/index.ts';
export {
  ConfigError,
  type ConfigProblem,
  type ConfigSource,
  configJsonSchema,
  type JsonSchema,
  type LoadedConfig,
  loadConfig,
  type WatcherConfig,
  type WatcherConfigInput,
} from './config/index.ts';
export {
  defineRelation,
  type Facts,
  type Keys,
  type Link,
  type Relation,
  type RelationBy,
  type RelationDefinition,
  type RelationKind,
} from './relations/index.ts';
export type { ReloadOutcome, ReloadReport } from './reload/index.ts';
export type { CallbackEvent, DeliveryStatus, SinkCallback, SubscriptionStatus } from './subscriptions/index.ts';
export { createWatcher, type Watcher, type WatcherOptions } from './watcher.ts';
