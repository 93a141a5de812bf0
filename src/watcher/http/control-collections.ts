import type { Clock, Random } from '../../index.ts';
import type { NamedWatches } from '../cache/index.ts';
import type { Subscriptions } from '../subscriptions/index.ts';
import { ControlCollection } from './control-collection.ts';
import { ControlReads } from './control-reads.ts';
import { type SubscriptionResource, subscriptionCollection, subscriptionResource } from './subscription-resource.ts';
import { type WatchResource, watchCollection, watchResource } from './watch-resource.ts';

export interface ControlCollectionsOptions {
  readonly watches: NamedWatches;
  readonly subscriptions: Subscriptions;
  readonly clock: Clock;
  readonly random: Random;
}

/** The service's own resources, as they are read and watched. */
export class ControlCollections {
  readonly reads: ControlReads;
  readonly watches: ControlCollection<WatchResource>;
  readonly subscriptions: ControlCollection<SubscriptionResource>;

  constructor({ watches, subscriptions, clock, random }: ControlCollectionsOptions) {
    this.reads = new ControlReads({ clock, random });
    this.watches = new ControlCollection({ ...watchCollection, read: () => watches.all().map(watchResource), clock });
    this.subscriptions = new ControlCollection({
      ...subscriptionCollection,
      read: () => subscriptions.list().map(subscriptionResource),
      clock,
    });
  }

  close(): void {
    this.reads.close();
    this.watches.close();
    this.subscriptions.close();
  }
}
