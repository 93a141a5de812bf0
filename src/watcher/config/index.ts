/** What the service is told: its schema, where it is read from, what is wrong with it. */
export { ConfigError, type ConfigProblem, checkConfig } from './check.ts';
export { configJsonSchema, type JsonSchema } from './json-schema.ts';
export { deliveredLeaseName, type LeaderElectionConfig } from './leader-election.ts';
export { type ConfigSource, type LoadedConfig, loadConfig } from './load.ts';
export { pathText, stepsOf } from './path.ts';
export type {
  OnDemandConfig,
  QueryConfig,
  WatcherConfig,
  WatcherConfigInput,
} from './schema.ts';
export { hiddenMark, withoutUser } from './secret.ts';
export type { AuthConfig, ServerConfig } from './server.ts';
export { defaultSubject, type SinkSpec } from './sink.ts';
export { refusedFields, type SubscriptionSpec, subscriptionSchema } from './subscription.ts';
export {
  fieldSelectorSchema,
  type IndexSpec,
  labelSelectorSchema,
  namespacesSchema,
  type Target,
  targetSchema,
  type WatchSpec,
  watchSchema,
} from './target.ts';
