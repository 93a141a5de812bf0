import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pod, type Rig, rig, watchPods } from './s003-rig.ts';

/** The control planes that were made: what routes there are is asked of them. */
const made = vi.hoisted(() => [] as unknown[]);
vi.mock(import('../../src/watcher/http/control-plane.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    controlPlane: (options) => {
      const app = module.controlPlane(options);
      made.push(app);
      return app;
    },
  };
});

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

const base = '/apis/watcher.kube-informer.dev/v1alpha1';
const apiVersion = 'watcher.kube-informer.dev/v1alpha1';
const methods = new Set(['get', 'post', 'put', 'patch', 'delete']);

interface Example {
  /** The path that is asked for; default: the one of the route. */
  readonly path?: string;
  readonly body?: unknown;
  /** Default: 200. */
  readonly status?: number;
}

const watchOf = (name: string, kind = 'ConfigMap') => ({
  apiVersion,
  kind: 'Watch',
  metadata: { name },
  spec: { target: { version: 'v1', kind } },
});
const subscriptionOf = (name: string) => ({
  apiVersion,
  kind: 'Subscription',
  metadata: { name },
  spec: {
    match: { target: { version: 'v1', kind: 'Pod' } },
    sinks: [{ type: 'webhook', url: 'http://127.0.0.1:9/hook' }],
  },
});
const one = `${base}/watches/made`;
const subscribed = `${base}/subscriptions/told`;

/** An example for each operation, in the order in which they are sent: each finds what those before it left. */
const examples: Readonly<Record<string, Example>> = {
  'get /healthz': {},
  'get /livez': { path: '/livez?verbose' },
  'get /readyz': { path: '/readyz?verbose' },
  'get /openapi.json': {},
  'get /metrics': {},
  'get /dashboard': {},
  'get /dashboard/': { status: 302 },
  'get /dashboard/{file}': { path: '/dashboard/nothing.js', status: 404 },
  [`get ${base}/watches`]: {},
  [`post ${base}/watches`]: { body: watchOf('made'), status: 201 },
  [`get ${base}/watches/{name}`]: { path: one },
  [`put ${base}/watches/{name}`]: { path: one, body: watchOf('made', 'Service') },
  [`post ${base}/watches/{name}/resync`]: { path: `${base}/watches/nobody/resync`, status: 404 },
  [`delete ${base}/watches/{name}`]: { path: one },
  [`get ${base}/subscriptions`]: {},
  [`post ${base}/subscriptions`]: { body: subscriptionOf('told'), status: 201 },
  [`get ${base}/subscriptions/{name}`]: { path: subscribed },
  [`put ${base}/subscriptions/{name}`]: { path: subscribed, body: subscriptionOf('told') },
  [`patch ${base}/subscriptions/{name}`]: { path: subscribed, body: { spec: { payload: 'metadata' } } },
  [`post ${base}/subscriptions/{name}/pause`]: { path: `${subscribed}/pause` },
  [`post ${base}/subscriptions/{name}/resume`]: { path: `${subscribed}/resume` },
  [`post ${base}/subscriptions/{name}/test`]: { path: `${subscribed}/test` },
  [`get ${base}/subscriptions/{name}/deadletters`]: { path: `${subscribed}/deadletters` },
  [`post ${base}/subscriptions/{name}/deadletters/replay`]: { path: `${subscribed}/deadletters/replay` },
  [`delete ${base}/subscriptions/{name}/deadletters`]: { path: `${subscribed}/deadletters` },
  [`delete ${base}/subscriptions/{name}`]: { path: subscribed },
  [`get ${base}/discovery`]: {},
  [`get ${base}/relations`]: {},
  [`get ${base}/relations/{name}`]: { path: `${base}/relations/owned?root=v1/namespaces/web/pods/a` },
  'get /query': { path: '/query?kind=Pod' },
  'post /query': { body: { kind: 'Pod', fieldMatches: { 'metadata.name': 'a' }, limit: 3 } },
  'get /cache/api': {},
  'get /cache/api/{version}': { path: '/cache/api/v1' },
  'get /cache/apis': {},
  'get /cache/apis/{group}': { path: '/cache/apis/apps' },
  'get /cache/apis/{group}/{version}': { path: '/cache/apis/apps/v1' },
  'get /cache/api/{version}/{resource}': { path: '/cache/api/v1/pods' },
  'get /cache/api/{version}/{resource}/{name}': { path: '/cache/api/v1/nodes/n1', status: 404 },
  'get /cache/api/{version}/namespaces/{namespace}/{resource}': { path: '/cache/api/v1/namespaces/web/pods' },
  'get /cache/api/{version}/namespaces/{namespace}/{resource}/{name}': {
    path: '/cache/api/v1/namespaces/web/pods/a',
  },
  'get /cache/apis/{group}/{version}/{resource}': { path: '/cache/apis/apps/v1/deployments' },
  'get /cache/apis/{group}/{version}/{resource}/{name}': {
    path: '/cache/apis/storage.k8s.io/v1/storageclasses/s',
    status: 404,
  },
  'get /cache/apis/{group}/{version}/namespaces/{namespace}/{resource}': {
    path: '/cache/apis/apps/v1/namespaces/web/deployments',
  },
  'get /cache/apis/{group}/{version}/namespaces/{namespace}/{resource}/{name}': {
    path: '/cache/apis/apps/v1/namespaces/web/deployments/d',
    status: 404,
  },
};

