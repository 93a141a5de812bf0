import { version } from '../../index.ts';
import { extensionParameters, kindQueryParameters, kubernetesParameters } from '../query/index.ts';
import { API_VERSION } from './control-resource.ts';
import { openApiSchemas } from './open-api-schemas.ts';

const watchPath = `/apis/${API_VERSION}/watches`;
const subscriptionPath = `/apis/${API_VERSION}/subscriptions`;

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

/** Answers of the read API. */
const objects = {
  200: {
    description:
      'What an API server would answer: an object, a list, a table, or watch events: lines, or server-sent events for Accept: text/event-stream.',
    ...content('Readable'),
  },
  304: { description: 'As the client has it.' },
  default: { description: 'An error.', ...content('Status') },
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
      responses: objects,
    },
  });
  const discovery = (names: readonly string[]) => ({
    get: {
      summary: 'What can be read, for clients of the Kubernetes API.',
      ...(names.length > 0 && { parameters: names.map(path) }),
      responses: objects,
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
        get: {
          summary: 'What is watched by name; with watch, a line {type, object} for each change.',
          parameters: kubernetesParameters.map((name) => parameter(name)),
          responses: answers('200', 'WatchList', 'All of them.'),
        },
        post: {
          summary: 'Watch a kind from now on.',
          requestBody: { required: true, ...content('WatchInput') },
          responses: answers('201', 'Watch', 'It was begun.'),
        },
      },
      [`${watchPath}/{name}`]: {
        parameters: [nameParameter],
        get: { summary: 'One of them.', responses: answers('200', 'Watch', 'The watch.') },
        put: {
          summary: 'Watch something else under that name.',
          requestBody: { required: true, ...content('WatchInput') },
          responses: answers('200', 'Watch', 'The watch.'),
        },
        delete: { summary: 'End one that was made at run time.', responses: answers('200', 'Watch', 'As it was.') },
      },
      [`${watchPath}/{name}/resync`]: {
        parameters: [nameParameter],
        post: { summary: 'List it anew.', responses: answers('200', 'Watch', 'The watch.') },
      },
      [subscriptionPath]: {
        get: {
          summary: 'Who is told of changes; with watch, a line {type, object} for each change.',
          parameters: kubernetesParameters.map((name) => parameter(name)),
          responses: answers('200', 'SubscriptionList', 'All of them.'),
        },
        post: {
          summary: 'Tell somebody from now on.',
          requestBody: { required: true, ...content('SubscriptionInput') },
          responses: answers('201', 'Subscription', 'It was begun.'),
        },
      },
      [`${subscriptionPath}/{name}`]: {
        parameters: [nameParameter],
        get: { summary: 'One of them.', responses: answers('200', 'Subscription', 'The subscription.') },
        put: {
          summary: 'Replace it.',
          requestBody: { required: true, ...content('SubscriptionInput') },
          responses: answers('200', 'Subscription', 'The subscription.'),
        },
        patch: {
          summary: 'Change some of its fields.',
          requestBody: { required: true, content: { 'application/merge-patch+json': { schema: { type: 'object' } } } },
          responses: answers('200', 'Subscription', 'The subscription.'),
        },
        delete: { summary: 'End it.', responses: answers('200', 'Subscription', 'As it was.') },
      },
      ...Object.fromEntries(
        ['pause', 'resume'].map((verb) => [
          `${subscriptionPath}/{name}/${verb}`,
          {
            parameters: [nameParameter],
            post: { summary: `${verb} deliveries.`, responses: answers('200', 'Subscription', 'The subscription.') },
          },
        ]),
      ),
      [`${subscriptionPath}/{name}/test`]: {
        parameters: [nameParameter],
        post: {
          summary: 'Send a test message to each sink.',
          responses: answers('200', 'SubscriptionTest', 'Sink by sink.'),
        },
      },
      [`${subscriptionPath}/{name}/deadletters`]: {
        parameters: [nameParameter],
        get: {
          summary: 'What is not delivered any more.',
          responses: answers('200', 'DeadLetterList', 'The last of them.'),
        },
        delete: { summary: 'Forget them.', responses: answers('200', 'DeadLetterCount', 'So many.') },
      },
      [`${subscriptionPath}/{name}/deadletters/replay`]: {
        parameters: [nameParameter],
        post: { summary: 'Deliver them again.', responses: answers('200', 'DeadLetterCount', 'So many.') },
      },
      [`/apis/${API_VERSION}/discovery`]: {
        get: {
          summary: 'Which kinds the cluster serves; with watch, also as they come and go.',
          parameters: [parameter('watch')],
          responses: {
            200: { description: 'Kind by kind.' },
            default: { description: 'An error.', ...content('Status') },
          },
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
      '/metrics': { get: { summary: 'Measures, for Prometheus.', responses: { 200: text[200] } } },
      '/dashboard': { get: { summary: 'A page for people.', responses: { 200: { description: 'HTML.' } } } },
      '/dashboard/': { get: { summary: 'Leads to the page.', responses: { 302: { description: 'There it is.' } } } },
      '/dashboard/{file}': {
        parameters: [path('file')],
        get: {
          summary: 'A style or a script of the page.',
          responses: {
            200: { description: 'The file.' },
            default: { description: 'An error.', ...content('Status') },
          },
        },
      },
      '/query': {
        get: {
          summary: 'Objects by kind.',
          parameters: Object.entries(kindQueryParameters).map(([name, description]) => ({
            ...parameter(name, description),
            ...(name === 'kind' && { required: true }),
          })),
          responses: objects,
        },
        post: {
          summary: 'The same, with long conditions.',
          requestBody: { required: true, ...content('KindQuery') },
          responses: objects,
        },
      },
      ...Object.fromEntries(
        [[], ['version']].map((names) => [
          ['/cache/api', ...names.map((name) => `{${name}}`)].join('/'),
          discovery(names),
        ]),
      ),
      ...Object.fromEntries(
        [[], ['group'], ['group', 'version']].map((names) => [
          ['/cache/apis', ...names.map((name) => `{${name}}`)].join('/'),
          discovery(names),
        ]),
      ),
      '/cache/api/{version}/{resource}/{name}': read('One object without a namespace.', [
        'version',
        'resource',
        'name',
      ]),
      '/cache/apis/{group}/{version}/{resource}/{name}': read('One object without a namespace.', [
        'group',
        'version',
        'resource',
        'name',
      ]),
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
      schemas: openApiSchemas(),
    },
  };
}
