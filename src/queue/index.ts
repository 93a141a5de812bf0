/** Deltas, in order. */
export type { Delta } from './delta.ts';
export { DeltaFIFO, type DeltaFIFOOptions } from './delta-fifo.ts';
