import { z } from 'zod';

const dnsName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]{0,200}[a-z0-9])?$/, 'must be lower-case letters, digits, "-" and "."');

export const leaderElectionSchema = z
  .strictObject({
    namespace: dnsName.describe('Where the Leases are: that of the Pod.'),
    name: dnsName
      .default('kube-informer-watcher')
      .describe('Of the Lease; beside it is another with "-delivered" behind the name.'),
    identity: z.string().min(1).optional().describe('Default: the name of the host and a random part.'),
    leaseSeconds: z.int().min(1).default(15).describe('A leader that is silent for so long is replaced.'),
    renewSeconds: z.number().min(0.1).default(10).describe('A leader that could not renew for so long ends its work.'),
    retrySeconds: z
      .number()
      .min(0.05)
      .default(2)
      .describe('How often the leader renews and says what was delivered, and the others look.'),
  })
  .superRefine(({ leaseSeconds, renewSeconds, retrySeconds }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (renewSeconds >= leaseSeconds) refuse('renewSeconds', 'must be less than leaseSeconds');
    if (retrySeconds * 1.2 >= renewSeconds) refuse('retrySeconds', 'must be less than five sixths of renewSeconds');
  })
  .describe('Of several instances only the one that holds the Lease delivers; all answer queries. null: each delivers.')
  .nullable()
  .default(null);

export type LeaderElectionConfig = NonNullable<z.output<typeof leaderElectionSchema>>;

/** The Lease in which the leader says what was delivered. */
export function deliveredLeaseName({ name }: Pick<LeaderElectionConfig, 'name'>): string {
  return `${name}-delivered`;
}
