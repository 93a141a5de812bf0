/** Shared informers: a cache, and everybody who wants to hear of its changes. */
export type {
  AddEvent,
  DeleteEvent,
  EventHandler,
  InformerEvent,
  ResourceEventHandler,
  UpdateEvent,
} from './events.ts';
export type { Immutability } from './immutability.ts';
export type { OverflowPolicy } from './listener.ts';
export type {
  EventHandlerOptions,
  HandlerRegistration,
  InformerSignals,
  SharedIndexInformerOptions,
} from './options.ts';
export { SharedIndexInformer } from './shared-index-informer.ts';
export type { InformerPhase, InformerStatus } from './status.ts';
export { type Observable, type Syncing, type SyncOptions, waitFor, waitForCacheSync } from './wait.ts';
