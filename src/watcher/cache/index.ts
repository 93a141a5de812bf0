/** Cached kinds: which there are and why, what the cluster serves, what changed. */
export { CachedKind } from './cached-kind.ts';
export { Catalogue, type CatalogueOptions } from './catalogue.ts';
export type { Definition, PrinterColumn } from './definitions.ts';
export { EventLog, type Position } from './event-log.ts';
export type { CachedObject, Following, FollowOptions, KindEvent, KindListener, KindSnapshot } from './events.ts';
export type { KindScope, WantedScope } from './kind-scope.ts';
export type { KindOrigin, KindPhase, KindStatus } from './kind-status.ts';
export { type KindLease, Kinds, type KindsOptions, type KindWishes } from './kinds.ts';
export type { NamedWatch } from './named-watch.ts';
export { NamedWatches } from './named-watches.ts';
export { isScalar, readPath, type Scalar, valueAt } from './paths.ts';
export { type RefusalDetails, refusal } from './refusal.ts';
