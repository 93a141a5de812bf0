import { z } from 'zod';
import type { NamedWatch } from '../cache/index.ts';
import { type WatchSpec, watchSchema } from '../config/index.ts';
import type { ControlCollectionOptions } from './control-collection.ts';
import {
  API_GROUP,
  API_VERSION,
  conditionSchema,
  inputSchema,
  listSchema,
  originSchema,
  outputSchema,
  parsed,
} from './control-resource.ts';

const { name, ...spec } = watchSchema.shape;

const statusSchema = z
  .strictObject({
    origin: originSchema,
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
export const watchInputSchema = inputSchema('Watch', name, z.strictObject(spec)).describe(
  'A kind that is to be watched.',
);

/** A watch as the service shows it. */
export const watchOutputSchema = outputSchema('Watch', z.strictObject(spec), statusSchema);

export const watchListSchema = listSchema('Watch', watchOutputSchema);

export type WatchResource = z.output<typeof watchOutputSchema>;

/** How watches are shown. */
export const watchCollection: Omit<ControlCollectionOptions<WatchResource>, 'read' | 'clock'> = {
  resource: { group: API_GROUP, version: 'v1alpha1', kind: 'Watch', resource: 'watches' },
  ofTheMoment: ['lastContactTime', 'approxBytes'],
};

/** @throws ApiStatusError 422 with a cause for each thing that is wrong */
export function parseWatch(body: unknown): {
  readonly spec: WatchSpec;
  readonly metadata: z.output<typeof watchInputSchema>['metadata'];
} {
  const { metadata, spec } = parsed('Watch', watchInputSchema, body);
  return { metadata, spec: { name: metadata.name, ...spec } };
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
    metadata: {
      name,
      uid: watch.uid,
      resourceVersion: '',
      creationTimestamp: new Date(watch.createdAt).toISOString(),
      generation: watch.generation,
    },
    spec,
    status: {
      origin: watch.origin,
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
