import { z } from 'zod';
import { messageOf, parseFieldSelector, parseLabelSelector } from '../../index.ts';

/** A text that `parse` accepts; its message is the issue. */
function parsed(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (thrown) {
      context.addIssue({ code: 'custom', message: messageOf(thrown) });
    }
  });
}

const namespace = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a namespace');

export const namespacesSchema = z
  .union([z.literal('*'), z.array(namespace).min(1)])
  .describe('"*" for all namespaces, or a list of names, each of which is then watched on its own.');

export const labelSelectorSchema = parsed(parseLabelSelector).describe(
  'A label selector: app=web,tier in (front,back),!legacy.',
);
export const fieldSelectorSchema = parsed(parseFieldSelector).describe(
  'A field selector, sent to the server, which knows few fields: metadata.name, metadata.namespace, and some of each kind.',
);

/** Which kind of objects. */
export const targetSchema = z
  .strictObject({
    group: z.string().default('').describe('The API group; "" is the core group.'),
    version: z.string().optional().describe('Default: the version that the server prefers.'),
    kind: z.string().min(1).describe('The kind: Pod, Deployment.'),
  })
  .describe('A kind of objects, built in or custom.');

const indexSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'must be a letter followed by letters, digits, "-" and "_"')
      .describe('The name of the index, for x-index=name:value.'),
    path: z
      .string()
      .regex(/^\.?[^.=,!\s]+(\.[^.=,!\s]+)*$/, 'must be a dotted path')
      .describe('A dotted path to one value: spec.nodeName.'),
  })
  .describe('Objects by the value at a path; field selectors with "=" on that path use it.');

/** A kind that is watched from the start. */
export const watchSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be lower-case letters, digits, "-" and "."')
      .describe('Names the watch in status, checks and metrics.'),
    target: targetSchema,
    namespaces: namespacesSchema.default('*'),
    labelSelector: labelSelectorSchema.default('').describe('Only objects with these labels are watched and cached.'),
    fieldSelector: fieldSelectorSchema.default(''),
    metadataOnly: z.boolean().default(false).describe('The server sends the metadata of the objects and nothing else.'),
    drop: z
      .array(z.string().min(1))
      .default(['metadata.managedFields'])
      .describe('Paths that are cut out of the objects before they are cached.'),
    indexes: z.array(indexSchema).default([]),
    maxObjects: z.int().min(1).optional().describe('More objects than this are not cached; the watch fails instead.'),
  })
  .describe('A kind that is watched from the start.');

export type Target = z.output<typeof targetSchema>;
export type IndexSpec = z.output<typeof indexSchema>;
export type WatchSpec = z.output<typeof watchSchema>;
