/** Delivering only while this instance leads. */
export { Election, type ElectionOptions } from './election.ts';
export { LedDelivery, type Outlet } from './led-delivery.ts';
export { keyOfSink } from './sink-key.ts';
