import { z } from 'zod';
import { type SubscriptionSpec, subscriptionSchema } from '../config/index.ts';
import type { NamedSubscription } from '../subscriptions/index.ts';
import type { ControlCollectionOptions } from './control-collection.ts';
import {
  API_GROUP,
  API_VERSION,
  conditionSchema,
  inputSchema,
  invalid,
  listSchema,
  originSchema,
  outputSchema,
  parsed,
} from './control-resource.ts';
import { hiderOf, markedFields, unhide } from './hidden.ts';

const { name, ...spec } = subscriptionSchema.shape;
const specSchema = z.strictObject(spec);

const sinkStatusSchema = z.strictObject({
  delivered: z.int(),
  failed: z.int().describe('Attempts that failed.'),
  dropped: z.int().describe('Notices of objects without an address.'),
  pendingObjects: z.int(),
  pendingNotices: z.int(),
  lost: z.int().describe('Changes that could not be kept.'),
  deadLetters: z.int(),
  health: z.enum(['healthy', 'failing', 'paused']),
  lastProblem: z.string().optional(),
});

const subscriptionStatusSchema = z
  .strictObject({
    origin: originSchema,
    source: z.string().optional().describe('The key of the cache that it follows.'),
    delivered: z.int(),
    failed: z.int(),
    deadLetters: z.int(),
    pendingObjects: z.int(),
    oldestPendingSeconds: z.number(),
    sinks: z.array(sinkStatusSchema).describe('In the order of the spec.'),
    conditions: z.array(conditionSchema),
  })
  .describe('How it goes.');

/** A subscription as it is sent to the service. */
export const subscriptionInputSchema = inputSchema('Subscription', name, specSchema).describe(
  'Whom to tell of which changes.',
);

/** A subscription as the service shows it. */
export const subscriptionOutputSchema = outputSchema(
  'Subscription',
  specSchema.describe('Texts that are secret are shown as "(hidden)".'),
  subscriptionStatusSchema,
);

export const subscriptionListSchema = listSchema('Subscription', subscriptionOutputSchema);

/** Dead letters, without the states they are about: who may see those asks for them. */
export const deadLetterListSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('DeadLetterList'),
  metadata: z.strictObject({}),
  items: z.array(
    z.strictObject({
      sink: z.int().describe('Which of the sinks, in the order of the spec.'),
      type: z.enum(['ADDED', 'MODIFIED', 'DELETED']),
      object: z.strictObject({
        namespace: z.string().optional(),
        name: z.string(),
        uid: z.string(),
        resourceVersion: z.string(),
      }),
      problem: z.string(),
      time: z.iso.datetime().describe('When it was given up.'),
    }),
  ),
});

/** What became of a test event, sink by sink. */
export const testResultSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('SubscriptionTest'),
  sinks: z.array(
    z.strictObject({
      outcome: z.enum(['delivered', 'failed', 'refused', 'gone']),
      problem: z.string().optional(),
    }),
  ),
});

export const countSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('DeadLetterCount'),
  count: z.int().describe('How many were tried again, or forgotten.'),
});

export type SubscriptionResource = z.output<typeof subscriptionOutputSchema>;

const hideSpec = hiderOf(specSchema);

/** How subscriptions are shown. */
export const subscriptionCollection: Omit<ControlCollectionOptions<SubscriptionResource>, 'read' | 'clock'> = {
  resource: { group: API_GROUP, version: 'v1alpha1', kind: 'Subscription', resource: 'subscriptions' },
  ofTheMoment: ['oldestPendingSeconds'],
};

