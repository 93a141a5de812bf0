import { RestMapper } from '../kubernetes/index.ts';
import { asKubeInformerError, type Clock, KubeInformerError, type Timer } from '../runtime/index.ts';
import type { KubeClient } from '../transport/index.ts';
import type { Logger } from './logger.ts';
import type { Meter } from './meter.ts';
import type { Registry } from './registry.ts';
import type { Source } from './source.ts';
import type { Sources } from './sources.ts';

/** How often discovery is asked while a resource is not served, milliseconds at least. */
const discoveryInterval = 10_000;

export interface HealthCheckOptions {
  readonly sources: Sources;
  readonly registry: Registry;
  readonly meter: Meter;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly interval: number;
  /** Sizes are to be estimated with each check. */
  readonly measure: boolean;
}

/**
 * Looks at every source and every watch again and again, and does what `judge` says.
 *
 * Invariants: a check waits for nothing, so that none overlaps another and none is late because of another; what it sets going (a discovery) goes
 * on by itself, one at a time; one timer is set between `start` and `stop`.
 */
export class HealthCheck {
  readonly #options: HealthCheckOptions;
  readonly #mapper: RestMapper;
  #timer: Timer | undefined;
  #lastRunAt: number | undefined;
  #discovering = false;
  #discoveredAt = Number.NEGATIVE_INFINITY;
  /** Sources that discovery has shown to be gone since they were last woken, or that were not asked about yet. */
  readonly #asleep = new WeakSet<Source>();

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    const { client, clock } = options;
    this.#mapper = new RestMapper({ client: client.discovery, clock });
  }

  /** Wall-clock milliseconds. */
  get lastRunAt(): number | undefined {
    return this.#lastRunAt;
  }

  /** The first check is one interval away. */
  start(): void {
    const { clock, interval } = this.#options;
    this.#timer = clock.setTimer(this.#tick, interval);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#mapper.close();
  }

  readonly #tick = (): void => {
    // First of all, so that nothing that goes wrong below can end it.
    this.start();
    const { clock, sources, registry, meter, measure } = this.#options;
    this.#lastRunAt = clock.now();
    const away: Source[] = [];
    for (const source of Array.from(sources)) {
      this.#guard(source.name, () => {
        const { action } = source.check({ measure: measure || meter.active });
        if (action === 'reconnect') source.reconnect();
        if (action === 'restart') source.restart();
        if (action === 'giveUp') source.giveUp(tooLarge(source));
        if (action === 'discover') away.push(source);
      });
    }
    for (const watch of registry) this.#guard(watch.plan.key, () => watch.check());
    this.#guard('measures', () => meter.gauges(sources, registry));
    if (away.length > 0) void this.#discover(away);
  };

  /** Wakes sources whose resource is served again. */
  async #discover(away: readonly Source[]): Promise<void> {
    const { clock, logger } = this.#options;
    if (this.#discovering || clock.monotonic() - this.#discoveredAt < discoveryInterval) return;
    this.#discovering = true;
    this.#discoveredAt = clock.monotonic();
    try {
      await this.#mapper.refresh();
      for (const source of away) {
        if (!this.#mapper.find(source.spec.gvr)) this.#asleep.add(source);
        else if (this.#asleep.delete(source)) source.informer.retryNow();
      }
    } catch (thrown) {
      const error = asKubeInformerError(thrown, 'Internal', 'discovery', 'Please report this.');
      logger.debug('discovery failed', { code: error.code, error: error.message });
    } finally {
      this.#discovering = false;
    }
  }

  #guard(what: string, check: () => void): void {
    try {
      check();
    } catch (thrown) {
      const error = asKubeInformerError(thrown, 'Internal', `the health check of ${what}`, 'Please report this.');
      this.#options.logger.error('a health check failed', { code: error.code, error: error.message });
    }
  }
}

function tooLarge(source: Source): KubeInformerError {
  return new KubeInformerError('CacheLimitExceeded', source.judgement.Connected.message, {
    hint: 'Raise maxBytes, or narrow what is watched: namespaces, selectors, metadata only.',
  });
}
