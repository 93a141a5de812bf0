/** Deltas, in order. */
export type { Delta } from './delta.ts';
export { DeltaFIFO, type DeltaFIFOOptions } from './delta-fifo.ts';
export type { KeyedDelta, KeyedDeltas, KnownObjects } from './keyed-delta.ts';
export { KeyedDeltaFIFO, type KeyedDeltaFIFOOptions } from './keyed-delta-fifo.ts';
export { createQueueInformer, type QueueInformer, type QueueInformerOptions } from './queue-informer.ts';
