import { DynamicSharedInformerFactory } from '../factory/index.ts';
import { systemClock } from '../runtime/index.ts';
import { HealthCheck } from './health-check.ts';
import { named, silentLogger } from './logger.ts';
import { Meter } from './meter.ts';
import { type ManagerOptions, settingsOf } from './options.ts';
import { Placement } from './placement.ts';
import { Registry } from './registry.ts';
import { Sources } from './sources.ts';
import { Watches } from './watches.ts';

/** What a manager is made of. */
export type Parts = ReturnType<typeof partsOf>;

/** @throws KubeInformerError `InvalidOption` */
export function partsOf(options: ManagerOptions) {
  const settings = settingsOf(options);
  const { clock = systemClock, random = Math.random, turns, maxObjects } = options;
  const logger = named(options.logger ?? silentLogger, 'Manager');
  const meter = new Meter(settings.name, clock);
  const registry = new Registry();
  const factory = new DynamicSharedInformerFactory(options.client, {
    clock,
    random,
    ...(turns && { turns }),
    ...(maxObjects !== undefined && { maxObjects }),
    concurrentLists: settings.concurrentLists,
    // The health check is to see silence first.
    idleTimeout: 2 * settings.staleAfter,
    whenNotServed: 'clear',
  });
  const sources = new Sources({
    factory,
    clock,
    random,
    limits: settings,
    restart: settings.restart,
    linger: settings.linger,
    onRestart: (source, reason) => {
      meter.restart(source, reason);
      const { lastError } = source.view();
      const why = { code: lastError?.code, error: lastError?.message, stack: lastError?.stack };
      logger.warn('a source is brought back', { source: source.name, reason, ...(reason === 'dead' && why) });
    },
    onStateChange: (source, status) => meter.state(source, status),
    onError: (source, error) => {
      meter.failure(source, error);
      logger.warn(error.message, { source: source.name, code: error.code });
    },
    onStop: (source) => logger.debug('a source has ended', { source: source.name }),
  });
  const watches = new Watches({
    registry,
    sources,
    placement: new Placement(sources, settings.coalesceAbove),
    clock,
    syncTimeout: settings.syncTimeout,
    queueLimit: settings.queueLimit,
    handlerDeadline: settings.handlerDeadline,
    // So that not all of them fall due together.
    resyncPeriod: ({ resyncPeriod = settings.resyncPeriod }) => Math.round(resyncPeriod * (0.9 + 0.2 * random())),
    onCondition: ({ plan }, { type, status, reason }) =>
      logger.debug('a condition has changed', { watch: plan.key, type, status, reason }),
    onEvent: (watch, event) => meter.event(watch, event),
    onCall: (watch, seconds, failed) => meter.call(watch, seconds, failed),
    onError: ({ plan }, { code, message }) => logger.warn(message, { watch: plan.key, code }),
  });
  const healthCheck = new HealthCheck({
    sources,
    registry,
    meter,
    client: factory.client,
    clock,
    logger,
    interval: settings.healthCheckInterval,
    measure: Number.isFinite(settings.maxBytes),
  });
  return { settings, clock, logger, factory, registry, meter, sources, watches, healthCheck };
}
