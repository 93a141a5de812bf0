import { channel } from 'node:diagnostics_channel';

/**
 * What happens inside, for whoever listens: `diagnostics_channel.subscribe('kube-informer:hop', ...)`. With no subscriber a
 * hop costs one check.
 *
 * A change passes `reflector` (the server said so), `queue` (taken from the delta FIFO), `store` (the cache has it) and
 * `handler` (a handler is being called); work queue and worker follow on channels of their own. `key` and
 * `resourceVersion` stay the same all the way: together they are the id of the change.
 */
export interface Hop {
  readonly hop: 'reflector' | 'queue' | 'store' | 'handler' | 'workqueue' | 'worker';
  /** The informer, queue or controller that the change passes through. */
  readonly name: string;
  readonly key: string;
  readonly resourceVersion: string | undefined;
}

export const hops = channel('kube-informer:hop');

/** Publishes a hop. Call it under `if (hops.hasSubscribers)`, so that nothing is allocated for nobody. */
export function publishHop(hop: Hop): void {
  hops.publish(hop);
}