export function subscriptionResource(subscription: NamedSubscription): SubscriptionResource {
  const { name, ...spec } = subscription.spec;
  const { kind, lastError, sinks } = subscription.status();
  const sum = (read: (sink: (typeof sinks)[number]) => number) => sinks.reduce((total, sink) => total + read(sink), 0);
  const isFailing = sinks.some(({ health }) => health === 'failing');
  const isPaused = subscription.paused || sinks.some(({ health }) => health === 'paused');
  const isFollowing = kind !== undefined;
  const problem = sinks.find(({ health, lastProblem }) => health !== 'healthy' && lastProblem)?.lastProblem;
  const healthy = isFollowing && !isFailing;
  return {
    apiVersion: API_VERSION,
    kind: 'Subscription',
    metadata: {
      name,
      uid: subscription.uid,
      resourceVersion: '',
      creationTimestamp: new Date(subscription.createdAt).toISOString(),
      generation: subscription.generation,
    },
    spec: hideSpec(spec) as SubscriptionResource['spec'],
    status: {
      origin: subscription.origin,
      ...(isFollowing && { source: kind }),
      delivered: sum(({ delivered }) => delivered),
      failed: sum(({ failed }) => failed),
      deadLetters: sum(({ deadLetters }) => deadLetters),
      pendingObjects: sum(({ pendingObjects }) => pendingObjects),
      oldestPendingSeconds: Math.max(0, ...sinks.map(({ oldestPendingMs }) => oldestPendingMs)) / 1_000,
      sinks: sinks.map(({ oldestPendingMs: _, lagMs: _lag, lastProblem, ...sink }) => ({
        ...sink,
        ...(lastProblem !== undefined && { lastProblem }),
      })),
      conditions: [
        {
          type: 'Following',
          status: isFollowing ? 'True' : 'False',
          reason: isFollowing ? 'KindCached' : (lastError?.code ?? 'KindNotServed'),
          ...(!isFollowing && lastError && { message: lastError.message }),
        },
        {
          type: 'Healthy',
          status: healthy ? 'True' : 'False',
          reason: healthy ? 'Delivering' : isFailing ? 'ReceiverFails' : 'NotFollowing',
          ...(isFailing && problem !== undefined && { message: problem }),
        },
        {
          type: 'Paused',
          status: isPaused ? 'True' : 'False',
          reason: subscription.paused ? 'Asked' : isPaused ? 'ReceiverIsGone' : 'NotPaused',
          ...(isPaused && !subscription.paused && problem !== undefined && { message: problem }),
        },
      ],
    },
  };
}

/**
 * A subscription out of a body.
 *
 * @param known what it takes the place of: what is hidden of that one stays, for sinks at the same address.
 * @throws ApiStatusError 422 with a cause for each thing that is wrong
 */
export function parseSubscription(
  body: unknown,
  known?: SubscriptionSpec,
): { readonly spec: SubscriptionSpec; readonly metadata: z.output<typeof subscriptionInputSchema>['metadata'] } {
  const whole = known ? withHidden(body, known) : body;
  const marked = markedFields((whole as { readonly spec?: unknown } | null)?.spec, 'spec');
  if (marked.length > 0) {
    const message = 'is hidden, and there is nothing hidden for a sink at this address: write it anew';
    throw invalid(
      'Subscription',
      marked.map((field) => ({ field, message })),
    );
  }
  const { metadata, spec } = parsed('Subscription', subscriptionInputSchema, whole);
  return { metadata, spec: { name: metadata.name, ...spec } };
}

/**
 * Puts hidden texts back, into sinks whose address is a known one: whoever may write a subscription and not read its secrets must not have them sent
 * elsewhere.
 */
function withHidden(body: unknown, known: SubscriptionSpec): unknown {
  const { spec, ...rest } = (body ?? {}) as { readonly spec?: { readonly sinks?: unknown } };
  if (!Array.isArray(spec?.sinks)) return body;
  const { name: _, ...knownSpec } = known;
  const shown = hideSpec(knownSpec) as typeof knownSpec;
  const sinks = spec.sinks.map((sink: unknown) => {
    const at = shown.sinks.findIndex((each) => addressOf(each) === addressOf(sink));
    return at < 0 ? sink : unhide(sink, shown.sinks[at], known.sinks[at]);
  });
  return { ...rest, spec: { ...spec, sinks } };
}

/** Where a sink sends to, as it is shown: everything but what it says about messages. */
function addressOf(sink: unknown): string {
  if (typeof sink !== 'object' || sink === null) return '';
  const { type, url, servers, host, port, tls } = sink as Record<string, unknown>;
  return JSON.stringify([type, url, servers, host, port, tls]);
}