describe('the description of the API', () => {
  let world: Rig;
  let document: Document;
  let validate: (schema: object, value: unknown) => string | undefined;

  beforeAll(async () => {
    world = await rig({
      config: { watches: [watchPods], egress: { allow: ['127.0.0.1'] } },
      seed: (server) => void server.create(pod('a')),
    });
    document = (await world.get<Document>('/openapi.json')).body;
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema({ $id: 'doc', components: document.components });
    validate = (schema, value) => {
      const refers = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"doc#/components')) as object;
      const check = ajv.compile(refers);
      return check(value) ? undefined : ajv.errorsText(check.errors);
    };
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).flatMap((key) => (methods.has(key) ? [`${key} ${path}`] : [])),
    );

  test('S003-56: has every route of the code, and there is an example of everything in it', () => {
    // Middleware is for all methods; it is no route.
    const routes = (made[0] as Hono).routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`);
    expect(new Set(routes).size).toBeGreaterThan(20);
    const described = operations();
    expect([...new Set(routes)].filter((route) => !described.includes(route))).toEqual([]);
    expect(Object.keys(examples).sort()).toEqual(described.sort());
  });

  test.each(Object.entries(examples))(
    'S003-56: %s is answered as it says',
    async (name, { path, body, status = 200 }) => {
      const [method, route] = name.split(' ') as [string, string];
      const { requestBody, responses } = document.paths[route]![method]!;
      const [type] = Object.keys(requestBody?.content ?? {});
      expect(body === undefined).toBe(requestBody === undefined);
      if (requestBody) expect(validate(requestBody.content[type!]!.schema, body)).toBeUndefined();
      const answer = await fetch(`${world.watcher.url}${path ?? route}`, {
        method: method.toUpperCase(),
        redirect: 'manual',
        ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': type! } }),
      });
      const text = await answer.text();
      expect([answer.status, text.slice(0, 300)]).toEqual([status, expect.anything()]);
      const response = responses[answer.status] ?? responses.default;
      expect(response).toBeDefined();
      const [form, described] = Object.entries(response!.content ?? {})[0] ?? [];
      if (!described) return;
      expect(answer.headers.get('content-type')).toContain(form);
      const value: unknown = form === 'application/json' ? JSON.parse(text) : text;
      expect(validate(described.schema, value)).toBeUndefined();
    },
  );

  test('S003-56: what it does not allow is refused, too', async () => {
    const bodies = { 'post /query': { kind: 3 }, [`post ${base}/watches`]: { kind: 'Watch' } };
    for (const [name, body] of Object.entries(bodies)) {
      const [method, route] = name.split(' ') as [string, string];
      const { schema } = document.paths[route]![method]!.requestBody!.content['application/json']!;
      expect(validate(schema, body)).toBeDefined();
      const answer = await fetch(`${world.watcher.url}${route}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(answer.ok).toBe(false);
      expect(validate(document.components.schemas.Status!, await answer.json())).toBeUndefined();
    }
  });
});
