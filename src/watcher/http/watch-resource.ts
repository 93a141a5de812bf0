import { z } from 'zod';
import { type NamedWatch, refusal } from '../cache/index.ts';
import { type WatchSpec, watchSchema } from '../config/index.ts';

export const API_VERSION = 'watcher.kube-informer.dev/v1alpha1';

const { name, ...spec } = watchSchema.shape;

const conditionSchema = z.strictObject({
  type: z.string(),
  status: z.enum(['True', 'False']),
  reason: z.string(),
  message: z.string().optional(),
});

const statusSchema = z
  .strictObject({
    phase: z.enum(['Pending', 'Starting', 'Live', 'Disconnected', 'Suspended', 'Failed', 'Stopped']),
    source: z.string().optional().describe('The key of the cache; watches with the same key share it.'),
    objects: z.int(),
    approxBytes: z.int(),
    resourceVersion: z.string(),
    lastContactTime: z.iso.datetime().optional(),
    sharedWith: z.int().describe('How many others hold the same cache.'),
    conditions: z.array(conditionSchema),
  })
  .describe('What has come of it.');

/** A watch as it is sent to the service. */
export const watchInputSchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('Watch'),
    metadata: z.strictObject({ name }),
    spec: z.strictObject(spec),
  })
  .describe('A kind that is to be watched.');

/** A watch as the service shows it. */
export const watchOutputSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Watch'),
  metadata: z.strictObject({
    name: z.string(),
    uid: z.string(),
    creationTimestamp: z.iso.datetime(),
    generation: z.int(),
  }),
  spec: z.strictObject(spec),
  status: statusSchema,
});

export const watchListSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('WatchList'),
  metadata: z.strictObject({ resourceVersion: z.string() }),
  items: z.array(watchOutputSchema),
});

export type WatchResource = z.output<typeof watchOutputSchema>;

/** @throws ApiStatusError 422 with a cause for each thing that is wrong */
export function parseWatch(body: unknown): WatchSpec {
  const result = watchInputSchema.safeParse(body);
  if (result.success) return { name: result.data.metadata.name, ...result.data.spec };
  const causes = result.error.issues.map(({ path, message }) => ({
    reason: 'FieldValueInvalid',
    message,
    field: path.join('.') || undefined,
  }));
  const message = causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message)).join('; ');
  throw refusal(422, 'Invalid', `Watch is invalid: ${message}`, {
    kind: 'Watch',
    group: 'watcher.kube-informer.dev',
    causes: causes.map(({ field, ...cause }) => ({ ...cause, ...(field !== undefined && { field }) })),
  });
}

export function watchResource(watch: NamedWatch): WatchResource {
  const { name, ...spec } = watch.spec;
  const status = watch.kind?.status();
  const { error } = watch;
  const isSynced = status?.synced ?? false;
  const phase = status ? status.phase : 'pending';
  return {
    apiVersion: API_VERSION,
    kind: 'Watch',
    metadata: { name, uid: watch.uid, creationTimestamp: new Date(watch.createdAt).toISOString(), generation: 1 },
    spec,
    status: {
      phase: `${phase[0]!.toUpperCase()}${phase.slice(1)}` as WatchResource['status']['phase'],
      ...(status && { source: status.key }),
      objects: status?.objects ?? 0,
      approxBytes: status?.approximateBytes ?? 0,
      resourceVersion: status?.resourceVersion ?? '',
      ...(status?.lastContactAt !== undefined && { lastContactTime: new Date(status.lastContactAt).toISOString() }),
      sharedWith: Math.max(0, (status?.holders.length ?? 1) - 1),
      conditions: [
        {
          type: 'Synced',
          status: isSynced ? 'True' : 'False',
          reason: isSynced ? 'ListComplete' : (error?.code ?? 'Listing'),
          ...(!isSynced && error && { message: error.message }),
        },
      ],
    },
  };
}
