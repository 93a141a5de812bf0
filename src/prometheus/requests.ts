import type { Clock } from '../runtime/index.ts';
import type { RequestDiagnostics } from '../transport/index.ts';
import type { MetricTable } from './metric.ts';

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const methodOf = ({ method }: RequestDiagnostics) => (methods.has(method) ? method : 'other');

/** Requests to API servers, under the names of client-go. No paths: they have names of objects in them. */
export function requestMetrics(clock: Clock): MetricTable<RequestDiagnostics> {
  /** When requests without an answer were sent (monotonic), by id. */
  const sent = new Map<number, number>();
  let seconds: number | undefined;
  return {
    channel: 'kube-informer:request',
    watch({ id, phase }) {
      const since = sent.get(id);
      seconds = since === undefined || phase === 'start' ? undefined : (clock.monotonic() - since) / 1000;
      if (phase === 'start') sent.set(id, clock.monotonic());
      else sent.delete(id);
    },
    metrics: [
      {
        type: 'counter',
        name: 'rest_client_requests_total',
        help: 'Requests that were answered, by status; "<error>" for those that were not.',
        labels: ['method', 'code'],
        count: (message) =>
          message.phase === 'start'
            ? undefined
            : { method: methodOf(message), code: message.phase === 'end' ? String(message.status) : '<error>' },
      },
      {
        type: 'histogram',
        name: 'rest_client_request_duration_seconds',
        help: 'From a request to the head of its answer.',
        labels: ['method'],
        buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
        value: (message) => (seconds === undefined ? undefined : [{ method: methodOf(message) }, seconds]),
      },
    ],
  };
}
