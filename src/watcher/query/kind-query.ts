import { z } from 'zod';
import type { StatusCause } from '../../index.ts';
import { refusal } from '../cache/index.ts';
import type { Json } from './field-matches.ts';
import { extensionNames, extensionParameters, kubernetesParameters } from './parameters.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** What only queries by kind have, beside the parameters of reads. */
const own = {
  apiVersion: z
    .string()
    .optional()
    .describe(
      'apps/v1, v1. apps: in the version that the server prefers; apps/*: in all that are cached. Default: the core group.',
    ),
  kind: z.string().min(1).describe('Deployment, Pod.'),
  namespace: z.string().optional().describe('Default: all.'),
  name: z.string().optional(),
  uid: z.string().optional().describe('The object with this uid.'),
};

const described = (name: string, description: string | undefined) =>
  [name, description === undefined ? scalar.optional() : scalar.optional().describe(description)] as const;

const parameters = Object.fromEntries([
  ...kubernetesParameters.map((name) => described(name, undefined)),
  ...extensionNames.map((name) => described(fieldOf(name), extensionParameters[name])),
]);

/** The body of `POST /query`; all but `fieldMatches` may also be in the URL of `GET /query`. */
export const kindQuerySchema = z
  .strictObject({
    ...own,
    ...parameters,
    fieldMatches: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Values by path: {"spec.nodeName":"n1"}; of an object, what it has at least; null is absent.'),
  })
  .describe('A read by kind.');

/** The names that `GET /query` takes, with what they mean. */
export const kindQueryParameters: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.entries(kindQuerySchema.shape)
    .filter(([name]) => name !== 'fieldMatches')
    .map(([name, schema]) => [name, (schema as z.ZodType).description]),
);

/** A read of a kind, taken apart. */
export interface KindQuery {
  readonly group: string;
  /** `undefined`: the preferred one; `*`: all. */
  readonly version: string | undefined;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** As a read below `/cache` would have them. */
  readonly params: URLSearchParams;
  readonly fieldMatches: Readonly<Record<string, Json>> | undefined;
}

/** @throws ApiStatusError 400 with a cause for each field that is wrong */
export function parseKindQuery(fields: unknown): KindQuery {
  const result = kindQuerySchema.safeParse(fields);
  if (!result.success) {
    throw wrong(
      result.error.issues.map(({ path, message }) => ({
        reason: 'FieldValueInvalid',
        message,
        field: path.join('.') || '(query)',
      })),
    );
  }
  const { apiVersion, kind, namespace, name, uid, fieldMatches, ...rest } = result.data;
  const params = new URLSearchParams();
  for (const [field, value] of Object.entries(rest)) {
    if (value !== undefined) params.set(parameterOf(field), String(value));
  }
  if (uid) {
    const selector = params.get('fieldSelector');
    params.set('fieldSelector', `${selector ? `${selector},` : ''}metadata.uid=${uid}`);
  }
  return {
    ...versionOf(apiVersion ?? ''),
    kind,
    namespace: namespace || undefined,
    name: name || undefined,
    params,
    fieldMatches: fieldMatches as KindQuery['fieldMatches'],
  };
}

/** `apps/v1`; `v1` and `*` are versions of the core group, `apps` is a group. */
function versionOf(apiVersion: string): { readonly group: string; readonly version: string | undefined } {
  const [first, second, ...more] = apiVersion.split('/') as [string, ...string[]];
  if (more.length > 0) {
    throw wrong([
      { reason: 'FieldValueInvalid', message: 'must look like apps/v1, v1 or apps/*', field: 'apiVersion' },
    ]);
  }
  if (second !== undefined) return { group: first, version: second || undefined };
  if (first === '*' || /^v\d/.test(first)) return { group: '', version: first };
  return { group: first, version: undefined };
}

function fieldOf(parameter: string): string {
  return parameter.replace(/^x-/, '');
}

function parameterOf(field: string): string {
  return extensionNames.find((name) => fieldOf(name) === field) ?? field;
}

function wrong(causes: readonly StatusCause[]): Error {
  const message = causes.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return refusal(400, 'BadRequest', message, { causes });
}
