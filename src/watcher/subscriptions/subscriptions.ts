import type { WatcherConfig } from '../config/index.ts';
import { Sinks } from './sinks/index.ts';
import { Subscription, type SubscriptionParts, type SubscriptionStatus } from './subscription.ts';

export interface SubscriptionsOptions extends Omit<SubscriptionParts, 'sinks' | 'cluster'> {
  readonly config: Pick<WatcherConfig, 'subscriptions' | 'egress' | 'cluster'>;
}

/** All subscriptions of the configuration. */
export class Subscriptions {
  readonly #subscriptions: readonly Subscription[];
  readonly #sinks: Sinks;

  /** @throws KubeInformerError `InvalidOption` if nothing may be sent to an address of one. */
  constructor({ config, ...parts }: SubscriptionsOptions) {
    const allow = new Set(config.egress.allow);
    const cluster = config.cluster.id;
    const sinks = new Sinks({ allow, clock: parts.clock });
    this.#sinks = sinks;
    this.#subscriptions = config.subscriptions.map((spec) => new Subscription(spec, { ...parts, sinks, cluster }));
  }

  /** To be called when the watches of the configuration are there, so that they are used. */
  async start(): Promise<void> {
    await Promise.all(this.#subscriptions.map((each) => each.start()));
  }

  status(): SubscriptionStatus[] {
    return this.#subscriptions.map((each) => each.status());
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((each) => each.close()));
    this.#sinks.close();
  }
}
