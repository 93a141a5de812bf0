import { z } from 'zod';
import { pathSchema } from './path.ts';
import { sinkSchema } from './sink.ts';
import { fieldSelectorSchema, labelSelectorSchema, namespacesSchema, targetSchema } from './target.ts';

const matchSchema = z
  .strictObject({
    target: targetSchema,
    namespaces: namespacesSchema.default('*'),
    names: z.array(z.string().min(1)).default([]).describe('Exact names; none: any.'),
    labelSelector: labelSelectorSchema.default(''),
    dedicated: z
      .boolean()
      .default(false)
      .describe('A cache of its own: the API server is asked with the selectors, of whose fields it knows few.'),
    session: z
      .enum(['shared', 'own'])
      .default('shared')
      .describe('Whether a dedicated cache has a connection to the API server of its own.'),
    fieldSelector: fieldSelectorSchema
      .default('')
      .describe('Any path to a text, a number or a boolean: spec.nodeName=a.'),
    eventTypes: z
      .array(z.enum(['ADDED', 'MODIFIED', 'DELETED']))
      .min(1)
      .default(['ADDED', 'MODIFIED', 'DELETED']),
    when: z
      .strictObject({
        changed: z.array(pathSchema).min(1).describe('Tell of a MODIFIED only if something at one of these differs.'),
      })
      .optional(),
  })
  .describe('Of which objects to tell. An object that comes to match is ADDED, one that no longer does is DELETED.');

const retrySchema = z
  .strictObject({
    baseMs: z.int().min(1).default(1_000).describe('The longest wait before the second attempt; doubles with each.'),
    maxMs: z.int().min(1).default(300_000),
    maxAttempts: z.int().min(0).default(0).describe('Then it is a dead letter. 0: any number.'),
    maxAgeSeconds: z.int().min(1).default(86_400).describe('Older ones are dead letters.'),
  })
  .prefault({});

const deliverySchema = z
  .strictObject({
    mode: z
      .enum(['latest', 'every'])
      .default('latest')
      .describe('While the receiver is away: keep the newest state of each object, or every change up to bound.'),
    bound: z.int().min(1).default(10_000).describe('Changes that every keeps; with more it does as latest.'),
    concurrency: z.int().min(1).default(8).describe('Deliveries at the same time, each of another object.'),
    timeoutMs: z.int().min(1).default(10_000),
    heartbeatSeconds: z
      .number()
      .min(0)
      .default(60)
      .describe('How often the receiver is told that the watcher is there, and whether it has contact. 0: never.'),
    deadLetters: z.int().min(0).default(1_000).describe('How many are kept.'),
    retry: retrySchema,
  })
  .prefault({});

/** Whom to tell of which changes. */
export const subscriptionSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be lower-case letters, digits, "-" and "."')
      .describe('Names the subscription in status and metrics.'),
    match: matchSchema,
    initial: z
      .enum(['none', 'snapshot', 'changes-since-last-run'])
      .default('snapshot')
      .describe(
        'What is told at the start: nothing, all that is there, or what of it is not known from before (needs persist).',
      ),
    format: z.enum(['cloudevents', 'cloudevents-binary', 'watch']).default('cloudevents'),
    payload: z
      .enum(['full', 'metadata', 'reference', 'projection'])
      .default('full')
      .describe('How much of an object: all, its metadata, what it is called, or that and the fields.'),
    fields: z.array(pathSchema).default([]).describe('What a projection has.'),
    includeOld: z.boolean().default(false).describe('Tell the state before, too.'),
    changedPaths: z
      .boolean()
      .default(false)
      .describe('Tell of a MODIFIED where it differs from the state before; names of fields, no values.'),
    redact: z
      .enum(['default', 'none'])
      .default('default')
      .describe('Values of Secrets are blanked; none needs secrets "full".'),
    delivery: deliverySchema,
    sinks: z.array(sinkSchema).min(1).describe('None of them waits for another.'),
  })
  .describe('Whom to tell of which changes.');

export const egressSchema = z
  .strictObject({
    allow: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Hosts that may be told without TLS and at addresses that are otherwise refused: loopback, link-local, metadata.',
      ),
    files: z
      .array(z.string().min(1))
      .default([])
      .describe('Directories that files may be written in. "-" is the standard output.'),
  })
  .prefault({});

export type SubscriptionSpec = z.output<typeof subscriptionSchema>;

/** What a subscription can't say because of its other fields, or of the rest of the configuration. */
export function refusedFields(
  {
    match: { target, dedicated, session },
    initial,
    redact,
    payload,
    fields,
  }: Pick<SubscriptionSpec, 'match' | 'initial' | 'redact' | 'payload' | 'fields'>,
  {
    secrets,
    persist,
    leaderElection,
  }: {
    readonly secrets: 'denied' | 'redacted' | 'full';
    readonly persist: object | null;
    readonly leaderElection: object | null;
  },
): { readonly field: 'match' | 'initial' | 'redact' | 'fields'; readonly message: string }[] {
  const refused: ReturnType<typeof refusedFields> = [];
  const refuse = (field: (typeof refused)[number]['field'], message: string) => void refused.push({ field, message });
  if (secrets === 'denied' && target.group === '' && target.kind === 'Secret') {
    refuse('match', 'Secrets are not watched unless secrets is "redacted" or "full"');
  }
  if (session === 'own' && !dedicated) refuse('match', 'has a session of its own only if it is dedicated');
  if (redact === 'none' && secrets !== 'full') refuse('redact', 'is only "none" if secrets is "full"');
  if (initial === 'changes-since-last-run' && !persist) refuse('initial', 'needs persist, where that is remembered');
  if (initial === 'changes-since-last-run' && leaderElection) {
    refuse('initial', 'is not for leaderElection, where the leader says what was delivered: use snapshot');
  }
  if (payload === 'projection' && fields.length === 0) refuse('fields', 'must name what the projection has');
  if (payload !== 'projection' && fields.length > 0) refuse('fields', 'is for payload "projection"');
  return refused;
}
