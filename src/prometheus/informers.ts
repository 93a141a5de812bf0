import type { InformerStatus } from '../informer/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { PolledMetric, Sample } from './metric.ts';

/** What is asked of an informer. */
export interface ObservedInformer {
  readonly name: string;
  status(): InformerStatus;
}

const phases = ['idle', 'listing', 'live', 'reconnecting', 'suspended', 'stopped', 'failed'] as const;

/** Informers and their reflectors, by what they say of themselves at the moment of the scrape. */
export function informerMetrics(informers: () => Iterable<ObservedInformer>, clock: Clock): readonly PolledMetric[] {
  const metric = (
    type: PolledMetric['type'],
    name: string,
    help: string,
    read: (status: InformerStatus) => number | undefined,
  ): PolledMetric => ({
    type,
    name,
    help,
    labels: ['name'],
    *poll() {
      for (const informer of informers()) {
        const value = read(informer.status());
        if (value !== undefined) yield [{ name: informer.name }, value];
      }
    },
  });
  const sum = (status: InformerStatus, read: (of: ReflectorPart) => number) =>
    Array.from(status.reflectors.values(), read).reduce((total, part) => total + part, 0);
  return [
    metric('counter', 'reflector_lists_total', 'Lists, pages counted, and streaming lists.', (status) =>
      sum(status, ({ requests }) => requests.list + requests.stream),
    ),
    metric('counter', 'reflector_watches_total', 'Watches that were opened.', (status) =>
      sum(status, ({ requests }) => requests.watch),
    ),
    metric('counter', 'reflector_events_total', 'Events that changed something.', (status) =>
      sum(status, ({ events }) => events),
    ),
    metric('counter', 'reflector_skipped_total', 'Objects and events that could not be used.', (status) =>
      sum(status, ({ skipped }) => skipped),
    ),
    metric('gauge', 'informer_store_resource_version', 'The last 15 digits of the version of the cache.', versionOf),
    metric('gauge', 'informer_objects', 'Objects in the cache.', ({ objects }) => objects),
    metric('gauge', 'informer_synced', 'Whether the initial state was complete once: 1 or 0.', (status) =>
      Number(status.everSynced),
    ),
    metric('gauge', 'informer_consecutive_failures', 'Failures since it was well.', (status) =>
      Number.isFinite(status.consecutiveFailures) ? status.consecutiveFailures : 0,
    ),
    metric('gauge', 'informer_contact_age_seconds', 'Since the server was last heard of.', ({ lastContactAt }) =>
      lastContactAt === undefined ? undefined : (clock.now() - lastContactAt) / 1000,
    ),
    {
      type: 'gauge',
      name: 'informer_phase',
      help: '1 for the phase that the informer is in, 0 for the others.',
      labels: ['name', 'phase'],
      *poll(): Iterable<Sample> {
        for (const { name, ...informer } of Array.from(informers(), (one) => ({
          name: one.name,
          at: one.status().phase,
        }))) {
          for (const phase of phases) yield [{ name, phase }, Number(phase === informer.at)];
        }
      },
    },
    {
      type: 'gauge',
      name: 'informer_handler_lag',
      help: 'Events that wait for a handler.',
      labels: ['name', 'handler'],
      *poll(): Iterable<Sample> {
        for (const informer of informers()) {
          const lags = new Map<string, number>();
          for (const { name, lag } of informer.status().handlers) lags.set(name, Math.max(lag, lags.get(name) ?? 0));
          for (const [handler, lag] of lags) yield [{ name: informer.name, handler }, lag];
        }
      },
    },
  ];
}

type ReflectorPart = InformerStatus['reflectors'] extends ReadonlyMap<string, infer Part> ? Part : never;

/** A number holds no more of it exactly. */
function versionOf({ resourceVersion }: InformerStatus): number | undefined {
  return /^\d+$/.test(resourceVersion) ? Number(resourceVersion.slice(-15)) : undefined;
}
