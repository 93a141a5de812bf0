/** What queues, controllers, elections, requests and informers say of themselves, in a registry of `prom-client`. */
import { type Registry, register } from 'prom-client';
import { type Clock, KubeInformerError, systemClock } from '../runtime/index.ts';
import { attachPolled, attachTable } from './attach.ts';
import { informerMetrics, type ObservedInformer } from './informers.ts';
import { leaderElectionMetrics } from './leader-election.ts';
import { managerMetrics } from './manager.ts';
import { reconcileMetrics } from './reconcile.ts';
import { requestMetrics } from './requests.ts';
import { workQueueMetrics } from './workqueue.ts';

export type { ObservedInformer } from './informers.ts';

export interface PrometheusOptions {
  /** Default: the one of `prom-client`. */
  readonly registry?: Registry;
  /** The informers that are asked at each scrape. Default: none. */
  readonly informers?: () => Iterable<ObservedInformer>;
  /** Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Registers the metrics of this library: `workqueue_*`, `controller_runtime_*`, `leader_election_*`, `manager_*` and `rest_client_*` of everything in the
 * process, `reflector_*` and `informer_*` of the informers that are named. Work queues and controllers are told apart by their names; give
 * each its own. All numbers come over `node:diagnostics_channel`; without this call, or another subscriber, none are made.
 *
 * @returns a function that ends this and takes the metrics out of the registry. Idempotent.
 * @throws KubeInformerError `InvalidOption` if the registry has a metric of one of these names already.
 * @example
 * import { register } from 'prom-client';
 *
 * const stop = exportMetrics({ informers: () => [pods, widgets] });
 * const text = await register.metrics(); // the answer to GET /metrics
 * stop();
 */
export function exportMetrics(options: PrometheusOptions = {}): () => void {
  const { registry = register, informers, clock = systemClock } = options;
  const polled = informers ? informerMetrics(informers, clock) : [];
  const [queues, requests] = [workQueueMetrics(clock), requestMetrics(clock)];
  const tables = [queues, reconcileMetrics, leaderElectionMetrics, managerMetrics, requests];
  // Before anything is registered: half of it would be of no use to anybody.
  const names = [...polled, ...tables.flatMap((table) => [...table.metrics, ...(table.polled ?? [])])].map(
    ({ name }) => name,
  );
  const taken = names.find((name) => registry.getSingleMetric(name));
  if (taken) {
    throw new KubeInformerError('InvalidOption', `the registry has a metric ${taken} already`, {
      hint: 'Call exportMetrics once for each registry.',
    });
  }
  const detach = [
    attachTable(queues, registry),
    attachTable(reconcileMetrics, registry),
    attachTable(leaderElectionMetrics, registry),
    attachTable(managerMetrics, registry),
    attachTable(requests, registry),
    attachPolled(polled, registry),
  ];
  return () => {
    for (const one of detach.splice(0)) one();
  };
}
