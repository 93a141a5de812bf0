import type { WatcherConfig } from '../config/index.ts';
import { createPoster, type Poster } from './post.ts';
import { Subscription, type SubscriptionParts, type SubscriptionStatus } from './subscription.ts';

export interface SubscriptionsOptions extends Omit<SubscriptionParts, 'post' | 'allow' | 'cluster'> {
  readonly config: Pick<WatcherConfig, 'subscriptions' | 'egress' | 'cluster'>;
}

/** All subscriptions of the configuration. */
export class Subscriptions {
  readonly #subscriptions: readonly Subscription[];
  readonly #poster: Poster;

  /** @throws KubeInformerError `InvalidOption` if nothing may be sent to an address of one. */
  constructor({ config, ...parts }: SubscriptionsOptions) {
    const allow = new Set(config.egress.allow);
    const cluster = config.cluster.id;
    this.#poster = createPoster(allow);
    const { post } = this.#poster;
    this.#subscriptions = config.subscriptions.map(
      (spec) => new Subscription(spec, { ...parts, post, allow, cluster }),
    );
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
    this.#poster.close();
  }
}
