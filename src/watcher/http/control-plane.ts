import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { stream } from 'hono/streaming';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Catalogue, type NamedWatches, refusal } from '../cache/index.ts';
import type { ServerConfig } from '../config/index.ts';
import { statusOf } from '../query/index.ts';
import type { Access, Action } from './access.ts';
import { addDashboard, isDashboardPath } from './dashboard.ts';
import { discoveryList, watchDiscovery } from './discovery.ts';
import { type Check, type Health, healthText } from './health.ts';
import type { Metrics } from './metrics.ts';
import { openApiDocument } from './open-api.ts';
import { API_VERSION, parseWatch, watchResource } from './watch-resource.ts';

export interface ControlPlaneOptions {
  readonly access: Access;
  readonly health: Health;
  readonly watches: NamedWatches;
  readonly catalogue: Catalogue;
  /** `undefined` if nothing is to be scraped. */
  readonly metrics: Promise<Metrics> | undefined;
  readonly limits: ServerConfig['limits'];
  /** Whether the page is served. */
  readonly dashboard: boolean;
}

/** Paths that are open to everybody who can connect: probes have no credentials. */
const probes = new Set(['/healthz', '/livez', '/readyz']);

type Env = { Bindings: HttpBindings };

export type ControlPlane = Hono<Env>;

/** The service's own API: health, its description, what is watched. */
export function controlPlane({
  access,
  health,
  watches,
  catalogue,
  metrics,
  limits,
  dashboard,
}: ControlPlaneOptions): ControlPlane {
  const app = new Hono<Env>();
  // By the path that routes are chosen by: whatever is written in another way on the wire is the same here.
  app.use('*', async (context, next) => {
    const { path } = context.req;
    const isOpen = isDashboardPath(path) || (probes.has(path) && context.req.query('verbose') === undefined);
    if (!isOpen) {
      const caller = await access.authenticate(context.env.incoming);
      const action = actionOf(context.req.method, path);
      if (action) await access.authorize(caller, action);
    }
    await next();
  });
  const probe = (path: string, checks: () => readonly Check[]) =>
    app.get(path, (context) => {
      const found = checks();
      const failed = found.some(({ problem }) => problem !== undefined);
      const verbose = context.req.query('verbose') !== undefined;
      return context.text(healthText(path.slice(1), found, verbose), failed ? 500 : 200);
    });
  probe('/healthz', () => []);
  probe('/livez', () => health.live());
  probe('/readyz', () => health.ready());
  if (dashboard) addDashboard(app);
  app.get('/openapi.json', (context) => context.json(openApiDocument()));

  if (metrics) {
    app.get('/metrics', async (context) => {
      const { text, contentType } = await metrics;
      return context.body(await text(), 200, { 'content-type': contentType });
    });
  }

  const api = app.basePath(`/apis/${API_VERSION}`);
  api.use('*', bodyLimit({ maxSize: limits.maxBodyBytes, onError: tooLarge }));
  api.get('/watches', (context) =>
    context.json({
      apiVersion: API_VERSION,
      kind: 'WatchList',
      metadata: { resourceVersion: '' },
      items: watches.all().map(watchResource),
    }),
  );
  api.post('/watches', async (context) => {
    const watch = await watches.add(parseWatch(await bodyOf(context)), 'api');
    return context.json(watchResource(watch), 201);
  });
  api.get('/watches/:name', (context) => context.json(watchResource(watches.get(context.req.param('name')))));
  api.delete('/watches/:name', (context) => context.json(watchResource(watches.remove(context.req.param('name')))));
  api.get('/discovery', (context) => {
    if (context.req.query('watch') === undefined) return context.json(discoveryList(catalogue));
    const ending = new AbortController();
    context.header('content-type', 'application/json');
    return stream(context, async (sink) => {
      sink.onAbort(() => ending.abort());
      await watchDiscovery(catalogue, (line) => sink.write(line), ending.signal);
    });
  });

  app.notFound((context) =>
    statusResponse(context, refusal(404, 'NotFound', 'the server could not find the requested resource')),
  );
  app.onError((thrown, context) => statusResponse(context, thrown));
  return app;
}

/** What a request wants of the service's own resources; `undefined` if it is about none of them. They are authorized like those of the cluster. */
function actionOf(method: string, path: string): Action | undefined {
  const root = `/apis/${API_VERSION}/`;
  if (!path.startsWith(root)) return undefined;
  const [group, version] = API_VERSION.split('/') as [string, string];
  const [resource, name] = path.slice(root.length).split('/') as [string, string | undefined];
  const verb = method === 'POST' ? 'create' : method === 'DELETE' ? 'delete' : name ? 'get' : 'list';
  return { verb, group, version, resource, namespace: undefined, name };
}

function statusResponse(context: Context, thrown: unknown): Response {
  const status = statusOf(thrown);
  return context.json(status, (status.code ?? 500) as ContentfulStatusCode);
}

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    throw refusal(400, 'BadRequest', 'the body is no JSON');
  }
}

function tooLarge(context: Context): Response {
  return statusResponse(context, refusal(413, 'RequestEntityTooLarge', 'the body is too large'));
}
