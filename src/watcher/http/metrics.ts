import { KubeInformerError } from '../../index.ts';
import type { Catalogue, Kinds } from '../cache/index.ts';
import type { WatcherConfig } from '../config/index.ts';
import type { Relations } from '../relations/index.ts';
import type { DeliveryStatus, Subscriptions } from '../subscriptions/index.ts';
import type { DataPlane } from './data-plane.ts';
import type { Streams } from './streams.ts';

export interface MetricsOptions {
  readonly config: WatcherConfig['metrics'];
  readonly kinds: Kinds;
  readonly catalogue: Catalogue;
  readonly data: DataPlane;
  readonly streams: Streams;
  readonly subscriptions: Subscriptions;
  /** `undefined` if nobody is elected. */
  readonly isLeader: (() => boolean) | undefined;
  /** How often new configurations came to which outcome. */
  readonly reloads: () => ReadonlyMap<string, number>;
  readonly relations: Relations;
}

/** What is scraped. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  close(): void;
}

type Read = () => Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>;

/**
 * The measures of the service, of its informers and of the process, for Prometheus.
 *
 * @throws KubeInformerError `MissingPackage` if `prom-client` is not installed
 */
export async function serviceMetrics({
  config,
  kinds,
  catalogue,
  data,
  streams,
  subscriptions,
  isLeader,
  reloads,
  relations,
}: MetricsOptions): Promise<Metrics> {
  const { Registry, Counter, Gauge, collectDefaultMetrics } = await promClient();
  // It needs that package, too.
  const { exportMetrics } = await import('../../prometheus/index.ts');
  const registry = new Registry();
  const polled = (type: 'counter' | 'gauge', name: string, help: string, labelNames: string[], read: Read) => {
    const options = { name: `${config.prefix}${name}`, help, labelNames, registers: [registry] };
    if (type === 'counter') {
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.inc(labels, value);
        },
      });
    } else {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.set(labels, value);
        },
      });
    }
  };
  const one = (value: number): ReturnType<Read> => [[{}, value]];
  polled('counter', 'query_requests_total', 'Answers of the read API.', ['route', 'code', 'cache'], function* () {
    for (const { count, ...labels } of data.answers.entries()) yield [labels, count];
  });
  polled('gauge', 'stream_clients', 'Open watches.', [], () => one(streams.size));
  polled('counter', 'discovery_refreshes_total', 'How often what the cluster serves was read anew.', [], () =>
    one(catalogue.refreshes),
  );
  polled('counter', 'config_reloads_total', 'New configurations, by what came of them.', ['outcome'], () =>
    Array.from(reloads(), ([outcome, count]) => [{ outcome }, count] as const),
  );
  const byRelation = (counts: ReadonlyMap<string, number>) => () =>
    Array.from(counts, ([relation, value]) => [{ relation }, value] as const);
  polled(
    'counter',
    'relation_trees_total',
    'Trees of relations that were answered or told.',
    ['relation'],
    byRelation(relations.told),
  );
  polled('gauge', 'relation_watches', 'Trees that are followed.', ['relation'], byRelation(relations.watching));
  if (isLeader) {
    polled('gauge', 'leader', 'Whether this instance delivers: 1 or 0.', [], () => one(isLeader() ? 1 : 0));
  }
  polled('gauge', 'cached_objects', 'Objects in a cache.', ['kind'], () =>
    kinds.all().map((kind) => [{ kind: kind.key }, kind.indexer?.size ?? 0]),
  );
  polled('gauge', 'cached_live', 'Whether a cache follows the server: 1 or 0.', ['kind'], () =>
    kinds.all().map((kind) => [{ kind: kind.key }, kind.isLive ? 1 : 0]),
  );
  polled('gauge', 'cached_contact_timestamp_seconds', 'When the API server was last heard of.', ['kind'], () =>
    kinds
      .all()
      .flatMap(({ key, lastContactAt }) =>
        lastContactAt === undefined ? [] : [[{ kind: key }, lastContactAt / 1_000] as const],
      ),
  );
  const deliveries =
    (read: (status: DeliveryStatus) => number): Read =>
    () =>
      subscriptions
        .status()
        .flatMap(({ name, sinks }) =>
          sinks.map((status, at) => [{ subscription: name, sink: String(at) }, read(status)] as const),
        );
  const sinkLabels = ['subscription', 'sink'];
  polled(
    'counter',
    'delivered_total',
    'Notices that were delivered.',
    sinkLabels,
    deliveries(({ delivered }) => delivered),
  );
  polled(
    'counter',
    'delivery_failures_total',
    'Attempts that failed.',
    sinkLabels,
    deliveries(({ failed }) => failed),
  );
  polled(
    'counter',
    'delivery_dropped_total',
    'Notices without an address.',
    sinkLabels,
    deliveries(({ dropped }) => dropped),
  );
  polled(
    'gauge',
    'outbox_objects',
    'Objects with notices to deliver.',
    sinkLabels,
    deliveries((status) => status.pendingObjects),
  );
  polled(
    'gauge',
    'outbox_oldest_seconds',
    'Age of the oldest notice to deliver.',
    sinkLabels,
    deliveries((status) => status.oldestPendingMs / 1_000),
  );
  polled('gauge', 'delivery_lag_seconds', 'From the last change that was delivered to its delivery.', sinkLabels, () =>
    [...deliveries(({ lagMs }) => (lagMs ?? Number.NaN) / 1_000)()].filter(([, value]) => !Number.isNaN(value)),
  );
  polled(
    'counter',
    'delivery_lost_total',
    'States that could not be kept.',
    sinkLabels,
    deliveries(({ lost }) => lost),
  );
  polled(
    'gauge',
    'deadletters',
    'Notices that are not tried any more.',
    sinkLabels,
    deliveries((status) => status.deadLetters),
  );
  collectDefaultMetrics({ register: registry });
  const stop = exportMetrics({
    registry,
    informers: () => kinds.all().flatMap(({ informer }) => (informer ? [informer] : [])),
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    close: () => {
      stop();
      registry.clear();
    },
  };
}

async function promClient(): Promise<typeof import('prom-client')> {
  try {
    return await import('prom-client');
  } catch (cause) {
    const hint = 'npm install prom-client, or set metrics.enabled to false.';
    throw new KubeInformerError('MissingPackage', 'metrics need the package prom-client', { cause, hint });
  }
}
