import { z } from 'zod';
import { refusal } from '../cache/index.ts';

export const API_GROUP = 'watcher.kube-informer.dev';
export const API_VERSION = `${API_GROUP}/v1alpha1`;

export const conditionSchema = z.strictObject({
  type: z.string(),
  status: z.enum(['True', 'False']),
  reason: z.string(),
  message: z.string().optional(),
  lastTransitionTime: z.iso.datetime().optional(),
});

export type Condition = z.output<typeof conditionSchema>;

/** `metadata` of a resource as the service shows it. */
const metadataOutputSchema = z.strictObject({
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  creationTimestamp: z.iso.datetime(),
  generation: z.int().describe('Grows with each change of the spec.'),
});

/** `metadata` as it is sent to the service: what was read may be sent back. */
function metadataInputSchema<N extends z.ZodType>(name: N) {
  return z.strictObject({
    name,
    uid: z.string().optional().describe('If it is another one now: 409.'),
    resourceVersion: z.string().optional().describe('If the spec was changed since then: 409.'),
    creationTimestamp: z.string().optional(),
    generation: z.int().optional(),
  });
}

export const originSchema = z
  .enum(['config', 'api'])
  .describe('Where it comes from. What comes from the configuration is changed there and nowhere else.');

/** A resource as it is sent to the service. */
export function inputSchema<K extends string, N extends z.ZodType, S extends z.ZodType>(kind: K, name: N, spec: S) {
  return z.strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(kind),
    metadata: metadataInputSchema(name),
    spec,
    status: z.unknown().optional().describe('Not looked at.'),
  });
}

/** A resource as the service shows it. */
export function outputSchema<K extends string, S extends z.ZodType, T extends z.ZodType>(kind: K, spec: S, status: T) {
  return z.strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(kind),
    metadata: metadataOutputSchema,
    spec,
    status,
  });
}

/** A list of resources, as a schema. */
export function listSchema<R extends z.ZodType>(kind: string, item: R) {
  return z.strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal(`${kind}List`),
    metadata: z.strictObject({
      resourceVersion: z.string(),
      continue: z.string().optional(),
      remainingItemCount: z.int().optional(),
    }),
    items: z.array(item),
  });
}

/**
 * A body as its schema says.
 *
 * @throws ApiStatusError 422 with a cause for each thing that is wrong
 */
export function parsed<S extends z.ZodType>(kind: string, schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw invalid(
    kind,
    result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })),
  );
}

/** 422, with a cause for each problem. */
export function invalid(
  kind: string,
  problems: readonly { readonly field: string; readonly message: string }[],
): Error {
  const message = problems.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');
  return refusal(422, 'Invalid', `${kind} is invalid: ${message}`, {
    kind,
    group: API_GROUP,
    causes: problems.map(({ field, message }) => ({
      reason: 'FieldValueInvalid',
      message,
      ...(field !== '' && { field }),
    })),
  });
}

/** What came from the configuration is not changed through the API. */
export function ofConfiguration(resource: string, name: string): Error {
  return refusal(403, 'Forbidden', `${resource} "${name}" is one of the configuration: change it there`, {
    name,
    group: API_GROUP,
    kind: resource,
  });
}
