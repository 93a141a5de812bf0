import { type Clock, KubeInformerError, type Random, requireAtLeast, type Turns } from '../runtime/index.ts';
import type { KubeClient, KubeConfigLike } from '../transport/index.ts';
import type { Logger } from './logger.ts';

export interface ManagerOptions {
  /** The cluster: a `KubeConfig`, anything shaped like it, or a client (which then stays yours to close). */
  readonly client: KubeConfigLike | KubeClient;
  /** Stands in logs and measures. Default: `manager`. */
  readonly name?: string;
  /**
   * Every so many milliseconds, give or take a tenth by watch, handlers get an update with `isResync` for each object. No request is sent.
   * Nothing depends on it; elasti has 300,000. Default 0: never.
   */
  readonly resyncPeriod?: number;
  /** Milliseconds between two health checks. Default 5,000. */
  readonly healthCheckInterval?: number;
  /** Milliseconds that `add` waits for the sync, and after which one that is still under way is reported. Default 30,000. */
  readonly syncTimeout?: number;
  /** Milliseconds of silence after which a source counts as stale and is reconnected. Bookmarks come about once a minute. Default 90,000. */
  readonly staleAfter?: number;
  /** Between two reconnects or restarts of one source: `baseMs` doubling to `maxMs`, plus a random part of `jitter` times that. */
  readonly restart?: { readonly baseMs?: number; readonly maxMs?: number; readonly jitter?: number };
  /** More objects than this watched by name in one collection share one source of the collection. Default 10. */
  readonly coalesceAbove?: number;
  /** Milliseconds that a source outlives its last watch. Default 30,000. */
  readonly linger?: number;
  /** Milliseconds after which a call of a handler is reported. It is waited for all the same. Default 30,000. */
  readonly handlerDeadline?: number;
  /** Above so many waiting events of one watch those of one object are merged, and that is reported. Default 1,000. */
  readonly queueLimit?: number;
  /** A source with more objects than this fails. Default: no limit. */
  readonly maxObjects?: number;
  /** A source with more than about so many bytes of objects (as JSON) fails. Default: no limit. */
  readonly maxBytes?: number;
  /** How many whole states are fetched at the same time. Default 10. */
  readonly concurrentLists?: number;
  /** Default: nothing is written. Neither objects nor credentials ever are. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly turns?: Turns;
}

/** Options with every default filled in, but for what nobody has to give. */
export type Settings = ReturnType<typeof settingsOf>;

/** @throws KubeInformerError `InvalidOption` */
export function settingsOf(options: ManagerOptions) {
  const settings = {
    name: options.name ?? 'manager',
    resyncPeriod: options.resyncPeriod ?? 0,
    healthCheckInterval: options.healthCheckInterval ?? 5_000,
    syncTimeout: options.syncTimeout ?? 30_000,
    staleAfter: options.staleAfter ?? 90_000,
    coalesceAbove: options.coalesceAbove ?? 10,
    linger: options.linger ?? 30_000,
    handlerDeadline: options.handlerDeadline ?? 30_000,
    queueLimit: options.queueLimit ?? 1_000,
    maxBytes: options.maxBytes ?? Number.POSITIVE_INFINITY,
    concurrentLists: options.concurrentLists ?? 10,
    restart: {
      initial: options.restart?.baseMs ?? 1_000,
      factor: 2,
      max: options.restart?.maxMs ?? 60_000,
      jitter: options.restart?.jitter ?? 0.5,
      resetAfter: 600_000,
    },
  };
  if (settings.resyncPeriod !== 0) requireAtLeast('resyncPeriod', settings.resyncPeriod, 1_000);
  requireAtLeast('healthCheckInterval', settings.healthCheckInterval, 1);
  requireAtLeast('syncTimeout', settings.syncTimeout, 1);
  requireAtLeast('staleAfter', settings.staleAfter, 1);
  requireAtLeast('coalesceAbove', settings.coalesceAbove, 1);
  requireAtLeast('linger', settings.linger, 0);
  requireAtLeast('handlerDeadline', settings.handlerDeadline, 1);
  requireAtLeast('queueLimit', settings.queueLimit, 1);
  requireAtLeast('restart.baseMs', settings.restart.initial, 0);
  requireAtLeast('restart.maxMs', settings.restart.max, settings.restart.initial);
  requireAtLeast('restart.jitter', settings.restart.jitter, 0);
  if (Number.isNaN(settings.maxBytes) || settings.maxBytes < 0) {
    throw new KubeInformerError('InvalidOption', 'maxBytes must be a number of at least 0', {
      hint: 'Leave it out for no limit.',
    });
  }
  return settings;
}
