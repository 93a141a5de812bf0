import type { WatcherConfig } from '../config/index.ts';
import { type SinkCallback, Sinks } from './sinks/index.ts';
import { Subscription, type SubscriptionParts, type SubscriptionStatus } from './subscription.ts';

export interface SubscriptionsOptions extends Omit<SubscriptionParts, 'sinks' | 'cluster'> {
  readonly config: Pick<WatcherConfig, 'subscriptions' | 'egress' | 'cluster'>;
  /** Receivers in this process, by name. */
  readonly callbacks: Readonly<Record<string, SinkCallback>>;
}

/** All subscriptions of the configuration. */
export class Subscriptions {
  readonly #subscriptions: readonly Subscription[];
  readonly #sinks: Sinks;

  /** @throws KubeInformerError `InvalidOption`, `MissingPackage` if a sink of one can't be. */
  constructor({ config, callbacks, ...parts }: SubscriptionsOptions) {
    const cluster = config.cluster.id;
    const sinks = new Sinks({
      allow: new Set(config.egress.allow),
      files: config.egress.files,
      callbacks,
      clock: parts.clock,
    });
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
