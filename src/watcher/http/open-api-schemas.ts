import { z } from 'zod';
import { kindQuerySchema } from '../query/index.ts';
import { relationListSchema, relationNodeSchema, relationTreeSchema } from './relation-resource.ts';
import {
  countSchema,
  deadLetterListSchema,
  subscriptionInputSchema,
  subscriptionListSchema,
  subscriptionOutputSchema,
  testResultSchema,
} from './subscription-resource.ts';
import { watchInputSchema, watchListSchema, watchOutputSchema } from './watch-resource.ts';

const statusSchema = z
  .looseObject({
    kind: z.literal('Status'),
    apiVersion: z.literal('v1'),
    status: z.enum(['Success', 'Failure']),
    message: z.string().optional(),
    reason: z.string().optional(),
    code: z.int().optional(),
  })
  .describe('What every error of this API is.');

const readableSchema = z
  .looseObject({ kind: z.string(), apiVersion: z.string().optional() })
  .describe('An object or a list of the Kubernetes API.');

/** What requests and answers of the HTTP API look like, by the names that its description refers to. */
export function openApiSchemas(): Readonly<Record<string, object>> {
  return {
    Status: schemaOf(statusSchema, 'output'),
    Readable: schemaOf(readableSchema, 'output'),
    KindQuery: schemaOf(kindQuerySchema, 'input'),
    SubscriptionInput: schemaOf(subscriptionInputSchema, 'input'),
    Subscription: schemaOf(subscriptionOutputSchema, 'output'),
    SubscriptionList: schemaOf(subscriptionListSchema, 'output'),
    SubscriptionTest: schemaOf(testResultSchema, 'output'),
    DeadLetterList: schemaOf(deadLetterListSchema, 'output'),
    DeadLetterCount: schemaOf(countSchema, 'output'),
    WatchInput: schemaOf(watchInputSchema, 'input'),
    Watch: schemaOf(watchOutputSchema, 'output'),
    WatchList: schemaOf(watchListSchema, 'output'),
    RelationList: schemaOf(relationListSchema, 'output'),
    RelationNode: schemaOf(relationNodeSchema, 'output'),
    RelationTree: schemaOf(relationTreeSchema, 'output'),
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
