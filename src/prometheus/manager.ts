import type { ManagerMeasureName, ManagerMessage } from '../manager/index.ts';
import type { Metric, MetricTable, Sample } from './metric.ts';

const seconds = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120];
const common = ['manager', 'group', 'version', 'resource'];

type Kind = 'counter' | 'gauge' | 'histogram';

function metric(type: Kind, name: ManagerMeasureName, help: string, ...more: string[]): Metric<ManagerMessage> {
  const about = { name: `manager_${name}`, help, labels: [...common, ...more] };
  const sample = (message: ManagerMessage): Sample | undefined =>
    message.kind === 'gone' || message.name !== name
      ? undefined
      : [{ manager: message.manager, ...message.labels }, message.value];
  switch (type) {
    case 'counter':
      return { ...about, type, count: (message) => sample(message)?.[0] };
    case 'gauge':
      return { ...about, type, value: sample };
    case 'histogram':
      return { ...about, type, buckets: seconds, value: sample };
  }
}

/** Managers: their sources by resource, what they hear, and how the handlers of their watches do. */
export const managerMetrics: MetricTable<ManagerMessage> = {
  channel: 'kube-informer:manager',
  ended: (message) => (message.kind === 'gone' ? { manager: message.manager, ...message.labels } : undefined),
  metrics: [
    metric('gauge', 'sources', 'What is asked of the server, by how it does.', 'verdict'),
    metric('gauge', 'watches', 'What owners hear.'),
    metric('gauge', 'objects', 'Objects in the caches.'),
    metric('gauge', 'store_bytes', 'Of these objects as JSON, estimated.'),
    metric('gauge', 'queue_depth', 'Events that wait for handlers.'),
    metric('gauge', 'last_contact_seconds', 'Since the server was last heard of: the longest silence.'),
    metric('counter', 'lists_total', 'Whole states that were fetched, or were to be.', 'outcome'),
    metric('counter', 'watches_started_total', 'Watches that were opened, or were to be.', 'outcome'),
    metric('counter', 'watch_disconnects_total', 'Watches that ended.', 'reason'),
    metric('counter', 'restarts_total', 'Sources that were brought back.', 'reason'),
    metric('counter', 'events_total', 'Events that were handed over.', 'type', 'origin'),
    metric('histogram', 'event_lag_seconds', 'From the creation of an object to its handler.'),
    metric('histogram', 'handler_seconds', 'How long calls of handlers took.'),
    metric('counter', 'handler_errors_total', 'Calls of handlers that failed.'),
  ],
};
