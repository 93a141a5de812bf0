/** Shared informers: a cache, and everybody who wants to hear of its changes. */

export type {
  Checkpoint,
  CheckpointEntry,
  CheckpointEvent,
  CheckpointEventHandler,
  CheckpointHandler,
  CheckpointOptions,
  CheckpointStore,
  MissedDeleteEvent,
  MissedUpdateEvent,
} from './checkpoint.ts';
export type { EventStream } from './event-stream.ts';
export {
  type AddEvent,
  type DeleteEvent,
  dispatch,
  type EventHandler,
  type InformerEvent,
  type ResourceEventHandler,
  type UpdateEvent,
} from './events.ts';
export { fileCheckpoint } from './file-checkpoint.ts';
export type { Immutability } from './immutability.ts';
export type { OverflowPolicy } from './listener.ts';
export { NamespaceSet, type NamespaceSource } from './namespace-set.ts';
export type {
  CheckpointedHandlerOptions,
  EventHandlerOptions,
  HandlerRegistration,
  SharedIndexInformerOptions,
} from './options.ts';
export type { Path } from './paths.ts';
export { type Filter, type Pipeline, pipeline } from './pipeline.ts';
export {
  allOf,
  annotationsChanged,
  anyOf,
  generationChanged,
  labelsChanged,
  not,
  type Predicate,
  partChanged,
  pathsChanged,
  resourceVersionChanged,
} from './predicates.ts';
export { type ProcessSignalOptions, type SignalledProcess, signalFromProcess } from './process-signal.ts';
export { type Projection, project } from './projection.ts';
export { SharedIndexInformer } from './shared-index-informer.ts';
export type { InformerSignals } from './signals.ts';
export type { NamespacedListerWatcher, Sources } from './sources.ts';
export type { InformerStats } from './stats.ts';
export type { InformerPhase, InformerStatus } from './status.ts';
export { type ObjectSchema, validated } from './validated.ts';
export { InformerView, type Viewed } from './view.ts';
export { type Observable, type Syncing, type SyncOptions, waitFor, waitForCacheSync } from './wait.ts';
