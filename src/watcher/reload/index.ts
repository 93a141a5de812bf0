/** Taking up another configuration while the service runs. */
export { type FollowedConfig, followConfig } from './follow-config.ts';
export { Reloader, type ReloadOutcome, type ReloadReport, reloadOutcomes } from './reloader.ts';
