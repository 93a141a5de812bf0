import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type Catalogue, type NamedWatches, refusal } from '../cache/index.ts';
import type { WatcherConfig } from '../config/index.ts';
import type { Relations } from '../relations/index.ts';
import type { Subscriptions } from '../subscriptions/index.ts';
import type { Access } from './access.ts';
import { actionOf } from './control-action.ts';
import type { ControlCollections } from './control-collections.ts';
import { API_VERSION } from './control-resource.ts';
import { addDashboard, isDashboardPath } from './dashboard.ts';
import { discoveryList, watchDiscovery } from './discovery.ts';
import { type ControlEnv, isWatch, send, statusResponse } from './exchange.ts';
import { refuseForeignWrites } from './foreign-writes.ts';
import { type Check, type Health, healthText } from './health.ts';
import type { Metrics } from './metrics.ts';
import { openApiDocument } from './open-api.ts';
import { relationRoutes } from './relation-routes.ts';
import type { Streams } from './streams.ts';
import { subscriptionRoutes } from './subscription-routes.ts';
import { watchRoutes } from './watch-routes.ts';

export interface ControlPlaneOptions {
  readonly access: Access;
  readonly health: Health;
  readonly watches: NamedWatches;
  readonly subscriptions: Subscriptions;
  readonly collections: ControlCollections;
  readonly catalogue: Catalogue;
  readonly relations: Relations;
  readonly streams: Streams;
  /** `undefined` if nothing is to be scraped. */
  readonly metrics: Promise<Metrics> | undefined;
  readonly config: Pick<WatcherConfig, 'server' | 'secrets' | 'persist' | 'leaderElection' | 'dashboard'>;
}

/** Paths that are open to everybody who can connect: probes have no credentials. */
const probes = new Set(['/healthz', '/livez', '/readyz']);

/** It tells of everything that is cached, so not everybody whose token is good may read it: as with the API server's own. */
const metricsPath = '/metrics';

export type ControlPlane = Hono<ControlEnv>;

/** The service's own API: health, its description, what is watched. */
export function controlPlane(options: ControlPlaneOptions): ControlPlane {
  const { access, health, watches, subscriptions, collections, catalogue, relations, streams, metrics, config } =
    options;
  const { limits } = config.server;
  const app = new Hono<ControlEnv>();
  // By the path that routes are chosen by: whatever is written in another way on the wire is the same here.
  app.use('*', async (context, next) => {
    const { path } = context.req;
    const isOpen = isDashboardPath(path) || (probes.has(path) && context.req.query('verbose') === undefined);
    if (!isOpen) {
      const { method } = context.req;
      refuseForeignWrites(method, context.env.incoming.headers);
      const caller = await access.authenticate(context.env.incoming);
      context.set('caller', caller);
      const action = actionOf(method, path, isWatch(context));
      if (action) await access.authorize(caller, action);
      else if (path === metricsPath) await access.authorizePath(caller, path);
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
  if (config.dashboard.enabled) addDashboard(app);
  app.get('/openapi.json', (context) => context.json(openApiDocument()));

  if (metrics) {
    app.get(metricsPath, async (context) => {
      const { text, contentType } = await metrics;
      return context.body(await text(), 200, { 'content-type': contentType });
    });
  }

  const api = app.basePath(`/apis/${API_VERSION}`);
  api.use('*', bodyLimit({ maxSize: limits.maxBodyBytes, onError: tooLarge }));
  api.route('/subscriptions', subscriptionRoutes({ subscriptions, collections, streams, access, catalogue, config }));
  api.route('/watches', watchRoutes({ watches, collections, streams }));
  api.get('/discovery', (context) => {
    if (!isWatch(context)) return context.json(discoveryList(catalogue));
    const headers = { 'content-type': 'application/json' };
    const stream = streams.limited((sink) => watchDiscovery(catalogue, sink));
    return send(context, { status: 200, headers, stream }, streams);
  });
  api.route('/relations', relationRoutes({ relations, access, streams }));

  app.notFound((context) =>
    statusResponse(context, refusal(404, 'NotFound', 'the server could not find the requested resource')),
  );
  app.onError((thrown, context) => statusResponse(context, thrown));
  return app;
}

function tooLarge(context: Context): Response {
  return statusResponse(context, refusal(413, 'RequestEntityTooLarge', 'the body is too large'));
}
