/** What the service is told: its schema, where it is read from, what is wrong with it. */
export { ConfigError, type ConfigProblem, checkConfig, pathText } from './check.ts';
export { configJsonSchema, type JsonSchema } from './json-schema.ts';
export { type ConfigSource, type LoadedConfig, loadConfig } from './load.ts';
export {
  type LoggingConfig,
  type OnDemandConfig,
  type QueryConfig,
  SCHEMA_ID,
  type WatcherConfig,
  type WatcherConfigInput,
} from './schema.ts';
export type { AuthConfig, ServerConfig } from './server.ts';
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
