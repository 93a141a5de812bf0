import { z } from 'zod';
import { API_VERSION } from './control-resource.ts';

const kindSchema = z.strictObject({ apiVersion: z.string().optional(), kind: z.string() });

/** A relation as the service shows it. */
export const relationSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Relation'),
  metadata: z.strictObject({ name: z.string() }),
  spec: z.strictObject({
    links: z
      .array(z.strictObject({ from: kindSchema, to: kindSchema, via: z.string() }))
      .describe('The ways between kinds; none where any kind will do.'),
  }),
});

/** Those that may be asked for. */
export const relationListSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('RelationList'),
  metadata: z.strictObject({ resourceVersion: z.string() }),
  items: z.array(relationSchema),
});

/** Another of its kind: what is written down once can stand in itself. */
const nodeReference = z.unknown().meta({ $ref: '#/components/schemas/RelationNode' });

/** An object in a tree. */
export const relationNodeSchema = z.looseObject({
  ref: z.strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    namespace: z.string().optional(),
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string().optional(),
  }),
  via: z.string().optional().describe('How it was found from the one before it.'),
  children: z.array(nodeReference).optional().describe('What it leads to.'),
  parents: z.array(nodeReference).optional().describe('What leads to it.'),
});

/** The tree of one object. */
export const relationTreeSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('RelationTree'),
  relation: z.string(),
  complete: z.boolean().describe('Whether every kind that was read is cached; else objects may be missing.'),
  versions: z.record(z.string(), z.string()).describe('How far the cache of each kind had come.'),
  root: nodeReference,
});
