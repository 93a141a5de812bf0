import type { ReconcileMessage } from '../controller/index.ts';
import type { Metric, MetricTable } from './metric.ts';

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const labels = ['controller'];

type Totals =
  | 'reconcile_errors_total'
  | 'terminal_reconcile_errors_total'
  | 'reconcile_panics_total'
  | 'reconcile_timeouts_total';

const total = (of: Totals, help: string): Metric<ReconcileMessage> => ({
  type: 'counter',
  name: `controller_runtime_${of}`,
  help,
  labels,
  total: (message) => [{ controller: message.name }, message[of]],
});

const gauge = (of: 'active_workers' | 'max_concurrent_reconciles', help: string): Metric<ReconcileMessage> => ({
  type: 'gauge',
  name: `controller_runtime_${of}`,
  help,
  labels,
  value: (message) => [{ controller: message.name }, message[of]],
});

/** Controllers, under the names of controller-runtime. */
export const reconcileMetrics: MetricTable<ReconcileMessage> = {
  channel: 'kube-informer:reconcile',
  metrics: [
    {
      type: 'counter',
      name: 'controller_runtime_reconcile_total',
      help: 'Runs that have ended, by result: success, requeue_after, error.',
      labels: ['controller', 'result'],
      count: ({ name, result }) => result && { controller: name, result },
    },
    total('reconcile_errors_total', 'Runs that failed.'),
    total('terminal_reconcile_errors_total', 'Runs that failed and said that another try is of no use.'),
    total('reconcile_panics_total', 'Runs that failed with what looks like a mistake in the program.'),
    total('reconcile_timeouts_total', 'Runs that took longer than they may.'),
    gauge('active_workers', 'Runs under way.'),
    gauge('max_concurrent_reconciles', 'Runs that may be under way at the same time.'),
    {
      type: 'histogram',
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long runs took.',
      labels,
      buckets,
      value: ({ name, reconcile_time_seconds: seconds }) =>
        seconds === undefined ? undefined : [{ controller: name }, seconds],
    },
  ],
};
