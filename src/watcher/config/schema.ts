import { z } from 'zod';
import { leaderElectionSchema } from './leader-election.ts';
import { persistSchema } from './persist.ts';
import { serverSchema } from './server.ts';
import { egressSchema, refusedFields, subscriptionSchema } from './subscription.ts';
import { watchSchema } from './target.ts';

/** Where the published schema of the configuration is to be found. */
export const SCHEMA_ID = 'https://kube-informer.dev/schemas/watcher-config.v1.json';

const clusterSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9]([-A-Za-z0-9._]{0,61}[A-Za-z0-9])?$/, 'must be letters, digits, "-", "." and "_"')
      .default('default')
      .describe('Names the cluster in events.'),
    kubeconfig: z.string().min(1).optional().describe('Default: KUBECONFIG, the service account, ~/.kube/config.'),
    context: z.string().min(1).optional().describe('Default: the current context of the kubeconfig.'),
    http2: z.enum(['auto', 'never']).default('auto'),
    maxParallelLists: z.int().min(1).default(4).describe('How many whole states are fetched at the same time.'),
    pageSize: z.int().min(1).default(500).describe('Objects in one answer, where the state is listed.'),
    watchList: z.enum(['auto', 'never']).default('auto').describe('Whether the server is asked to stream the state.'),
    autoReconnect: z
      .boolean()
      .default(true)
      .describe(
        'Whether lost contact is sought again by itself; else only a query of the kind does it, once each second at most.',
      ),
    watchTimeoutSeconds: z
      .int()
      .min(10)
      .default(300)
      .describe('A watch is renewed after this time to twice this time.'),
  })
  .prefault({});

/** Patterns of kinds: `v1/Pod`, `apps/v1/*`, `*`. */
const kindPattern = z
  .string()
  .regex(/^[A-Za-z0-9.*-]+(\/[A-Za-z0-9.*-]+){0,2}$/, 'must look like v1/Pod, apps/v1/Deployment, apps/* or *');

const onDemandSchema = z
  .strictObject({
    mode: z.enum(['allow', 'deny']).default('allow').describe('Whether a query may begin to watch a kind.'),
    only: z
      .array(kindPattern)
      .default(['*'])
      .describe('Kinds that may be watched on demand: apps/v1/Deployment, apps/*, *.'),
    deny: z.array(kindPattern).default([]).describe('Kinds that may not; stronger than only.'),
    maxKinds: z.int().min(0).default(20).describe('Kinds and dedicated caches at a time, beside the configured ones.'),
    maxObjects: z.int().min(1).optional().describe('Objects of one kind; a kind with more is not cached.'),
    idleTtlSeconds: z.number().min(0).default(0).describe('A kind that nobody asked for this long ends. 0: never.'),
  })
  .prefault({});

const discoverySchema = z
  .strictObject({
    followCrds: z
      .boolean()
      .default(true)
      .describe('Watch definitions of custom resources; else, or without the right to, poll.'),
    pollSeconds: z
      .number()
      .min(1)
      .default(30)
      .describe('How often to ask where definitions are not watched; 10 % jitter.'),
    debounceMs: z
      .int()
      .min(0)
      .default(250)
      .describe('So long after the last of several changes what is served is read anew.'),
  })
  .prefault({});

const querySchema = z
  .strictObject({
    maxWaitMs: z.int().min(0).default(5_000).describe('How long a query waits for lost contact, or for a first sync.'),
    thenServeStale: z.boolean().default(true).describe('Then serve what is cached, and say so. Else: 503.'),
    snapshotSeconds: z.number().min(1).default(300).describe('How long the state behind a continue token is kept.'),
    maxSnapshots: z.int().min(1).default(100),
    logLength: z.int().min(1).default(1_000).describe('Changes kept for each kind; a watch from before them gets 410.'),
  })
  .prefault({});

const loggingSchema = z
  .strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    format: z.enum(['json', 'pretty']).default('json'),
  })
  .prefault({});

const metricsSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serve /metrics; needs the package prom-client.'),
    prefix: z
      .string()
      .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'must be letters, digits and "_"')
      .default('informer_')
      .describe('Begins the names of the measures of the service.'),
  })
  .prefault({});

const dashboardSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serve /dashboard, a page for people.'),
  })
  .prefault({});

/** The configuration of the service, as it stands in its file. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional(),
    cluster: clusterSchema,
    server: serverSchema,
    watches: z.array(watchSchema).default([]).describe('Kinds that are watched from the start.'),
    subscriptions: z.array(subscriptionSchema).default([]).describe('Who is told of changes.'),
    egress: egressSchema,
    leaderElection: leaderElectionSchema,
    relations: z
      .union([z.literal('*'), z.array(z.string())])
      .default('*')
      .describe('Relations that may be asked for: "*" for all that there are, or a list of names.'),
    persist: persistSchema,
    onDemandWatch: onDemandSchema,
    discovery: discoverySchema,
    query: querySchema,
    secrets: z
      .enum(['denied', 'redacted', 'full'])
      .default('denied')
      .describe('Objects of the kind Secret: not served, served without their values, or served.'),
    logging: loggingSchema,
    metrics: metricsSchema,
    dashboard: dashboardSchema,
  })
  .superRefine(({ watches, subscriptions, secrets, persist, leaderElection }, context) => {
    const names = new Map<string, number>();
    for (const [at, { name, target }] of watches.entries()) {
      const first = names.get(name);
      if (first !== undefined) {
        context.addIssue({ code: 'custom', path: ['watches', at, 'name'], message: `is taken by watches[${first}]` });
      }
      names.set(name, first ?? at);
      if (secrets === 'denied' && target.group === '' && target.kind === 'Secret') {
        context.addIssue({
          code: 'custom',
          path: ['watches', at, 'target'],
          message: 'Secrets are not watched unless secrets is "redacted" or "full"',
        });
      }
    }
    const subscribed = new Map<string, number>();
    for (const [at, spec] of subscriptions.entries()) {
      const { name } = spec;
      const refuse = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['subscriptions', at, field], message });
      const first = subscribed.get(name);
      if (first !== undefined) refuse('name', `is taken by subscriptions[${first}]`);
      subscribed.set(name, first ?? at);
      for (const { field, message } of refusedFields(spec, { secrets, persist, leaderElection }))
        refuse(field, message);
    }
  });

/** The configuration with all defaults filled in. */
export type WatcherConfig = z.output<typeof configSchema>;
/** The configuration as it is written: everything may be left out. */
export type WatcherConfigInput = z.input<typeof configSchema>;
export type OnDemandConfig = WatcherConfig['onDemandWatch'];
export type QueryConfig = WatcherConfig['query'];
