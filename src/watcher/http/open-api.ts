import { z } from 'zod';
import { version } from '../../index.ts';
import { extensionParameters, kubernetesParameters } from '../query/index.ts';
import { API_VERSION } from './control-resource.ts';
import { relationListSchema, relationNodeSchema, relationTreeSchema } from './relation-resource.ts';
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

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

const watchPath = `/apis/${API_VERSION}/watches`;

function content(name: string): object {
  return { content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } };
}

function answers(code: string, name: string, description: string): object {
  return { [code]: { description, ...content(name) }, default: { description: 'An error.', ...content('Status') } };
}

const nameParameter = { name: 'name', in: 'path', required: true, schema: { type: 'string' } };
const text = {
  200: { description: 'It is so.', content: { 'text/plain': { schema: { type: 'string' } } } },
  500: { description: 'It is not.' },
};
const verbose = {
  name: 'verbose',
  in: 'query',
  allowEmptyValue: true,
  schema: { type: 'string' },
  description: 'Check by check.',
};

/** The description of the HTTP API, made from the schemas that its requests are validated with. */
export function openApiDocument(): object {
  const parameter = (name: string, description?: string) => ({
    name,
    in: 'query',
    schema: { type: 'string' },
    ...(description !== undefined && { description }),
  });
  const path = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });
  const read = (summary: string, names: readonly string[]) => ({
    get: {
      summary,
      parameters: [
        ...names.map(path),
        ...kubernetesParameters.map((name) => parameter(name)),
        ...Object.entries(extensionParameters).map(([name, description]) => parameter(name, description)),
      ],
      responses: {
        200: { description: 'An object, a list, or a stream of watch events: what an API server would answer.' },
        default: { description: 'An error.', ...content('Status') },
      },
    },
  });
  return {
    openapi: '3.1.0',
    info: { title: 'kube-informer watcher', version, description: 'Queries of cached Kubernetes objects.' },
    paths: {
      '/healthz': { get: { summary: 'Whether the process answers.', responses: text } },
      '/livez': { get: { summary: 'Whether it does its work.', parameters: [verbose], responses: text } },
      '/readyz': {
        get: { summary: 'Whether everything configured is cached.', parameters: [verbose], responses: text },
      },
      '/openapi.json': { get: { summary: 'This document.', responses: { 200: { description: 'OpenAPI 3.1.' } } } },
      [watchPath]: {
        get: { summary: 'What is watched by name.', responses: answers('200', 'WatchList', 'All of them.') },
        post: {
          summary: 'Watch a kind from now on.',
          requestBody: { required: true, ...content('WatchInput') },
          responses: answers('201', 'Watch', 'It was begun.'),
        },
      },
      [`${watchPath}/{name}`]: {
        parameters: [nameParameter],
        get: { summary: 'One of them.', responses: answers('200', 'Watch', 'The watch.') },
        delete: { summary: 'End one that was made at run time.', responses: answers('200', 'Watch', 'As it was.') },
      },
      [`/apis/${API_VERSION}/discovery`]: {
        get: {
          summary: 'Which kinds the cluster serves; with watch, also as they come and go.',
          parameters: [parameter('watch')],
          responses: { 200: { description: 'Kind by kind.' } },
        },
      },
      [`/apis/${API_VERSION}/relations`]: {
        get: {
          summary: 'Which relations may be asked for.',
          responses: answers('200', 'RelationList', 'All of them.'),
        },
      },
      [`/apis/${API_VERSION}/relations/{name}`]: {
        parameters: [nameParameter],
        get: {
          summary: 'What belongs to an object; with watch, a line {type, object} for each change of it.',
          parameters: [
            {
              ...parameter('root', 'The object: apps/v1/namespaces/web/deployments/shop, v1/nodes/n1.'),
              required: true,
            },
            parameter('watch'),
          ],
          responses: answers('200', 'RelationTree', 'The tree.'),
        },
      },
      '/cache/api/{version}/{resource}': read('Objects of the core group.', ['version', 'resource']),
      '/cache/api/{version}/namespaces/{namespace}/{resource}': read('... in a namespace.', [
        'version',
        'namespace',
        'resource',
      ]),
      '/cache/api/{version}/namespaces/{namespace}/{resource}/{name}': read('One object.', [
        'version',
        'namespace',
        'resource',
        'name',
      ]),
      '/cache/apis/{group}/{version}/{resource}': read('Objects of a group.', ['group', 'version', 'resource']),
      '/cache/apis/{group}/{version}/namespaces/{namespace}/{resource}': read('... in a namespace.', [
        'group',
        'version',
        'namespace',
        'resource',
      ]),
      '/cache/apis/{group}/{version}/namespaces/{namespace}/{resource}/{name}': read('One object.', [
        'group',
        'version',
        'namespace',
        'resource',
        'name',
      ]),
    },
    components: {
      schemas: {
        Status: schemaOf(statusSchema, 'output'),
        WatchInput: schemaOf(watchInputSchema, 'input'),
        Watch: schemaOf(watchOutputSchema, 'output'),
        WatchList: schemaOf(watchListSchema, 'output'),
        RelationList: schemaOf(relationListSchema, 'output'),
        RelationNode: schemaOf(relationNodeSchema, 'output'),
        RelationTree: schemaOf(relationTreeSchema, 'output'),
      },
    },
  };
}
