import type { LeaderElectionMessage } from '../controller/index.ts';
import type { MetricTable } from './metric.ts';

const labels = ['name'];

/** Leader elections, under the names of client-go. `name` is that of the Lease. */
export const leaderElectionMetrics: MetricTable<LeaderElectionMessage> = {
  channel: 'kube-informer:leader-election',
  metrics: [
    {
      type: 'gauge',
      name: 'leader_election_master_status',
      help: 'Whether this process leads: 1 or 0.',
      labels,
      value: (message) => [{ name: message.name }, message.leader_election_master_status],
    },
    {
      type: 'counter',
      name: 'leader_election_slowpath_total',
      help: 'Renewals that met a lease which had changed, and had to read it first.',
      labels,
      total: (message) => [{ name: message.name }, message.leader_election_slowpath_total],
    },
  ],
};
